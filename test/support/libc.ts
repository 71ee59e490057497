// System calls that Node has no function for, for tests on mounts: called through koffi in the process of the test, never
// in the one that serves the mount. Linux, 64 bits. Failures are errors with `code`, like those of node:fs.
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

const library = koffi.load('libc.so.6');

type Native = (...parameters: readonly unknown[]) => unknown;

const declare = (prototype: string): Native => library.func(prototype) as Native;

const natives = {
  utimensat: declare('int utimensat(int dir, const char *path, const int64_t *times, int flags)'),
  renameat2: declare('int renameat2(int fromDir, const char *from, int toDir, const char *to, unsigned int flags)'),
  mknod: declare('int mknod(const char *path, uint32_t mode, uint64_t device)'),
  pathconf: declare('int64_t pathconf(const char *path, int name)'),
  getxattr: declare('int64_t getxattr(const char *path, const char *name, uint8_t *value, size_t size)'),
  setxattr: declare('int setxattr(const char *path, const char *name, const uint8_t *value, size_t size, int flags)'),
  listxattr: declare('int64_t listxattr(const char *path, uint8_t *list, size_t size)'),
  removexattr: declare('int removexattr(const char *path, const char *name)'),
  truncate: declare('int truncate(const char *path, int64_t size)'),
  lseek: declare('int64_t lseek(int fd, int64_t offset, int whence)'),
  fallocate: declare('int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
  copy_file_range: declare(
    'int64_t copy_file_range(int from, int64_t *fromOffset, int to, int64_t *toOffset, size_t length, unsigned int flags)',
  ),
  mmap: declare('intptr_t mmap(intptr_t at, size_t length, int protection, int flags, int fd, int64_t offset)'),
  munmap: declare('int munmap(intptr_t at, size_t length)'),
  copyIn: library.func('memcpy', 'intptr_t', ['uint8_t *', 'intptr_t', 'size_t']) as Native,
  copyOut: library.func('memcpy', 'intptr_t', ['intptr_t', 'const uint8_t *', 'size_t']) as Native,
} as const;

const currentFolder = -100;
const omitTime = 2n ** 30n - 2n;
const longestName = 3;
const types = { file: 0o100000, fifo: 0o010000 } as const;

/** The result, or the error that errno names. */
const checked = (call: keyof typeof natives, ...parameters: readonly unknown[]): number => {
  const result = Number(natives[call](...parameters));
  if (result !== -1) return result;
  const errno = koffi.errno();
  const name = getSystemErrorName(-errno);
  // Two names of one number on Linux.
  const code = name === 'ENOTSUP' ? 'EOPNOTSUPP' : name;
  throw Object.assign(new Error(`${code}: ${call}`), { code, errno: -errno, syscall: call });
};

const timeFields = (time: bigint | undefined): [bigint, bigint] => {
  if (time === undefined) return [0n, omitTime];
  const nanoseconds = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [(time - nanoseconds) / 1_000_000_000n, nanoseconds];
};

/** utimensat(2): nanoseconds since 1970, undefined for UTIME_OMIT. */
export const setTimes = (path: string, atime: bigint | undefined, mtime: bigint | undefined): void => {
  const fields = BigInt64Array.from([...timeFields(atime), ...timeFields(mtime)]);
  checked('utimensat', currentFolder, path, fields, 0);
};

export const renameWith = (from: string, to: string, flag: 'noreplace' | 'exchange'): void => {
  checked('renameat2', currentFolder, from, currentFolder, to, flag === 'noreplace' ? 1 : 2);
};

export const makeNode = (path: string, what: keyof typeof types, mode: number): void => {
  checked('mknod', path, types[what] | mode, 0);
};

export const nameLengthAt = (path: string): number => checked('pathconf', path, longestName);

export const getAttribute = (path: string, name: string): Buffer => {
  const value = Buffer.alloc(checked('getxattr', path, name, null, 0));
  return value.length === 0 ? value : value.subarray(0, checked('getxattr', path, name, value, value.length));
};

/** What getxattr(2) answers to a buffer of exactly that size. */
export const getAttributeInto = (path: string, name: string, size: number): number =>
  checked('getxattr', path, name, Buffer.alloc(size), size);

export const setAttribute = (path: string, name: string, value: Uint8Array, flags: number): void => {
  checked('setxattr', path, name, value, value.length, flags);
};

export const listAttributes = (path: string): string[] => {
  // There may be more by the second call: a file that reaches the drive in between gets attributes of the service's.
  const list = Buffer.alloc(checked('listxattr', path, null, 0) + 4096);
  const size = list.length === 0 ? 0 : checked('listxattr', path, list, list.length);
  return list.subarray(0, size).toString().split('\0').filter(Boolean);
};

export const removeAttribute = (path: string, name: string): void => {
  checked('removexattr', path, name);
};

/** node:fs makes 0 of a negative size. */
export const truncate = (path: string, size: number): void => {
  checked('truncate', path, size);
};

export const seek = (fd: number, offset: number, whence: 'data' | 'hole'): number =>
  checked('lseek', fd, offset, whence === 'data' ? 3 : 4);

export const allocate = (fd: number, mode: number, offset: number, length: number): void => {
  checked('fallocate', fd, mode, offset, length);
};

export const copyRange = (from: number, fromOffset: number, to: number, toOffset: number, length: number): number =>
  checked(
    'copy_file_range',
    from,
    BigInt64Array.of(BigInt(fromOffset)),
    to,
    BigInt64Array.of(BigInt(toOffset)),
    length,
    0,
  );

/** A shared mapping of the first `length` bytes: `change` sees them, and what it returns is stored. */
export const withMapping = (fd: number, length: number, change: (bytes: Buffer) => Buffer): void => {
  const [readWrite, shared] = [3, 1];
  const at = checked('mmap', 0, length, readWrite, shared, fd, 0);
  try {
    const bytes = Buffer.alloc(length);
    natives.copyIn(bytes, at, length);
    natives.copyOut(at, change(bytes), length);
  } finally {
    checked('munmap', at, length);
  }
};
