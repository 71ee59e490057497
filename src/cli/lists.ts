// Lists for people: tables and rows of aligned cells, whatever the script that names are written in.

/** Signs that take no column of a terminal, and those that take two. */
const narrow = /[\p{Mn}\p{Me}\p{Cf}]/u;
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

const widthOf = (text: string): number =>
  [...text].reduce((sum, sign) => sum + (narrow.test(sign) ? 0 : wide.test(sign) ? 2 : 1), 0);

const lack = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text)));

const padTo = (text: string, width: number): string => text + lack(text, width);

const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);

/** Rows of cells below each other; `right`: for each column, whether its numbers end below each other. */
export const table = (rows: readonly (readonly string[])[], right: readonly boolean[] = []): string => {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) => widest(rows.map((row) => row[column] ?? '')));
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return right[column] === true ? lack(text, width) + text : padTo(text, width);
  };
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
};

const two = (value: number): string => String(value).padStart(2, '0');

/** `2013-03-03 14:11`, by the clock on the wall. */
export const localTime = (ms: number): string => {
  const time = new Date(ms);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
};

/** `name: value` lines with the values below each other. Rows without a value are left out. */
export const inRows = (rows: readonly (readonly [string, string | undefined])[], indent = ''): string => {
  const shown = rows.filter(([, value]) => value !== undefined);
  const width = widest(shown.map(([name]) => name)) + 2;
  return shown.map(([name, value]) => `${indent}${padTo(`${name}:`, width)}${value}`).join('\n');
};
