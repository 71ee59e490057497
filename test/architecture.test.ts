// The layers, the doors and the islands of src/, read from the sources. The tables are the rule: what they do not allow is
// a breach. The checker is proven below on planted breaches before it judges the real tree.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { specifiersOf } from './support/imports.ts';

/** Path below src/ (forward slashes) and text. */
type Sources = ReadonlyMap<string, string>;

/** Lowest first. A layer imports itself and the rows before its own; layers of one row do not know each other. */
const rows: readonly (readonly string[])[] = [
  ['base'],
  ['store', 'http'],
  ['auth'],
  ['drive'],
  ['metadata', 'content'],
  ['queue'],
  ['fs'],
  ['upkeep', 'check'],
  ['fuse'],
  ['config', 'open-file-system'],
  ['mount'],
  ['daemon', 'library'],
  ['cli'],
];

/** Beside the layers: what an island may import, and who may import it. */
const emulatorImports = ['base', 'emulator'];
const emulatorImporters = ['cli', 'emulator'];

/** Folders of one layer that may not know each other. */
const strangers: readonly (readonly [string, string])[] = [
  ['drive/live/', 'drive/graph/'],
  ['fuse/kernel/', 'fuse/native/'],
];

/** Package -> the layers or folders below src/ that may import it. No other package may be imported at all. */
const doors: Readonly<Record<string, readonly string[]>> = {
  axios: ['http/'],
  'https-proxy-agent': ['http/'],
  'proxy-from-env': ['http/'],
  lmdb: ['store/'],
  msgpackr: ['store/'],
  'p-queue': ['queue/'],
  'lru-cache': ['metadata/', 'content/'],
  'fuse-native': ['fuse/native/'],
  koffi: ['base/libc.ts'],
  'js-yaml': ['auth/', 'config'],
  busboy: ['emulator/'],
  exifr: ['emulator/'],
  commander: ['cli/'],
};

/** `base/clock.ts` -> base, `mount.ts` -> mount, `mount-lock.ts` -> mount, `config-kinds.ts` -> config. */
const layerOf = (file: string): string => {
  const [first = '', ...below] = file.split('/');
  return below.length > 0 ? first : first.replace(/\.ts$/, '').replace(/^(config|mount)-.*/, '$1');
};

const layerBreach = (from: string, to: string): string | undefined => {
  const [own, other] = [layerOf(from), layerOf(to)];
  if (own === 'emulator' || other === 'emulator') {
    const allowed = own === 'emulator' ? emulatorImports.includes(other) : emulatorImporters.includes(own);
    return allowed ? undefined : `${from} -> ${to}: the emulator is an island`;
  }
  const [rank, otherRank] = [own, other].map((layer) => rows.findIndex((row) => row.includes(layer)));
  if (rank === undefined || rank < 0) return `${from}: belongs to no layer`;
  if (otherRank === undefined || otherRank < 0) return `${from} -> ${to}: belongs to no layer`;
  if (own !== other && otherRank >= rank) return `${from} -> ${to}: ${own} may not import ${other}`;
  const apart = strangers.some(
    ([one, two]) => (from.startsWith(one) && to.startsWith(two)) || (from.startsWith(two) && to.startsWith(one)),
  );
  return apart ? `${from} -> ${to}: these two must not know each other` : undefined;
};

const packageBreach = (from: string, specifier: string): string | undefined => {
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return `${from}: write node:${specifier}`;
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const door = Object.hasOwn(doors, name) ? doors[name] : undefined;
  if (!door) return `${from}: no door for package ${name}`;
  return door.some((prefix) => from.startsWith(prefix)) ? undefined : `${from}: ${name} only in ${door.join(', ')}`;
};

const resolved = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier);

const importBreach = (sources: Sources, from: string, specifier: string | undefined): string | undefined => {
  if (specifier === undefined) return `${from}: imports what only running it would tell`;
  if (!specifier.startsWith('.')) return packageBreach(from, specifier);
  const to = resolved(from, specifier);
  if (to.startsWith('..')) return `${from} -> ${specifier}: leaves src/`;
  return sources.has(to) ? layerBreach(from, to) : `${from} -> ${specifier}: no such file`;
};

const cyclesOf = (sources: Sources): string[] => {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    if (trail.includes(file) || done.has(file)) return;
    for (const specifier of specifiersOf(sources.get(file) ?? ''))
      if (specifier?.startsWith('.')) visit(resolved(file, specifier), [...trail, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return found.map((cycle) => `cycle: ${cycle}`);
};

const breachesOf = (sources: Sources): string[] => {
  const direct = [...sources].flatMap(([file, text]) =>
    specifiersOf(text).map((specifier) => importBreach(sources, file, specifier)),
  );
  return [...direct.filter((breach) => breach !== undefined), ...cyclesOf(sources)];
};

const sourceRoot = join(import.meta.dirname, '..', '..', 'src');

const readSources = (): Sources => {
  const files = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(sourceRoot, name), 'utf8')]));
};

const targets = ['base/a.ts', 'http/a.ts', 'queue/a.ts', 'cli/a.ts', 'emulator/a.ts', 'mount.ts', 'config.ts'];
const planted = (file: string, text: string): string[] =>
  breachesOf(new Map([...targets.map((name) => [name, ''] as const), [file, text]]));

describe('the import reader', () => {
  it('sees every form', () => {
    const source = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      'import {\n  c, // the c of c\'s\n  type D,\n} from "./c.ts";',
      "import './d.ts';",
      "export { e } from './e.ts';",
      "export * from './f.ts';",
      "const g = await import('./g.ts');",
      "type H = typeof import('./h.ts');",
      "const i = require('./i.ts');",
      "import * as j from './j.ts'; import k from './k.ts';",
    ].join('\n');
    const names = specifiersOf(source).map((name) => name?.slice(2, 3));
    assert.deepEqual(names.sort(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']);
  });

  it('takes no prose for an import, and no expression for a name', () => {
    assert.deepEqual(specifiersOf("// import './a.ts'\n/* import b from './b.ts' */\nconst url = 'http://c';"), []);
    assert.deepEqual(specifiersOf('await import(name)'), [undefined]);
    assert.deepEqual(specifiersOf(['await import(`./$', '{name}.ts`)'].join('')), [undefined]);
  });
});

describe('planted breaches', () => {
  const breaches: readonly (readonly [string, string, string])[] = [
    ['a lower layer imports a higher one', 'base/b.ts', "import { a } from '../queue/a.ts';"],
    ['so does a type', 'http/b.ts', "import type { A } from '../queue/a.ts';"],
    ['so does a dynamic import', 'http/b.ts', "await import('../queue/a.ts');"],
    ['so does a re-export', 'fs/b.ts', "export { a } from '../cli/a.ts';"],
    ['neighbours of one row', 'store/b.ts', "import { a } from '../http/a.ts';"],
    ['config imports mount', 'config.ts', "import { a } from './mount.ts';"],
    ['somebody imports the emulator', 'drive/b.ts', "import { a } from '../emulator/a.ts';"],
    ['mount.ts imports the emulator', 'mount.ts', "import { a } from './emulator/a.ts';"],
    ['the emulator imports a layer', 'emulator/b.ts', "import { a } from '../http/a.ts';"],
    ['a folder that is no layer', 'other/b.ts', "import { a } from '../base/a.ts';"],
    ['a package at another door', 'drive/b.ts', "import axios from 'axios';"],
    ['a file of a package', 'drive/b.ts', "import axios from 'axios/lib/core.js';"],
    ['a package without a door', 'base/b.ts', "import _ from 'lodash';"],
    ['a scoped package without a door', 'base/b.ts', "import _ from '@scope/name';"],
    ['koffi in the native driver', 'fuse/native/b.ts', "await import('koffi');"],
    ['a built-in module without its scheme', 'base/b.ts', "import fs from 'fs';"],
    ['a path out of src', 'cli/b.ts', "import { a } from '../../test/a.ts';"],
    ['a file that does not exist', 'cli/b.ts', "import { a } from './missing.ts';"],
    ['a path without its ending', 'cli/b.ts', "import { a } from './a';"],
    ['a name that only running it tells', 'cli/b.ts', 'await import(process.argv[2]);'],
    ['a file that imports itself', 'base/b.ts', "import { b } from './b.ts';"],
  ];
  for (const [title, file, text] of breaches)
    it(title, () => assert.equal(planted(file, text).length, 1, planted(file, text).join('\n')));

  it('a cycle of three', () => {
    const ring: Sources = new Map([
      ['base/a.ts', "import { b } from './b.ts';"],
      ['base/b.ts', "import type { C } from './c.ts';"],
      ['base/c.ts', "import { a } from './a.ts';"],
    ]);
    assert.deepEqual(breachesOf(ring), ['cycle: base/a.ts -> base/b.ts -> base/c.ts -> base/a.ts']);
  });

  it('the two dialects know each other, the two drivers too', () => {
    for (const [one, two] of strangers) {
      const pair: Sources = new Map([
        [`${one}a.ts`, `import { b } from '../${two.split('/')[1]}/b.ts';`],
        [`${two}b.ts`, ''],
      ]);
      assert.equal(breachesOf(pair).length, 1);
    }
  });

  it('nothing is found where nothing is wrong', () => {
    assert.deepEqual(planted('cli/b.ts', "import { a } from '../emulator/a.ts'; import { c } from 'commander';"), []);
    assert.deepEqual(planted('daemon/b.ts', "import { a } from '../mount.ts'; import { join } from 'node:path';"), []);
    assert.deepEqual(planted('emulator/b.ts', "import { a } from '../base/a.ts'; import x from './a.ts';"), []);
    assert.deepEqual(planted('config-file.ts', "import { load } from 'js-yaml'; import { a } from './config.ts';"), []);
  });
});

describe('the sources', () => {
  const sources = readSources();

  it('were found, and import each other', () => {
    assert.ok(sources.size >= 5, `${sources.size} files`);
    assert.ok([...sources.values()].flatMap(specifiersOf).length >= 4);
    for (const [file, text] of sources) {
      const lines = text.split('\n').filter((line) => /^(import|export)\b.*\bfrom '[^']+';$/.test(line));
      assert.ok(specifiersOf(text).length >= lines.length, `${file}: the reader misses imports`);
    }
  });

  it('keep to the layers and the doors, without cycles', () => {
    assert.deepEqual(breachesOf(sources), []);
  });
});
