import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NodeId } from '../../src/metadata/node.ts';
import { type Claim, claimsOf, type Intent } from '../../src/queue/intent.ts';
import { Order } from '../../src/queue/order.ts';

const node = (id: number): NodeId => id as NodeId;
const at = (parent: number, name: string) => ({ parent: node(parent), name });

/** Which of the intents, in their order, may be sent at once; then which when those are done; and so on. */
const waves = (intents: readonly Intent[]): number[][] => {
  const order = new Order();
  for (const [seq, intent] of intents.entries()) order.add(seq, claimsOf(intent));
  const left = new Set(intents.keys());
  const result: number[][] = [];
  while (left.size > 0) {
    const wave = [...left].filter((seq) => order.mayGo(seq));
    assert.ok(wave.length > 0, 'somebody may always go');
    for (const seq of wave) {
      order.remove(seq);
      left.delete(seq);
    }
    result.push(wave);
  }
  return result;
};

const makeFolder = (id: number, place: { parent: NodeId; name: string }): Intent => ({
  ...{ kind: 'create-folder', node: node(id), at: place },
});
const put = (id: number, place?: { parent: NodeId; name: string }): Intent => ({
  ...{ kind: 'put-content', node: node(id), ...(place === undefined ? {} : { at: place }) },
});
const move = (id: number, from: ReturnType<typeof at>, to: ReturnType<typeof at>): Intent => ({
  ...{ kind: 'move', node: node(id), from, to },
});
const remove = (id: number, from: ReturnType<typeof at>): Intent => ({ kind: 'remove', node: node(id), from });

test('a folder comes before what is in it, and that is sent together', () => {
  assert.deepEqual(waves([makeFolder(2, at(1, 'a')), put(3, at(2, 'x')), put(4, at(2, 'y')), put(5, at(1, 'z'))]), [
    [0, 3],
    [1, 2],
  ]);
});

test('a name is given up before it is taken, whatever the case of its letters', () => {
  assert.deepEqual(waves([remove(2, at(1, 'a')), put(3, at(1, 'A'))]), [[0], [1]]);
  assert.deepEqual(waves([move(2, at(1, 'a'), at(1, 'b')), put(3, at(1, 'a')), put(4, at(1, 'c'))]), [[0, 2], [1]]);
});

test('a folder is emptied before it is removed', () => {
  assert.deepEqual(
    waves([move(3, at(2, 'x'), at(1, 'x')), remove(4, at(2, 'y')), remove(2, at(1, 'a')), put(5, at(1, 'a'))]),
    [[0, 1], [2], [3]],
  );
});

test('changes of one node go one after the other', () => {
  assert.deepEqual(waves([put(2, at(1, 'a')), move(2, at(1, 'a'), at(1, 'b')), put(2), remove(2, at(1, 'b'))]), [
    [0],
    [1],
    [2],
    [3],
  ]);
});

test('an exchange is three moves in a row', () => {
  const aside = at(1, 'aside');
  const steps = [move(2, at(1, 'a'), aside), move(3, at(1, 'b'), at(1, 'a')), move(2, aside, at(1, 'b'))];
  assert.deepEqual(waves(steps), [[0], [1], [2]]);
});

const claims: fc.Arbitrary<Claim[]> = fc
  .uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), alone: fc.boolean() }), {
    selector: ({ key }) => key,
    minLength: 1,
  })
  .map((list) => [...list]);

test('no two that conflict go together, nobody waits for nothing, and whoever is freed is told', () => {
  fc.assert(
    fc.property(fc.array(claims, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (list, picks) => {
      const order = new Order();
      const conflict = (one: number, other: number): boolean =>
        (list[one] ?? []).some((mine) =>
          (list[other] ?? []).some((yours) => mine.key === yours.key && (mine.alone || yours.alone)),
        );
      const going = new Set<number>();
      for (const [seq, all] of list.entries()) if (order.add(seq, all)) going.add(seq);
      const left = new Set(list.keys());
      while (left.size > 0) {
        const expected = [...left].filter((seq) => ![...left].some((other) => other < seq && conflict(other, seq)));
        assert.deepEqual(
          [...going].sort((a, b) => a - b),
          expected,
        );
        for (const seq of left) {
          const before = [...left].filter((other) => other < seq && conflict(other, seq));
          assert.deepEqual(
            [...new Set(order.waitsFor(seq))].sort((a, b) => a - b),
            before,
          );
        }
        const ready = [...going];
        const done = ready[(picks.next().value ?? 0) % ready.length] ?? 0;
        left.delete(done);
        going.delete(done);
        for (const freed of order.remove(done)) going.add(freed);
      }
    }),
  );
});
