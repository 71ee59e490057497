// The ancestor's whole table of commands, row by row, on both dialects: live-connect-v5, part 8. The transcripts are in transcripts/.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { makeMounting } from './mounting.ts';
import { checkTranscript, type Script } from './transcript.ts';

const uid = 'a6b2a7e8f2515e5e';
const idOf = (number: number): string => `file.${uid}.${uid.toUpperCase()}!${number}`;

const looking: Script = [
  ['quota'],
  ['user'],
  ['-k', 'name', 'user'],
  ['ls'],
  ['ls', '-r', '2'],
  ['ls', '-r', '1-2'],
  ['ls', '-r', '1-'],
  ['ls', '-r', '-2'],
  ['ls', 'Documents/你好'],
  ['-k', '{0[type]} {0[name]!r} {0[count]:03d}', 'ls', '-o'],
  ['ls', '-o', 'Documents'],
  ['tree'],
  ['tree', '-o', 'Documents/你好'],
  ['info', 'Documents/hello.txt'],
  ['-k', '{0[from][name]}: {0[name]}', 'info', 'Documents/hello.txt'],
  ['info', 'me/skydrive/my_documents'],
  ['-k', 'name', 'recent'],
  ['recent'],
  ['get', 'Documents/hello.txt'],
  ['get', '-b', '1-3', 'Documents/hello.txt'],
  ['get', 'Documents/hello.txt', 'below/hello.txt'],
];

const changing: Script = [
  ['mkdir', 'new'],
  ['mkdir', 'new/below/deep'],
  ['mkdir', 'new/below'],
  ['mkdir', 'deep', 'new/below', '-m', '{"description": "what it is for"}'],
  ['-k', 'description', 'info', 'new/below/deep'],
  ['mkdir', 'new'],
  ['cp', 'Documents/hello.txt', 'new'],
  ['cp', 'Documents/hello.txt', 'new'],
  ['mv', 'new/hello.txt', 'new/below'],
  ['mv', 'new/below/hello.txt'],
  ['cp', 'Documents', 'new'],
  ['cp', '-r', 'Documents', 'new'],
  ['tree', 'new'],
  ['info_set', 'hello.txt', '{"name": "hi there.txt", "description": "said & done"}'],
  ['-k', '{0[name]}: {0[description]}', 'info', 'hi there.txt'],
  ['link', 'hi there.txt'],
  ['link', '-t', 'shared_edit_link', 'hi there.txt'],
  ['link', '-t', 'embed', 'hi there.txt'],
  ['comment_add', 'hi there.txt', 'so, 你好: "hi"'],
  ['comments', 'hi there.txt'],
  ['comment_delete', `comment.${uid}.${uid.toUpperCase()}!114.${uid.toUpperCase()}!119`],
  ['comments', 'hi there.txt'],
  ['put', 'local.txt', 'new/below'],
  ['put', '-n', 'local.txt', 'new/below'],
  ['put', '-d', '-b', '--bits-frag-bytes', '100000', 'local.txt'],
  ['get', 'new/below/local.txt'],
  ['rm', 'new', 'no such thing', 'hi there.txt'],
  ['ls'],
];

const wrong: Script = [
  ['auth_refresh'],
  ['ls', 'Documents/none'],
  ['ls', 'Documents/hello.txt'],
  ['info', 'Documents/hello.txt/below'],
  ['info', `file.${uid}.${uid.toUpperCase()}!99999`],
  ['-i', 'info', 'Documents'],
  ['-p', 'info', idOf(108)],
  ['-p', '-i', 'ls'],
  ['ls', '-r', 'x'],
  ['-k', '{0[name', 'ls', '-o'],
  ['-e', 'latin1', 'ls'],
  ['info_set', 'Documents', 'no json'],
  ['info_set', 'Documents/hello.txt', '{"name": "a/b"}'],
  ['link', '-t', 'other', 'Documents'],
  ['mkdir', 'a?b'],
  ['mv', 'Documents', 'Documents/你好'],
  ['rm', '/'],
  ['comment_delete', 'comment.nonsense'],
  ['rm'],
];

/** The sign-in of the graph dialect has tests of its own: here the tokens are there. */
const signedInToGraph = ({ admin, url }: Emulator): string => {
  const { accessToken, refreshToken } = admin.token();
  return [
    "client: {id: '00000000-0000-0000-0000-000000000001', secret: any}",
    `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}'}`,
    `skydrive: {dialect: graph, api_url: '${url}/v1.0', login_url: '${url}/common/oauth2/v2.0'}`,
    '',
  ].join('\n');
};

for (const dialect of ['live', 'graph'] as const)
  describe(`the ancestor's commands on the ${dialect} dialect`, () => {
    const start = async () => {
      const mounting = await makeMounting({ quota: 25 * 2 ** 30, uid, strict: true });
      const { user, emulator } = mounting;
      if (dialect === 'graph') await writeFile(join(user.home, '.lcrc'), signedInToGraph(emulator), { mode: 0o600 });
      await writeFile(join(user.home, 'local.txt'), 'from here');
      const { admin } = mounting.emulator;
      await admin.put({ path: '/Documents/hello.txt' }, 'hello');
      await admin.put({ path: '/Documents/你好/ünï 🙂.txt' }, 'x');
      await admin.put({ path: '/true' }, '1');
      return mounting;
    };

    it('those that look', async () => {
      await using mounting = await start();
      await checkTranscript(`${dialect}-looking.txt`, mounting.user, looking);
    });

    it('those that change', async () => {
      await using mounting = await start();
      await checkTranscript(`${dialect}-changing.txt`, mounting.user, changing);
    });

    it('and what is wrong with the command line', {
      skip: dialect === 'graph' && 'nothing in it is of a dialect',
    }, async () => {
      await using mounting = await start();
      await checkTranscript(`${dialect}-wrong.txt`, mounting.user, wrong);
    });
  });
