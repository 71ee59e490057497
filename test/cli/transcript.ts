// Transcripts: command lines, what each printed and how it ended, with what differs between two runs made the same. A test compares
// them with a file that people can read; UPDATE_TRANSCRIPTS=1 writes the file anew.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { User } from './command.ts';

/** Arguments of one command each; `skydrive` itself is left out. */
export type Script = readonly (readonly string[])[];

const quoted = (word: string): string => (/^[\w./:@=,!-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const normalized = (text: string, home: string): string =>
  text
    .replaceAll(home, '~')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://SERVICE')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+0000|Z)/g, 'TIME')
    .replace(/\/download\/[\w-]+/g, '/download/KEY')
    .replace(/tempauth=[\w.-]+/g, 'tempauth=KEY')
    .replace(/1drv\.ms\/u\/s!\w+/g, '1drv.ms/u/s!KEY')
    .replace(/\(request [\da-f-]{36}\)/g, '(request ID)')
    .replace(/authkey=[\w!%-]+/g, 'authkey=KEY');

const linesOf = (text: string, mark: string): string =>
  text === '' ? '' : text.replace(/\n$/, '').replace(/^/gm, mark).concat('\n');

const record = async (user: User, args: readonly string[]): Promise<string> => {
  const { code, out, err } = await user.run(args);
  const told = linesOf(out, '') + linesOf(err, '! ') + (code === 0 ? '' : `(exit code ${code})\n`);
  return `$ skydrive ${args.map(quoted).join(' ')}\n${normalized(told, user.home)}`;
};

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'cli', 'transcripts');

/** Runs the commands one after the other, and holds the transcript to the file of that name. */
export const checkTranscript = async (name: string, user: User, script: Script): Promise<void> => {
  const path = join(folder, name);
  let text = '';
  for (const args of script) text += `${await record(user, args)}\n`;
  if (process.env['UPDATE_TRANSCRIPTS'] === '1') await writeFile(path, text);
  assert.equal(text, await readFile(path, 'utf8'));
};
