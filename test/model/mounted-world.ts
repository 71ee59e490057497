// A world of real processes: a mount whose process is killed for real, and the emulator behind it, over the network.
import type { Calls } from '../suites/posix/calls.ts';
import { type Emulated, type EmulatedDialect, emulated } from '../support/emulated.ts';
import { mountCalls } from '../support/mount-calls.ts';
import { drivers, exported, type Mounted, mounted } from '../support/mounted.ts';
import { strike } from './emulator-trouble.ts';
import type { Trouble, World } from './world.ts';

const service = exported('test/support/walked-service', 'walkedService');
export class MountedWorld implements World, AsyncDisposable {
  readonly calls: Calls = mountCalls;
  readonly #place: Emulated;
  readonly #dialect: EmulatedDialect;
  #mount: Mounted;
  #removed: string | undefined;

  private constructor(place: Emulated, dialect: EmulatedDialect, mount: Mounted) {
    this.#place = place;
    this.#dialect = dialect;
    this.#mount = mount;
  }

  static async open(dialect: EmulatedDialect): Promise<MountedWorld> {
    const place = await emulated({ strict: true }, dialect);
    return new MountedWorld(place, dialect, await MountedWorld.#serve(place, dialect));
  }

  static #serve({ configFile, apiUrl, loginUrl, cacheDir }: Emulated, dialect: EmulatedDialect): Promise<Mounted> {
    const serviceOptions = { dialect, configFile, apiUrl, loginUrl, cacheDir };
    return mounted({ driver: drivers.kernel, service, serviceOptions });
  }

  get root(): string {
    return this.#mount.mountpoint;
  }

  async #possible(work: () => unknown): Promise<boolean> {
    try {
      await work();
      return true;
    } catch {
      return false;
    }
  }

  put(at: string, text: string): Promise<boolean> {
    return this.#possible(() => this.#place.emulator.admin.put({ path: at }, text));
  }

  move(from: string, to: string): Promise<boolean> {
    const cut = to.lastIndexOf('/');
    return this.#possible(() =>
      this.#place.emulator.admin.move({ path: from }, to.slice(0, cut) || '/', to.slice(cut + 1)),
    );
  }

  remove(at: string): Promise<boolean> {
    const { admin } = this.#place.emulator;
    return this.#possible(() => {
      const { id } = admin.item({ path: at });
      admin.remove({ path: at });
      this.#removed = id;
    });
  }

  restore(): Promise<boolean> {
    return this.#possible(() => this.#place.emulator.admin.restore(this.#removed ?? 'nothing'));
  }

  async trouble(kind: Trouble, count: number): Promise<void> {
    strike(this.#place.emulator.admin, this.#dialect, { kind, count });
  }

  /** The clock of the service; this machine's is everybody's. */
  jump(ms: number): void {
    const { admin } = this.#place.emulator;
    admin.set({ clockOffsetMs: Math.max(0, admin.settings().clockOffsetMs + Math.abs(ms) / 48) });
  }

  async kill(): Promise<void> {
    await this.#mount.kill();
    await this.#mount[Symbol.asyncDispose]();
    this.#mount = await MountedWorld.#serve(this.#place, this.#dialect);
  }

  async reopen(): Promise<void> {
    await this.#mount.stop();
    await this.#mount[Symbol.asyncDispose]();
    this.#mount = await MountedWorld.#serve(this.#place, this.#dialect);
  }

  async settle(): Promise<readonly unknown[]> {
    this.#place.emulator.admin.clearFaults();
    return (await this.#mount.ask()) as readonly unknown[];
  }

  async paths(): Promise<readonly string[]> {
    return this.#place.emulator.admin
      .tree()
      .map(({ path: at, sha256 }) => (sha256 === undefined ? `${at.replace(/\/$/, '')}/` : at));
  }

  async history(): Promise<ReadonlySet<string>> {
    const { admin } = this.#place.emulator;
    const texts = await Promise.all(admin.history().map(({ content }) => admin.readContent(content.sha256)));
    return new Set(texts.map((bytes) => bytes.toString()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mount[Symbol.asyncDispose]();
    await this.#place[Symbol.asyncDispose]();
  }
}
