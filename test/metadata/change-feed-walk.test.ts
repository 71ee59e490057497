// Random changes on the drive and here, with the process killed in between and the feed forgetting where it was: in the end both sides
// are the same. Seeds are printed; `FEED_SEEDS=7,8` runs those.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MortalDrive } from '../support/mortal-drive.ts';
import { Bench } from '../support/opened.ts';
import { type Random, randomFrom } from '../support/random.ts';

const seeds =
  process.env['FEED_SEEDS']?.split(',').map(Number) ??
  Array.from({ length: 5 }, () => 1 + Math.floor(Math.random() * 1e6));

const folders = ['', 'a/', 'b/', 'a/c/', 'b/d/'];
const names = ['1', '2', '3', '4'];
const pathFrom = (random: Random): string => `${folders[random(folders.length)]}${names[random(names.length)]}`;

/** What another client does; what makes no sense at the moment does not happen. */
const remotely = ({ memory: { store } }: Bench, random: Random): void => {
  const [path, other] = [pathFrom(random), pathFrom(random)];
  const item = store.find(path);
  const act = random(6);
  if (act < 2 && item?.kind !== 'folder') store.put(path, `theirs ${random(1e6)}`);
  else if (act === 2 && item !== undefined && store.find(other) === undefined) store.move(path, other);
  else if (act === 3 && item !== undefined) store.remove(path);
  else if (act === 4 && store.find('a') !== undefined && store.find('b/moved') === undefined)
    store.move('a', 'b/moved');
  else if (act === 5 && store.find('b/moved') !== undefined && store.find('a') === undefined)
    store.move('b/moved', 'a');
};

/** In folders of our own, so that neither side's change is a conflict. */
const locally = async (bench: Bench, random: Random): Promise<void> => {
  const [path, other] = [`/ours/${names[random(4)]}`, `/ours/${names[random(4)]}`];
  const act = random(4);
  const work =
    act < 2
      ? bench.write(path, `ours ${random(1e6)}`)
      : act === 2
        ? bench.calls.rename(path, other)
        : bench.calls.unlink(path);
  await work.catch(() => {});
};

for (const seed of seeds)
  test(`a walk with kills and resets, seed ${seed}`, { timeout: 60_000 }, async () => {
    const random = randomFrom(seed);
    const mortal = new MortalDrive();
    await using bench = await Bench.open({
      memory: { features: { changeFeed: true }, pageSize: 1 + random(6) },
      wrap: (drive) => mortal.around(drive),
      fs: { feedIntervalMs: 3, listingAgeMs: 1e9 },
    });
    for (const path of ['a/c/1', 'b/d/2', 'a/3', '4']) bench.memory.store.put(path, path);
    await bench.calls.mkdir('/ours', 0o755).catch(() => {});
    for (let step = 0; step < 80; step += 1) {
      remotely(bench, random);
      if (random(2) === 0) await locally(bench, random);
      if (random(4) === 0) await delay(random(8));
      if (random(12) === 0) await bench.shown().catch(() => {});
      if (random(15) === 0) {
        const { store } = bench.memory;
        store.feed = store.feed.filter((id) => store.items.has(id));
        store.expireCursors();
      }
      if (random(20) === 0) await bench.kill(mortal);
    }
    assert.deepEqual(await bench.sync(), []);
    const deadline = performance.now() + 20_000;
    for (;;) {
      const [shown, tree] = [await bench.shown().catch(() => undefined), bench.tree()];
      if (JSON.stringify(shown) === JSON.stringify(tree)) break;
      if (performance.now() > deadline) assert.deepEqual(shown, tree, `seed ${seed}`);
      await delay(20);
    }
  });
