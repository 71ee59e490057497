// Contents that the kernel reads by itself: which handles may, golden bytes, and on a real mount what readers, writers and
// mappings see of each other.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Log, silentLog } from '../../../src/base/log.ts';
import { type BackingFiles, Passthrough } from '../../../src/fuse/kernel/passthrough.ts';
import { ProtocolServer } from '../../../src/fuse/kernel/protocol-server.ts';
import { drivers, exported, mounted, mountObstacle } from '../../support/mounted.ts';
import { missingTools } from '../../support/tools.ts';
import { handle, hex, initRequest, node, scripted, settled, startedServer } from './support/golden.ts';

class Backings implements BackingFiles {
  readonly asked: string[] = [];
  answer: ((count: number) => number) | undefined;
  #count = 0;

  open(fd: number): number {
    this.#count += 1;
    this.asked.push(`open ${fd}`);
    return this.answer?.(this.#count) ?? this.#count;
  }

  close(backing: number): number {
    this.asked.push(`close ${backing}`);
    return 0;
  }
}

const file = (id: number, whole?: number) => ({
  handle: handle(id),
  keepCache: true,
  ...(whole === undefined ? {} : { whole }),
});

describe('passthrough', () => {
  it('is for whole contents, shared by the handles of a node, and ends with the last', () => {
    const backings = new Backings();
    const passthrough = new Passthrough(backings, silentLog);
    assert.deepEqual(passthrough.opened(node(5), file(1, 30)), { kind: 'backed', backing: 1 });
    assert.deepEqual(passthrough.opened(node(5), file(2, 30)), { kind: 'backed', backing: 1 });
    assert.deepEqual(passthrough.opened(node(6), file(3, 31)), { kind: 'backed', backing: 2 });
    passthrough.released(handle(1));
    passthrough.released(handle(3));
    assert.deepEqual(backings.asked, ['open 30', 'open 31', 'close 2']);
    passthrough.released(handle(2));
    assert.deepEqual(backings.asked.at(-1), 'close 1');
    assert.deepEqual(passthrough.opened(node(5), file(4)), { kind: 'cached' });
  });

  it('has other handles of the node beside it: writers, and readers of another version', () => {
    const backings = new Backings();
    const passthrough = new Passthrough(backings, silentLog);
    passthrough.opened(node(5), file(1, 30));
    assert.deepEqual(passthrough.opened(node(5), file(2)), { kind: 'beside', backing: 1 });
    assert.deepEqual(passthrough.opened(node(5), file(3, 40)), { kind: 'beside', backing: 1 });
    passthrough.released(handle(1));
    passthrough.released(handle(3));
    assert.deepEqual(backings.asked, ['open 30'], 'the kernel may still look it up');
    passthrough.released(handle(2));
    assert.deepEqual(backings.asked.at(-1), 'close 1');
  });

  it('is not where the page cache is in use', () => {
    const backings = new Backings();
    const passthrough = new Passthrough(backings, silentLog);
    passthrough.opened(node(5), file(1));
    assert.deepEqual(passthrough.opened(node(5), file(2, 30)), { kind: 'cached' });
    passthrough.released(handle(1));
    assert.deepEqual(passthrough.opened(node(5), file(3, 30)), { kind: 'cached' });
    passthrough.released(handle(2));
    passthrough.released(handle(3));
    assert.deepEqual(passthrough.opened(node(5), file(4, 30)), { kind: 'backed', backing: 1 });
  });

  it('is tried once where the kernel will never do it, and again where it may', () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const log: Log = { debug: note, info: note, warn: note, error: note };
    const backings = new Backings();
    const passthrough = new Passthrough(backings, log);
    const enfile = -23;
    const eperm = -1;
    backings.answer = (count) => (count === 1 ? enfile : eperm);
    for (const id of [1, 2, 3]) {
      assert.deepEqual(passthrough.opened(node(id), file(id, 30 + id)), { kind: 'cached' });
    }
    assert.deepEqual(backings.asked, ['open 31', 'open 32']);
    assert.equal(lines.length, 1);
  });
});

describe('golden bytes of passthrough', () => {
  const from = '0500000000000000 e8030000 e9030000 a9760000 0000 0000';
  const open = (flags: string): Buffer => hex(`30000000 0e000000 3000000000000000 ${from} ${flags} 00000000`);

  it('init asks for it, and says that contents lie on no stacked disk', async () => {
    const replies: string[] = [];
    const send = (head: Uint8Array): void => void replies.push(Buffer.from(head).toString('hex'));
    const passthrough = new Passthrough(new Backings(), silentLog);
    const server = new ProtocolServer(scripted({}).fs, { send, log: silentLog, trace: false, passthrough });
    void server.receive(Buffer.from(initRequest));
    await settled();
    assert.deepEqual(replies, [
      hex(`
        50000000 00000000 0200000000000000
        07000000 27000000 00000200 29a0c472   # 7.39, max_readahead, flags with FUSE_INIT_EXT
        4000 3000 00001000 01000000 0001 0000 # max_background … map_alignment
        30000000 01000000                     # flags2 DIRECT_IO_ALLOW_MMAP and PASSTHROUGH, max_stack_depth
        00000000 00000000 00000000 00000000 00000000 00000000
      `).toString('hex'),
    ]);
  });

  it('open of a whole content, of the same for writing, and release', async () => {
    const backings = new Backings();
    const answers = [file(1, 30), file(2)];
    const { fs } = scripted({ open: () => answers.shift(), release: undefined });
    const { server, replies } = await startedServer(fs, new Passthrough(backings, silentLog));
    void server.receive(open('00800000'));
    await settled();
    void server.receive(open('02800000'));
    await settled();
    assert.deepEqual(
      replies.map((reply) => reply.toString('hex')),
      [
        // FOPEN_PASSTHROUGH, not FOPEN_KEEP_CACHE: the kernel refuses both together.
        hex('20000000 00000000 3000000000000000 0100000000000000 80000000 01000000').toString('hex'),
        hex('20000000 00000000 3000000000000000 0200000000000000 81000000 01000000').toString('hex'),
      ],
    );
    for (const id of ['01', '02'])
      void server.receive(
        hex(`
          40000000 12000000 2400000000000000 0500000000000000 00000000 00000000 00000000 0000 0000
          ${id}00000000000000 02800000 00000000 0000000000000000
        `),
      );
    await settled();
    assert.deepEqual(backings.asked, ['open 30', 'close 1']);
  });
});

const rootObstacle = process.getuid?.() === 0 ? undefined : 'only root may hand files to the kernel';

/** Runs against the mount while the file is read by the kernel itself, and says what it saw. */
const meeting = `
import mmap, os, sys
path, size = sys.argv[1], 3 << 20
reader = os.open(path, os.O_RDONLY)
assert os.pread(reader, 4, size - 4) == b'zzzz'
writer = os.open(path, os.O_RDWR | os.O_APPEND)
os.write(writer, b'tail')
assert os.fstat(reader).st_size == size + 4 and os.pread(reader, 9, size) == b'tail'
os.ftruncate(writer, 5)
assert os.pread(reader, 100, 0) == b'aaaaa' and os.fstat(reader).st_size == 5
os.ftruncate(writer, size)
assert os.pread(reader, size, 0) == b'aaaaa' + bytes(size - 5)
os.pwrite(writer, b'', 0)
mapped = mmap.mmap(writer, 8192)
assert mapped[:6] == b'aaaaa\\0'
mapped[4096:4100] = b'MMAP'
mapped.flush()
assert os.pread(reader, 4, 4096) == b'MMAP' and os.pread(writer, 4, 4096) == b'MMAP'
os.close(writer)
late = os.open(path, os.O_RDWR)
mapping = mmap.mmap(late, 8192)
os.close(late)
mapping[100:104] = b'late'
mapping.close()
os.close(reader)
os.truncate(path, 8192)
again = os.open(path, os.O_RDONLY)
print(os.pread(again, 5, 0) + os.pread(again, 4, 100) + os.pread(again, 4, 4096))
os.unlink(path)
assert os.fstat(again).st_nlink == 0 and os.pread(again, 4, 4096) == b'MMAP'
`;

describe('passthrough on a mount', {
  skip: mountObstacle() ?? rootObstacle ?? missingTools('python3') ?? false,
  timeout: 120_000,
}, () => {
  it('readers, writers and mappings of one file agree, and what was written through a mapping reaches the drive', async () => {
    const service = exported('test/support/drive-service', 'liveService');
    await using mount = await mounted({ driver: drivers.kernel, service });
    const content = Buffer.alloc(3 << 20, 'z');
    content.fill('a', 0, 100);
    for (const name of ['met', 'mapped']) await writeFile(join(mount.mountpoint, name), content);
    await mount.ask();
    const run = promisify(execFile);
    const { stdout } = await run('python3', ['-c', meeting, join(mount.mountpoint, 'met')]);
    assert.equal(stdout.trim(), "b'aaaaalateMMAP'");
    const write = `
import mmap, os, sys
reader = os.open(sys.argv[1], os.O_RDONLY)
writer = os.open(sys.argv[1], os.O_RDWR)
mapped = mmap.mmap(writer, 4096)
mapped[0:4] = b'MMAP'
mapped.flush()
os.close(writer)
`;
    await run('python3', ['-c', write, join(mount.mountpoint, 'mapped')]);
    content.write('MMAP');
    const { files } = (await mount.ask()) as { readonly files: readonly string[] };
    assert.deepEqual(files, [createHash('sha1').update(content).digest('hex')]);
  });
});
