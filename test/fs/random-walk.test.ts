// Random walks over all that programs and others do (model-walk.ts).
import '../support/hasty-time.ts';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyStep, walkOptions, walkOver } from './model-walk.ts';

for (const [title, likeness, listingAgeMs] of [
  ['with listings that last', 'live', 1e9],
  ['with listings on every use', 'live', 0],
  ['with a feed', 'graph', 1e9],
] as const)
  test(`walks ${title}`, async () => {
    const steps = fc.array(anyStep, { minLength: 10, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, (taken) => walkOver(likeness, taken, { listingAgeMs })),
      walkOptions,
    );
  });
