// What entries of the journal claim: which of them wait for each other.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeId } from '../../src/metadata/node.ts';
import { claimsOf, type Intent } from '../../src/queue/intent.ts';
import { Order } from '../../src/queue/order.ts';

const [one, two, three] = [1, 2, 3] as NodeId[] as [NodeId, NodeId, NodeId];
const node = 10 as NodeId;

/** Whether the second has to wait for the first. */
const waits = (first: Intent, second: Intent): boolean => {
  const order = new Order();
  order.add(1, claimsOf(first));
  return !order.add(2, claimsOf(second));
};

const create = (parent: NodeId, name: string): Intent => ({
  kind: 'create-folder',
  node: 11 as NodeId,
  at: { parent, name },
});

describe('claims', () => {
  const move: Intent = { kind: 'move', node, from: { parent: one, name: 'c' }, to: { parent: two, name: 'a' } };

  it('of a move: the name that it leaves and the one that it takes', () => {
    assert.ok(waits(move, create(one, 'c')));
    assert.ok(waits(move, create(two, 'a')));
    assert.ok(waits(create(two, 'A'), move), 'names do not differ by case alone');
  });

  it('of a move: also the names that it may pass through', () => {
    assert.ok(waits(move, create(two, 'c')));
    assert.ok(waits(move, create(one, 'a')));
  });

  it('leave everything else alone', () => {
    assert.ok(!waits(move, create(two, 'b')));
    assert.ok(!waits(move, create(three, 'c')));
  });
});
