// What every driver owes besides POSIX, on the kernel driver.
import { driverSuite } from '../suites/driver-suite.ts';
import { drivers } from '../support/mounted.ts';

driverSuite('the kernel driver', drivers.kernel);
