// The in-memory drive of the tests is held to the same suite as the real ones.

import { driveSuite } from '../suites/drive-suite.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { MemoryStore } from '../support/memory-store.ts';

const options = { pageSize: 10, features: { simpleUploadLimit: 2 ** 18 } };

driveSuite('MemoryDrive', async () => {
  const store = new MemoryStore();
  return { drive: new MemoryDrive({ ...options, store }), another: new MemoryDrive({ ...options, store }) };
});

driveSuite('MemoryDrive with the features of the live dialect', async () => {
  const store = new MemoryStore();
  const features = { ...liveLike, ...options.features };
  return { drive: new MemoryDrive({ ...options, features, store }), another: new MemoryDrive({ features, store }) };
});
