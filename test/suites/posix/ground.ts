// The folder that one case of the POSIX suite plays in, and shorthands for what cases do all the time. All names are
// relative to the folder.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ability, type Calls, type Listed, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from './calls.ts';

export interface Case {
  readonly title: string;
  readonly needs?: readonly Ability[];
  run(ground: Ground): Promise<void>;
}

export class Ground {
  readonly calls: Calls;
  readonly folder: string;

  constructor(calls: Calls, folder: string) {
    this.calls = calls;
    this.folder = folder;
  }

  path(name: string): string {
    return name === '' ? this.folder : `${this.folder}/${name}`;
  }

  /** Creates or overwrites. */
  async put(name: string, content: string | Uint8Array = ''): Promise<void> {
    await this.opened(name, O_WRONLY | O_CREAT | O_TRUNC, (fd) => this.write(fd, content, 0));
  }

  async write(fd: number, content: string | Uint8Array, offset: number): Promise<void> {
    const data = typeof content === 'string' ? Buffer.from(content) : content;
    if (data.length > 0) assert.equal(await this.calls.write(fd, data, offset), data.length);
  }

  async get(name: string): Promise<Buffer> {
    return this.opened(name, O_RDONLY, async (fd) => this.calls.read(fd, 0, (await this.calls.fstat(fd)).size + 1));
  }

  async text(name: string): Promise<string> {
    return (await this.get(name)).toString();
  }

  /** Opens, lets `use` work, and closes whatever happens. */
  async opened<T>(name: string, flags: number, use: (fd: number) => Promise<T>): Promise<T> {
    const fd = await this.calls.open(this.path(name), flags, 0o644);
    try {
      return await use(fd);
    } finally {
      await this.calls.close(fd);
    }
  }

  mkdir(name: string): Promise<void> {
    return this.calls.mkdir(this.path(name), 0o755);
  }

  /** A folder with one file `f` in it. */
  async fullFolder(name: string): Promise<void> {
    await this.mkdir(name);
    await this.put(`${name}/f`, 'in folder');
  }

  stat(name: string): ReturnType<Calls['stat']> {
    return this.calls.stat(this.path(name));
  }

  lstat(name: string): ReturnType<Calls['lstat']> {
    return this.calls.lstat(this.path(name));
  }

  rename(from: string, to: string): Promise<void> {
    return this.calls.rename(this.path(from), this.path(to));
  }

  unlink(name: string): Promise<void> {
    return this.calls.unlink(this.path(name));
  }

  async entries(name = ''): Promise<Listed[]> {
    const found: Listed[] = [];
    for await (const entry of this.calls.scan(this.path(name))) found.push(entry);
    return found;
  }

  /** Sorted by code unit. */
  async names(name = ''): Promise<string[]> {
    return (await this.entries(name)).map((entry) => entry.name).sort();
  }

  async absent(name: string): Promise<void> {
    await this.fails('ENOENT', this.lstat(name));
    const [, parent = '', own = ''] = /^(?:(.*)\/)?([^/]+)$/.exec(name) ?? [];
    assert.ok(!(await this.names(parent)).includes(own), `${name} is still listed`);
  }

  async fails(code: string, call: Promise<unknown>): Promise<void> {
    await assert.rejects(call, (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, code, error.stack);
      return true;
    });
  }

  /** Longer than the coarsest clock of any implementation. */
  async pause(): Promise<void> {
    await delay(12);
  }
}
