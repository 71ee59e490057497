// Names that programs give to files which are gone, or have another name, a moment later. A new file of such a name waits longer
// before it is sent: usually it never has to be.

const patterns: readonly RegExp[] = [
  // GLib, and with it the programs of GNOME, saves under this name and renames.
  /^\.goutputstream-/,
  // LibreOffice: who has the document open.
  /^\.~lock\..*#$/,
  // Microsoft Office: the same, and what is being saved.
  /^~\$/,
  // vim: the swap file, and the file by which it tries whether the folder can be written to.
  /\.sw[a-p]x?$/,
  /^4913$/,
  // Emacs: who edits the file (a symlink), and what was not saved yet.
  /^\.#/,
  /^#.*#$/,
  // rsync, and the mktemp of shells and libraries: six or more random characters behind the last dot.
  /^\..+\.[A-Za-z0-9]{6}$/,
  /^tmp\.?[A-Za-z0-9_]{6,}$/,
  // KDE, Qt (QSaveFile) and KeePassXC: name.XXXXXX.
  /.\.[A-Za-z]{6}$/,
  // zip: six random characters, hardly ever small letters alone, as words have them.
  /^zi(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6}$/,
  // git: index.lock and its like.
  /\.lock$/,
  // Many others; browsers while they download.
  /\.te?mp$/i,
  /\.(part|partial|crdownload|download)$/i,
];

export const isTemporaryName = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
