// Writes docs/api.md from the declarations that the compiler made of the library's entry and of the types that it names: after a build,
// `node scripts/api-pages.mjs`, or with --print to standard output. (Generators of such pages need the compiler's programming
// interface, which TypeScript 7 does not have.) A test compares the page with what this prints.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const root = join(import.meta.dirname, '..');
const declarations = join(root, 'dist', 'src');
const entry = 'library.d.ts';

const read = (file) => readFileSync(join(declarations, file), 'utf8');

/** Name, text and doc comment of each exported declaration of a file. */
const declared = (file) => {
  const found = new Map();
  // Bodies end at a brace in the first column, all else at a semicolon that no deeper line follows.
  const body = /(?:interface|class) (\w+)[\s\S]*?^\}/;
  const statement = /(?:type|const|function) (\w+)[\s\S]*?;(?=\n[^\s}]|\n*$(?![\s\S]))/;
  const pattern = new RegExp(
    `^(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?^export (?:declare )?(?:${body.source}|${statement.source})`,
    'gm',
  );
  for (const [text, comment = '', bodyName, statementName] of read(file).matchAll(pattern)) {
    const name = bodyName ?? statementName;
    found.set(name, { name, comment, text: text.slice(comment.length).replace(/^export (declare )?/, '') });
  }
  return found;
};

/** What the entry exports from elsewhere: its names, by file. */
const passedOn = () =>
  [...read(entry).matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)].map(([, names, from]) => ({
    file: posix.join(posix.dirname(entry), from).replace(/\.ts$/, '.d.ts'),
    names: names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== ''),
  }));

const prose = (comment) =>
  comment
    .replace(/^\/\*\*\s?|\s*\*\/\s*$/g, '')
    .replace(/^ *\* ?/gm, '')
    .trim();

/** Four blanks of the compiler are two in this house; its members of classes that begin with a hash are nobody's business. */
const code = (text) =>
  text
    .replace(/^( {4})+/gm, (blanks) => blanks.slice(blanks.length / 2))
    .replace(/^ +#private;\n/m, '')
    .trim();

/** As the pages are served: the second heading of one spelling gets a number. */
const anchorsOf = (names) => {
  const taken = new Map();
  return new Map(
    names.map((name) => {
      const folded = name.toLowerCase();
      const count = taken.get(folded) ?? 0;
      taken.set(folded, count + 1);
      return [name, count === 0 ? folded : `${folded}-${count}`];
    }),
  );
};

const section = ({ name, comment, text }, anchors) => {
  const others = [...anchors.keys()].filter((other) => other !== name && new RegExp(`\\b${other}\\b`).test(text));
  const links = others.map((other) => `[${other}](#${anchors.get(other)})`).join(', ');
  return [
    `### ${name}`,
    '',
    ...(comment === '' ? [] : [prose(comment), '']),
    '```ts',
    code(text),
    '```',
    '',
    ...(links === '' ? [] : [`See ${links}.`, '']),
  ];
};

const page = () => {
  const own = [...declared(entry).values()];
  const groups = passedOn().map(({ file, names }) => {
    const there = declared(file);
    return names.map((name) => {
      const found = there.get(name);
      if (found === undefined) throw new Error(`${file} declares no ${name}`);
      return found;
    });
  });
  const all = [...own, ...groups.flat()];
  const anchors = anchorsOf(all.map(({ name }) => name));
  return [
    '# The library, name by name',
    '',
    '<!-- Written by scripts/api-pages.mjs from the declarations of src/library.ts: do not change it here. -->',
    '',
    'All of it is exported by `skydrive-fs`. How it is used, with examples: [library.md](library.md).',
    '',
    `${[...anchors].map(([name, anchor]) => `[${name}](#${anchor})`).join(' · ')}`,
    '',
    '## Functions and their orders',
    '',
    ...own.flatMap((one) => section(one, anchors)),
    '## Types and errors',
    '',
    ...groups.flat().flatMap((one) => section(one, anchors)),
  ].join('\n');
};

if (process.argv.includes('--print')) process.stdout.write(page());
else writeFileSync(join(root, 'docs', 'api.md'), page());
