// Names under which programs put the old state of a file aside before they write the new one under its own name. The drive's item
// stays with the name of the file, and the backup becomes a new item.

const suffixes: readonly string[] = [
  // vim, Emacs, nano, joe, and the GNU tools with --backup.
  '~',
  // Many programs of Windows, and sed -i.bak.
  ...['.bak', '.old', '.orig', '.backup', '.save'],
];
/** GNU's numbered backups: name.~1~. */
const numbered = /^\.~\d+~$/;

const isSuffix = (rest: string): boolean => suffixes.includes(rest.toLowerCase()) || numbered.test(rest);

/** Whether `name` is what a backup of the file `of` in the same folder is called. */
export const isBackupName = (name: string, of: string): boolean => {
  if (name.startsWith(of)) return isSuffix(name.slice(of.length));
  // Hidden, as some editors like it: .name.bak, .name~; or without the former ending: name.bak for name.txt.
  if (name.startsWith(`.${of}`)) return isSuffix(name.slice(of.length + 1));
  const stem = of.replace(/\.[^.]+$/, '');
  return stem !== of && stem !== '' && name.startsWith(stem) && isSuffix(name.slice(stem.length));
};
