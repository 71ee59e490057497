// `skydrive comments`, `comment_add` and `comment_delete`. Programs get comments as the service writes them.
import type { Command } from 'commander';
import type { Comment } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { localTime, table } from './lists.ts';
import { printResult } from './print-result.ts';
import { printable } from './terminal.ts';

/** `2013-03-03T14:11:12+0000` */
const serviceTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000');

const original = ({ id, author, authorId, created, text }: Comment): Readonly<Record<string, unknown>> => ({
  created_time: serviceTime(created),
  from: { id: authorId ?? null, name: author },
  ...{ id, message: text },
});

const rowOf = ({ id, author, created, text }: Comment): readonly string[] => [
  localTime(created),
  printable(author),
  id,
  printable(text),
];

export const addCommentCommands = (program: Command): void => {
  program
    .command('comments')
    .argument('<OBJECT>', 'path from the root of the drive, or an id')
    .description('show the comments on a file or folder')
    .addHelpText('after', "\nExample:\n  skydrive -k '{0[from][name]}: {0[message]}' comments Pictures/Evening.jpg")
    .action(
      running(async (context, place: string) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).find(place);
        const comments = await drive.comments(id, context.interruption);
        return printResult(context, comments.map(original), () => table(comments.map(rowOf)));
      }),
    );
  program
    .command('comment_add')
    .argument('<OBJECT>', 'path from the root of the drive, or an id')
    .argument('<MESSAGE>', 'what to say')
    .description('comment on a file or folder')
    .addHelpText('after', "\nExample:\n  skydrive comment_add Pictures/Evening.jpg 'What a light!'")
    .action(
      running(async (context, place: string, message: string) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).findAlone(place);
        return printResult(context, original(await drive.addComment(id, message, context.interruption)));
      }),
    );
  program
    .command('comment_delete')
    .argument('<COMMENT_ID>', 'as "comments" shows it')
    .description('remove a comment')
    .addHelpText(
      'after',
      '\nExample:\n  skydrive comment_delete comment.262611c013bb05f6.262611C013BB05F6!1837.262611C013BB05F6!1842',
    )
    .action(
      running(async (context, commentId: string) => {
        await (await context.drive()).removeComment('', commentId, context.interruption);
        context.terminal.result({ removed: commentId }, '');
        return undefined;
      }),
    );
};
