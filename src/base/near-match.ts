// "Did you mean …?": the known word that a mistyped one is closest to.

/** Letters to insert, remove or replace, and neighbours to swap, before `a` reads `b`. */
const distance = (a: string, b: string): number => {
  const table = Array.from({ length: a.length + 1 }, (_, row) => [row]);
  const at = (row: number, column: number): number => table[row]?.[column] ?? row + column;
  for (let column = 1; column <= b.length; column += 1) {
    table[0]?.push(column);
    for (let row = 1; row <= a.length; row += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const replaced = at(row - 1, column - 1) + (same ? 0 : 1);
      const exchanged = swapped ? at(row - 2, column - 2) + 1 : replaced;
      table[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, exchanged));
    }
  }
  return at(a.length, b.length);
};

/** Undefined if no word is near: more than a third of the letters, or more than three, would have to change. */
export const nearMatch = (word: string, known: readonly string[]): string | undefined => {
  const wanted = word.toLowerCase().replaceAll('-', '_');
  const ranked = known.map((name) => ({ name, steps: distance(wanted, name) })).sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best !== undefined && best.steps <= Math.min(3, Math.ceil(best.name.length / 3)) ? best.name : undefined;
};
