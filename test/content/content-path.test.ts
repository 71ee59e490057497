// Numbers and places of contents.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { contentPath, nextContentId } from '../../src/content/content-path.ts';

test('contents made one after the other lie in one folder, hundreds of them, and each number is given once', () => {
  const [seen, folders] = [new Set<number>(), new Map<string, number>()];
  let changes = 0;
  for (let id = nextContentId(0), before = ''; seen.size < 200_000; id = nextContentId(id)) {
    assert.ok(!seen.has(id));
    seen.add(id);
    const folder = dirname(contentPath('/content', id));
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
    if (folder !== before) changes += 1;
    before = folder;
  }
  assert.equal(folders.size, 256);
  assert.ok(changes <= 400, String(changes));
  assert.ok(Math.max(...folders.values()) <= 1024);
});

test('a number has the place that it always had', () => {
  assert.equal(contentPath('/content', 1), '/content/01/1');
  assert.equal(contentPath('/content', 255), '/content/ff/255');
  assert.equal(contentPath('/content', 2 ** 40 + 16), '/content/10/1099511627792');
  // Those that an earlier version gave, one after the other.
  assert.ok(nextContentId(4711) > 4711);
});
