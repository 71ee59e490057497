// What every driver owes besides POSIX, on fuse-native.
import { driverSuite } from '../suites/driver-suite.ts';
import { drivers } from '../support/mounted.ts';

driverSuite('the driver fuse-native', drivers.native, {
  cannot: {
    interrupt: 'libfuse 2 does not tell fuse-native that a caller gave up',
    owner: 'fuse-native does not tell who calls: what is made belongs to who mounted',
  },
});
