// The part of the drive suite that is about finding: by words, earlier contents, small pictures.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { FileVersion, Item } from '../../src/drive/drive.ts';
import type { DriveTests } from './drive-steps.ts';
import { fails, put, replace, textOf } from './drive-steps.ts';

export const findTests: DriveTests = {
  'what is searched for by words of its name is found, whatever signs these have': async ({ drive, folder }) => {
    const word = `needle${randomBytes(4).toString('hex')}`;
    const [one, two] = [
      await put(drive, folder, `a ${word} in it's hay.txt`, '1'),
      await drive.makeFolder(folder.id, word),
    ];
    await put(drive, folder, 'hay.txt', '2');
    const found: Item[] = [];
    for await (const page of drive.search(word)) found.push(...page);
    assert.deepEqual(found.map(({ id }) => id).sort(), [one.id, two.id].sort());
    assert.deepEqual(found.find(({ id }) => id === one.id)?.name, one.name);
    for await (const page of drive.search("it's no such thing & never=was")) assert.deepEqual(page, []);
  },
  'earlier contents are listed newest first, read in parts, and made the present one again': async ({
    drive,
    folder,
  }) => {
    const first = await put(drive, folder, 'file.txt', 'the first of three');
    if (!drive.features.versions) {
      await fails(drive.versions(first.id), 'unsupported');
      return;
    }
    const second = await replace(drive, first, 'second');
    await replace(drive, second, 'and the third');
    const versions = await drive.versions(first.id);
    assert.deepEqual(
      versions.map(({ size, current }) => [size, current]),
      [
        [13, true],
        [6, false],
        [18, false],
      ],
    );
    const [present, , oldest] = versions as [FileVersion, FileVersion, FileVersion];
    const bytes = async (version: FileVersion, start: number, end: number): Promise<string> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of drive.readVersion(version, { start, end })) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    };
    assert.equal(await bytes(oldest, 0, 18), 'the first of three');
    assert.equal(await bytes(oldest, 4, 9), 'first');
    assert.equal(await bytes(oldest, 5, 5), '');
    assert.equal(await bytes(present, 0, 13), 'and the third');
    await fails(bytes({ ...oldest, id: '77.0' }, 0, 1), 'missing');
    await drive.restoreVersion(oldest);
    const now = await drive.get(first.id);
    assert.equal(await textOf(drive, now), 'the first of three');
    assert.notEqual(now.version, first.version);
    assert.equal((await drive.versions(first.id)).length, 4);
  },
  'who may do what is told, links among them': async ({ drive, folder }) => {
    const { id } = await put(drive, folder, 'shared.txt', 'text');
    if (!drive.features.permissions) {
      await fails(drive.permissions(id), 'unsupported');
      return;
    }
    const link = await drive.link(id, 'view');
    const permissions = await drive.permissions(id);
    assert.ok(
      permissions.some(({ roles, who, inherited }) => roles.includes('owner') && who !== undefined && !inherited),
    );
    const shared = permissions.find((permission) => permission.link === link);
    assert.deepEqual([shared?.roles, shared?.scope], [['read'], 'anonymous']);
    await drive.unlink(id, 'view');
    assert.equal((await drive.permissions(id)).length, permissions.length - 1);
  },
  'a text has no small picture': async ({ drive, folder }) => {
    const { id } = await put(drive, folder, 'text.bin', 'no picture');
    await fails(drive.thumbnail(id, 'small'), 'missing');
  },
};
