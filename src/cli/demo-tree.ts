// What the demo's drive holds at first: a few files of the kinds that people have, small enough to read at a glance.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const welcome = `Welcome to your demo drive.

Everything in this folder is on a drive whose server runs on this machine.
Work in it with the tools you know: what you save is on this disk at once, and
on the drive a moment later.
`;

const haiku = `The folder is full,
the cable is on the floor.
Still, the files open.
`;

const budget = `month,rent,food,books
January,820,310,45
February,820,295,12
March,820,330,60
`;

const todo = `# To do

- [x] mount the drive
- [ ] write a file
- [ ] look at \`skydrive status\` while it is sent
- [ ] setfattr -n user.skydrive.description -v 'Read me first' Welcome.txt
`;

/** A picture without dependencies: 8-bit grey, 24 bits per pixel, rows from the bottom (BMP). */
const gradient = (width: number, height: number): Uint8Array => {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + rowBytes * height);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      bytes.set([255 - (y * 90) / height, 120 + (x * 100) / width, 60 + (y * 160) / height], 54 + y * rowBytes + x * 3);
  return bytes;
};

const files = (): Readonly<Record<string, string | Uint8Array>> => ({
  'Welcome.txt': welcome,
  'Documents/To do.md': todo,
  'Documents/Budget.csv': budget,
  'Documents/Poems/Haiku.txt': haiku,
  'Documents/Poems/Übersetzung.txt': 'Der Ordner ist voll,\ndas Kabel liegt am Boden.\nDie Dateien gehen auf.\n',
  'Pictures/Evening.bmp': gradient(320, 200),
  'Music/Playlist.m3u': '#EXTM3U\n#EXTINF:0,Nothing yet\n',
});

export const writeDemoTree = (folder: string): void => {
  for (const [path, content] of Object.entries(files())) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
};
