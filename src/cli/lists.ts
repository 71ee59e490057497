// Lists for people: names in columns as wide as the terminal, and rows of aligned cells.

const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));

const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, [...text].length), 0);

/** Down the columns, as ls prints them. */
export const inColumns = (names: readonly string[], width: number): string => {
  const cell = widest(names) + 2;
  const columns = Math.max(1, Math.floor((width + 2) / cell));
  const rows = Math.ceil(names.length / columns);
  const lines = Array.from({ length: rows }, (_, row) =>
    names
      .filter((_name, index) => index % rows === row)
      .map((name) => padTo(name, cell))
      .join('')
      .trimEnd(),
  );
  return lines.join('\n');
};

/** `name: value` lines with the values below each other. Rows without a value are left out. */
export const inRows = (rows: readonly (readonly [string, string | undefined])[], indent = ''): string => {
  const shown = rows.filter(([, value]) => value !== undefined);
  const width = widest(shown.map(([name]) => name)) + 2;
  return shown.map(([name, value]) => `${indent}${padTo(`${name}:`, width)}${value}`).join('\n');
};
