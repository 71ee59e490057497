// Names: what a folder can hold, and what paths lead nowhere.
import assert from 'node:assert/strict';
import { O_CREAT, O_RDONLY, O_WRONLY } from './calls.ts';
import type { Case, Ground } from './ground.ts';

const oddNames: Readonly<Record<string, string>> = {
  'Chinese letters': '你好',
  'an emoji': 'party 🎉.txt',
  'a joined emoji': '👩‍👩‍👧‍👦',
  'a composed letter': '\u00e9t\u00e9',
  'a letter and a combining accent': 'e\u0301te\u0301',
  'Arabic letters': 'مرحبا',
  'a zero-width joiner': 'a\u200db',
  'a mark of direction': 'a\u202eb',
  'a private letter': '\uf03a',
  'a fullwidth colon': 'a：b',
  'a colon': '12:30:59',
  'a question mark': 'really?',
  'an asterisk': '*',
  'a quotation mark': 'say "so"',
  'a bar': 'a|b',
  'angle brackets': '<html>',
  'a backslash': 'a\\b',
  'a backslash at the end': 'a\\',
  'a percent sign': '100%',
  'a percent escape': 'a%2Fb',
  'a hash': '#1',
  'a tilde': '~name',
  'a name with a tilde and a dollar': '~$document.docx',
  'a leading dot': '.hidden',
  'three dots': '...',
  'a trailing dot': 'end.',
  'trailing dots': 'end...',
  'a trailing space': 'end ',
  'a leading space': ' start',
  'only a space': ' ',
  'a dot and a space': '. ',
  'a no-break space at the end': 'report\u00a0',
  'a wide space at the start': '\u3000ja.txt',
  'blanks of all kinds at both ends': ' \u2003\u00a0a\u00a0b. \ufeff',
  'a byte order mark at the end': 'bom\ufeff',
  'a control character beyond ASCII': 'c1\u0085.txt',
  'a line feed': 'two\nlines',
  'a tab': 'a\tb',
  'a bell': 'a\u0007b',
  'a delete character': 'a\u007fb',
  quotes: `it's "so"`,
  'a dollar and a backquote': '$HOME`id`',
  'a leading dash': '-rf',
  'a name reserved elsewhere': 'CON',
  'a name reserved elsewhere, with an ending': 'aux.txt',
  'a name reserved by the service': 'desktop.ini',
  'a folder of the service': 'forms',
  'a word that scripts know': '__proto__',
  'another word that scripts know': 'constructor',
  '255 letters': 'n'.repeat(255),
  '85 letters of three bytes': '你'.repeat(85),
  '63 emojis': '🎉'.repeat(63),
};

const holds = async (ground: Ground, name: string): Promise<void> => {
  await ground.put(name, `content of ${name}`);
  assert.deepEqual(await ground.names(), [name]);
  assert.equal(await ground.text(name), `content of ${name}`);
  await ground.mkdir('folder');
  await ground.rename(name, `folder/${name}`);
  assert.deepEqual(await ground.names('folder'), [name]);
  assert.equal(await ground.text(`folder/${name}`), `content of ${name}`);
  await ground.unlink(`folder/${name}`);
  await ground.mkdir(name);
  await ground.put(`${name}/${name}`, 'inside');
  assert.equal(await ground.text(`${name}/${name}`), 'inside');
  await ground.unlink(`${name}/${name}`);
  await ground.calls.rmdir(ground.path(name));
  assert.deepEqual(await ground.names(), ['folder']);
};

const oddNameCases = Object.entries(oddNames).map(
  ([title, name]): Case => ({ title: `holds ${title}`, run: (ground) => holds(ground, name) }),
);

type Lost = (ground: Ground, path: string) => Promise<unknown>;

/** Calls of one path that must fail alike wherever it leads nowhere. */
const lostCalls: Readonly<Record<string, Lost>> = {
  stat: (ground, path) => ground.stat(path),
  lstat: (ground, path) => ground.lstat(path),
  'open for reading': (ground, path) => ground.opened(path, O_RDONLY, async () => {}),
  access: (ground, path) => ground.calls.access(ground.path(path)),
  unlink: (ground, path) => ground.unlink(path),
  rmdir: (ground, path) => ground.calls.rmdir(ground.path(path)),
  'rename from': (ground, path) => ground.rename(path, 'elsewhere'),
  chmod: (ground, path) => ground.calls.chmod(ground.path(path), 0o600),
  utimes: (ground, path) => ground.calls.utimes(ground.path(path), 1n, 1n),
  truncate: (ground, path) => ground.calls.truncate(ground.path(path), 0),
  readdir: (ground, path) => ground.names(path),
  readlink: (ground, path) => ground.calls.readlink(ground.path(path)),
  getxattr: (ground, path) => ground.calls.getxattr(ground.path(path), 'user.a'),
};

/** The same for calls that make something. */
const makingCalls: Readonly<Record<string, Lost>> = {
  'open with O_CREAT': (ground, path) => ground.opened(path, O_WRONLY | O_CREAT, async () => {}),
  mkdir: (ground, path) => ground.mkdir(path),
  'rename to': (ground, path) => ground.rename('file', path),
};

const lostCases = Object.entries({ ...lostCalls, ...makingCalls }).map(
  ([title, call]): Case => ({
    title: `${title}: ENOENT without the way, ENOTDIR through a file, ENAMETOOLONG`,
    run: async (ground) => {
      await ground.put('file', 'x');
      const { nameLength } = await ground.calls.statfs(ground.folder);
      if (title in lostCalls) await ground.fails('ENOENT', call(ground, 'missing'));
      await ground.fails('ENOENT', call(ground, 'missing/name'));
      await ground.fails('ENOTDIR', call(ground, 'file/name'));
      await ground.fails('ENAMETOOLONG', call(ground, 'n'.repeat(nameLength + 1)));
      assert.deepEqual(await ground.names(), ['file']);
      assert.equal(await ground.text('file'), 'x');
    },
  }),
);

const caseCase = (title: string, make: (ground: Ground, name: string) => Promise<unknown>): Case => ({
  title: `${title} a name that differs from another in case alone: EEXIST`,
  run: async (ground) => {
    await ground.put('Name', 'old');
    await ground.fails('EEXIST', make(ground, 'nAME'));
    assert.deepEqual(await ground.names(), ['Name']);
    assert.equal(await ground.text('Name'), 'old');
  },
});

const caseCases: readonly Case[] = [
  caseCase('creating', (ground, name) => ground.put(name)),
  caseCase('mkdir of', (ground, name) => ground.mkdir(name)),
  {
    title: 'renaming to a name that differs from another in case alone: EEXIST',
    run: async (ground) => {
      await ground.put('Name', 'old');
      await ground.put('other', 'new');
      await ground.fails('EEXIST', ground.rename('other', 'nAME'));
      assert.deepEqual(await ground.names(), ['Name', 'other']);
      assert.equal(await ground.text('other'), 'new');
    },
  },
  {
    title: 'the case of a name can be changed',
    run: async (ground) => {
      await ground.put('name', 'same');
      const { ino } = await ground.stat('name');
      await ground.rename('name', 'NAME');
      assert.deepEqual(await ground.names(), ['NAME']);
      assert.equal((await ground.stat('NAME')).ino, ino);
      await ground.fails('ENOENT', ground.stat('name'));
    },
  },
  {
    title: 'the case of a name can be changed where nothing may be replaced: as mv does',
    needs: ['noreplace'],
    run: async (ground) => {
      await ground.put('name', 'same');
      await ground.mkdir('folder');
      await ground.put('folder/inside', 'text');
      for (const [from, to] of [
        ['name', 'Name'],
        ['folder', 'FOLDER'],
      ] as const)
        await ground.calls.rename(ground.path(from), ground.path(to), 'noreplace');
      assert.deepEqual(await ground.names(), ['FOLDER', 'Name']);
      assert.equal(await ground.text('FOLDER/inside'), 'text');
    },
  },
  {
    title: 'a name in another case does not lead to the file',
    run: async (ground) => {
      await ground.put('name');
      await ground.fails('ENOENT', ground.stat('Name'));
      await ground.fails('ENOENT', ground.unlink('NAME'));
      assert.deepEqual(await ground.names(), ['name']);
    },
  },
];

const pathCases: readonly Case[] = [
  {
    title: 'a slash behind the name of a file: ENOTDIR',
    run: async (ground) => {
      await ground.put('file');
      await ground.fails('ENOTDIR', ground.stat('file/'));
    },
  },
  {
    title: 'dots and doubled slashes on the way',
    run: async (ground) => {
      await ground.fullFolder('folder');
      for (const way of ['folder/./f', 'folder//f', 'folder/../folder/f', './folder/f'])
        assert.equal(await ground.text(way), 'in folder');
    },
  },
  {
    title: 'a path of 60 folders',
    run: async (ground) => {
      let path = '';
      for (let depth = 0; depth < 60; depth += 1) {
        path = path === '' ? 'd0' : `${path}/d${depth}`;
        await ground.mkdir(path);
      }
      await ground.put(`${path}/leaf`, 'deep');
      assert.equal(await ground.text(`${path}/leaf`), 'deep');
      await ground.rename('d0', 'e0');
      assert.equal(await ground.text(`${path.replace('d0', 'e0')}/leaf`), 'deep');
    },
  },
];

export const nameCases: readonly Case[] = [...oddNameCases, ...lostCases, ...caseCases, ...pathCases];
