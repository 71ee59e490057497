// The tool steps on both drivers over the file system in memory: what fails here is the driver's.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toolSteps } from '../suites/tool-steps.ts';
import { drivers, type Mounted, mounted, mountObstacle } from '../support/mounted.ts';
import { runStep } from '../support/run-step.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { makeMaterial } from '../support/tool-material.ts';
import { missingTools } from '../support/tools.ts';

for (const [name, driver] of [
  ['kernel', drivers.kernel],
  ['fuse-native', drivers.native],
] as const)
  describe(`tools on ${name}, over memory`, { skip: mountObstacle() ?? false }, () => {
    let mount: Mounted | undefined;
    let folder: TempDir | undefined;
    before(async () => {
      folder = await tempDir();
      await makeMaterial(folder.path);
      mount = await mounted({ driver });
    });
    after(async () => {
      await mount?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });
    for (const [index, step] of toolSteps.entries())
      it(step.title, { skip: step.notOn?.[name] ?? missingTools(...step.needs) ?? false }, async () => {
        if (!mount || !folder) throw new Error('nothing is mounted');
        const onMount = join(mount.mountpoint, `step-${index}`);
        const onDisk = join(folder.path, `step-${index}`);
        await mkdir(onMount);
        await mkdir(onDisk);
        await runStep(step, { material: folder.path, onMount, onDisk });
      });
  });
