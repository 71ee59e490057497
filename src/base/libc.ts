// DOOR: koffi. The system calls that Node has no function for. None of them may block: they run on the thread that serves
// the mount. A failed call returns the errno, negated, as the kernel itself does.
import { constants } from 'node:os';
import koffi from 'koffi';

interface Libc {
  readonly read: (fd: number, buffer: Uint8Array, size: number) => number;
  readonly mount: (source: string, target: string, type: string, flags: number, data: string) => number;
  readonly socketpair: (domain: number, type: number, protocol: number, pair: Uint8Array) => number;
  readonly ioctl: (fd: number, request: number, argument: Uint8Array) => number;
  readonly madvise: (start: number, length: number, advice: number) => number;
  readonly recvmsg: (fd: number, message: object, flags: number) => number;
}

const load = (): Libc => {
  const library = koffi.load(null);
  const iovec = koffi.struct({ base: 'void *', length: 'size_t' });
  const msghdr = koffi.struct({
    name: 'void *',
    nameLength: 'uint32_t',
    vector: koffi.pointer(iovec),
    vectorLength: 'size_t',
    control: 'void *',
    controlLength: 'size_t',
    flags: 'int',
  });
  return {
    read: library.func('read', 'long', ['int', 'void *', 'size_t']),
    mount: library.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']),
    socketpair: library.func('socketpair', 'int', ['int', 'int', 'int', 'void *']),
    ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'void *']),
    madvise: library.func('madvise', 'int', ['uintptr_t', 'size_t', 'int']),
    recvmsg: library.func('recvmsg', 'long', ['int', koffi.pointer(msghdr), 'int']),
  };
};

let loaded: Libc | undefined;

const libc = (): Libc => {
  loaded ??= load();
  return loaded;
};

const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result);

/** read(2) from a descriptor that does not block. Number of bytes. */
export const readNow = (fd: number, buffer: Uint8Array): number => orErrno(libc().read(fd, buffer, buffer.length));

/** `flags` and `data` as in mount(2). */
export const mountFileSystem = (source: string, target: string, type: string, flags: number, data: string): number =>
  orErrno(libc().mount(source, target, type, flags, data));

/** madvise(2); `start` and `length` of whole pages. */
export const adviseMemory = (start: number, length: number, advice: number): number =>
  orErrno(libc().madvise(start, length, advice));

/** ioctl(2) with a pointer; must be one that does not block. */
export const controlDevice = (fd: number, request: number, argument: Uint8Array): number =>
  orErrno(libc().ioctl(fd, request, argument));

const unixDomain = 1;
const streamSocket = 1;
const closeOnExec = 0o2000000;

/** Two connected sockets, closed in programs that are started; or the errno. */
export const socketPair = (): readonly [number, number] | number => {
  const pair = Buffer.alloc(8);
  const result = orErrno(libc().socketpair(unixDomain, streamSocket | closeOnExec, 0, pair));
  return result < 0 ? result : [pair.readInt32LE(0), pair.readInt32LE(4)];
};

const doNotWait = 0x40;
const closeReceivedOnExec = 0x40000000;
const noDescriptor = -1;

/** Takes a descriptor that was sent through a socket (SCM_RIGHTS), if one has come: EAGAIN if not, ENOMSG at the end. */
export const receiveDescriptor = (socket: number): number => {
  // struct cmsghdr is a size_t and two ints; the descriptor follows.
  const headerSize = koffi.sizeof('size_t') + 8;
  const control = Buffer.alloc(headerSize + 8);
  control.writeInt32LE(noDescriptor, headerSize);
  const message = {
    name: null,
    nameLength: 0,
    vector: { base: Buffer.alloc(1), length: 1 },
    vectorLength: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  const result = orErrno(libc().recvmsg(socket, message, doNotWait | closeReceivedOnExec));
  if (result < 0) return result;
  const descriptor = control.readInt32LE(headerSize);
  return descriptor === noDescriptor ? -constants.errno.ENOMSG : descriptor;
};

/** A descriptor watched by the event loop. */
export interface Watch {
  close(): void;
}

/**
 * Calls `ready` whenever something can be read, or the other side is gone. Holds the process up until closed.
 * No thread waits for it: one that is blocked in read(2) would keep the process from ending.
 */
export const watchReadable = (fd: number, ready: () => void): Watch => koffi.node.poll(fd, { readable: true }, ready);
