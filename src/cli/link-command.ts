// `skydrive link OBJECT`: a link that makes a file or folder public to whoever has it.
import { type Command, Option } from 'commander';
import type { LinkKind } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { printResult } from './print-result.ts';

/** The ancestor's words, and shorter ones. */
const kinds: Readonly<Record<string, LinkKind>> = {
  ...{ shared_read_link: 'view', embed: 'embed', shared_edit_link: 'edit' },
  ...{ view: 'view', edit: 'edit' },
};

interface Options {
  readonly type: string;
}

export const addLinkCommand = (program: Command): void => {
  program
    .command('link')
    .argument('<OBJECT>', 'path from the root of the drive, or an id')
    .addOption(
      new Option('-t, --type <TYPE>', 'what the link is for').choices(Object.keys(kinds)).default('shared_read_link'),
    )
    .description('make a link to a file or folder, which makes it public to whoever has the link')
    .addHelpText('after', '\nExample:\n  skydrive link -t shared_edit_link Documents/Budget.csv')
    .action(
      running(async (context, place: string, { type }: Options) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).findAlone(place);
        const kind = kinds[type] ?? 'view';
        const link = await drive.link(id, kind, context.interruption);
        return printResult(context, kind === 'embed' ? { embed_html: link } : { link });
      }),
    );
};
