// Ordinary programs on a real `skydrive mount` of the emulator, on both drivers: each step does the same on the mount and on
// the local disk. In the end the drive holds the same tree, and so does the mount after a remount, also without its caches.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isLinkItem, toLocalName } from '../../src/metadata/names.ts';
import { toolSteps } from '../suites/tool-steps.ts';
import { type Emulated, emulated } from '../support/emulated.ts';
import { mountObstacle } from '../support/mounted.ts';
import { runStep } from '../support/run-step.ts';
import { Skydrive } from '../support/skydrive.ts';
import { makeMaterial } from '../support/tool-material.ts';
import { missingTools } from '../support/tools.ts';
import { treeHashes } from '../support/tree-hashes.ts';

/** The drive's tree below `top`, by the names that a mount shows, as `treeHashes` gives it. */
const driveTree = ({ emulator }: Emulated, top: string): Record<string, string> => {
  const lines = emulator.admin.tree({ path: `/${top}` }).map(({ path, size, sha1 }) => {
    const names = path.split('/').slice(2);
    const local = names.map((name, index) => toLocalName(name, index === names.length - 1 && isLinkItem(name, size)));
    return [local.join('/'), sha1 ?? 'folder'] as const;
  });
  return Object.fromEntries(lines.sort(([one], [two]) => (one < two ? -1 : 1)));
};

const rounds = [
  { driver: 'kernel', dialect: 'live' },
  { driver: 'fuse-native', dialect: 'live' },
  { driver: 'kernel', dialect: 'graph' },
] as const;

for (const { driver, dialect } of rounds)
  describe(`tools on ${driver}, dialect ${dialect}`, { skip: mountObstacle() ?? false, timeout: 900_000 }, () => {
    let place: Emulated | undefined;
    let skydrive: Skydrive | undefined;
    const started = (): { place: Emulated; skydrive: Skydrive; tools: string } => {
      if (!place || !skydrive) throw new Error('nothing is mounted');
      return { place, skydrive, tools: join(skydrive.mountpoint, 'tools') };
    };
    let expected: Record<string, string> = {};

    before(async () => {
      place = await emulated({ strict: true }, dialect);
      await mkdir(join(place.folder, 'material'));
      await makeMaterial(join(place.folder, 'material'));
      skydrive = new Skydrive(place, driver);
      await skydrive.mount();
      for (const top of [skydrive.mountpoint, join(place.folder, 'disk')])
        await mkdir(join(top, 'tools'), { recursive: true });
    });
    after(async () => {
      await skydrive?.[Symbol.asyncDispose]();
      await place?.[Symbol.asyncDispose]();
    });

    for (const [index, step] of toolSteps.entries())
      it(step.title, { skip: step.notOn?.[driver] ?? missingTools(...step.needs) ?? false }, async () => {
        const {
          place: { folder },
          tools,
        } = started();
        const onMount = join(tools, `step-${index}`);
        const onDisk = join(folder, 'disk', 'tools', `step-${index}`);
        await mkdir(onMount);
        await mkdir(onDisk);
        await runStep(step, { material: join(folder, 'material'), onMount, onDisk });
      });

    it('after sync, the drive holds the same tree with the same hashes', async () => {
      const { place: ground, skydrive: command, tools } = started();
      expected = await treeHashes(tools, { algorithm: 'sha1', linksAsFiles: true });
      assert.ok(Object.keys(expected).length > 500);
      await command.sync();
      assert.deepEqual(driveTree(ground, 'tools'), expected);
      assert.deepEqual(ground.emulator.requests.violations, []);
    });

    it('after unmount and remount, the mount holds it too', async () => {
      const { skydrive: command, tools } = started();
      await command.unmount();
      await command.mount();
      assert.deepEqual(await treeHashes(tools, { algorithm: 'sha1', linksAsFiles: true }), expected);
    });

    it('after a remount without any cache, it still does', async () => {
      const { skydrive: command, tools } = started();
      await command.unmount();
      await command.dropCaches();
      await command.mount();
      assert.deepEqual(await treeHashes(tools, { algorithm: 'sha1', linksAsFiles: true }), expected);
    });
  });
