// What --json tells of an item, the same for every command and dialect.
import type { Item } from '../drive/drive.ts';

export const itemJson = ({ id, name, kind, size, created, modified }: Item): Readonly<Record<string, unknown>> => ({
  ...{ name, kind, size, id },
  created: new Date(created).toISOString(),
  modified: new Date(modified).toISOString(),
});
