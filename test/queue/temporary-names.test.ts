import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTemporaryName } from '../../src/queue/temporary-names.ts';

for (const [program, ...names] of [
  ['GLib', '.goutputstream-AB12CD'],
  ['LibreOffice', '.~lock.report.odt#'],
  ['Microsoft Office', '~$report.docx'],
  ['vim', '.report.txt.swp', '.report.txt.swpx', '4913'],
  ['Emacs', '.#report.txt', '#report.txt#'],
  ['rsync', '.report.txt.a1B2c3'],
  ['mktemp', 'tmp.aB3dE5FgHi', 'tmpab_c12x9'],
  ['Qt', 'report.txt.AbCdEf'],
  ['zip', 'ziAbCdEf', 'zi1a2b3c', 'ziabcde7'],
  ['git', 'index.lock'],
  ['a browser', 'report.pdf.part', 'report.pdf.crdownload'],
] as const)
  test(`temporary names of ${program}`, () => {
    for (const name of names) assert.ok(isTemporaryName(name), name);
  });

test('names that people give', () => {
  for (const name of [
    'report.txt',
    'zipfiles',
    'zinnober',
    'zi',
    'lock',
    'tmp',
    'a.b',
    '.profile',
    '2024.01',
    'ZIP12345',
  ])
    assert.ok(!isTemporaryName(name), name);
});
