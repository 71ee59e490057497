// Hands complete contents to the kernel, which then reads them itself, at the speed of this disk (FUSE_PASSTHROUGH, Linux 6.9,
// for root alone). Only for reading: bytes that are written have to pass through us to be counted, journaled and refused
// when the drive is full. Invariant, which the kernel enforces with EIO: while a node is read so by anybody, every other
// handle of it names the same file, and none uses the page cache. Who writes meanwhile, or opened another version, names
// it too and asks us nevertheless (FOPEN_DIRECT_IO goes first); only what such a handle maps into memory is the file itself.
import { constants } from 'node:os';
import type { Log } from '../../base/log.ts';
import type { HandleId, NodeId, OpenFile } from '../../fs/file-system.ts';

const { EPERM, EOPNOTSUPP, ENOTTY, ELOOP, EINVAL } = constants.errno;

/** This kernel, user or disk will never do it. ELOOP: the disk of the cache is itself stacked on others. */
const lasting: ReadonlySet<number> = new Set([EPERM, EOPNOTSUPP, ENOTTY, ELOOP, EINVAL]);

/** The two requests to the device that it takes; errno, negated, on failure. */
export interface BackingFiles {
  /** FUSE_DEV_IOC_BACKING_OPEN: the number (from 1) that the kernel gives a descriptor's file. */
  open(fd: number): number;
  /** FUSE_DEV_IOC_BACKING_CLOSE */
  close(backing: number): number;
}

/** How the kernel reads and writes an open file; `backing` is the number of the file that it reads itself. */
export type IoMode = { readonly kind: 'cached' } | { readonly kind: 'backed' | 'beside'; readonly backing: number };

interface NodeState {
  /** Handles that use the page cache. */
  cached: number;
  backing?: { readonly id: number; readonly fd: number; users: number };
}

const cached: IoMode = { kind: 'cached' };

export class Passthrough {
  readonly #files: BackingFiles;
  readonly #log: Log;
  readonly #nodes = new Map<NodeId, NodeState>();
  readonly #handles = new Map<HandleId, { readonly node: NodeId; readonly mode: IoMode }>();
  #works = true;

  constructor(files: BackingFiles, log: Log) {
    this.#files = files;
    this.#log = log;
  }

  /** Decides how a file that was just opened is read; to be told to the kernel with the reply. */
  opened(node: NodeId, file: OpenFile): IoMode {
    const state = this.#nodes.get(node) ?? { cached: 0 };
    this.#nodes.set(node, state);
    const mode = this.#modeOf(state, file);
    if (mode.kind === 'cached') state.cached += 1;
    this.#handles.set(file.handle, { node, mode });
    return mode;
  }

  released(handle: HandleId): void {
    const opened = this.#handles.get(handle);
    const state = opened && this.#nodes.get(opened.node);
    this.#handles.delete(handle);
    if (state === undefined) return;
    if (opened?.mode.kind === 'cached') state.cached -= 1;
    else this.#leave(state);
    if (state.cached === 0 && state.backing === undefined) this.#nodes.delete(opened?.node as NodeId);
  }

  #modeOf(state: NodeState, { whole }: OpenFile): IoMode {
    if (state.cached > 0) return cached;
    if (state.backing === undefined) return this.#begin(state, whole);
    state.backing.users += 1;
    return { kind: state.backing.fd === whole ? 'backed' : 'beside', backing: state.backing.id };
  }

  #begin(state: NodeState, whole: number | undefined): IoMode {
    if (whole === undefined || !this.#works) return cached;
    const id = this.#files.open(whole);
    if (id > 0) {
      state.backing = { id, fd: whole, users: 1 };
      return { kind: 'backed', backing: id };
    }
    if (lasting.has(-id)) {
      this.#works = false;
      this.#log.info(`the kernel does not read contents by itself here (errno ${-id}): they pass through this program`);
    }
    return cached;
  }

  #leave(state: NodeState): void {
    const { backing } = state;
    if (backing === undefined) return;
    backing.users -= 1;
    if (backing.users > 0) return;
    delete state.backing;
    this.#files.close(backing.id);
  }
}
