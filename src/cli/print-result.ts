// How commands print what they found: JSON with --json, a table where a person looks, else YAML as the ancestor did. `-k` picks what
// is printed of objects, and is for scripts.
import type { CommandContext } from './command-context.ts';
import type { ObjectTemplate } from './object-template.ts';
import { toYaml } from './yaml-lines.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects become texts, or are left out; all else stays. */
const picked = (value: unknown, template: ObjectTemplate): unknown => {
  if (Array.isArray(value)) return value.flatMap((one) => (isObject(one) ? (template(one) ?? []) : [one]));
  return isObject(value) ? template(value) : value;
};

/** As they are: who wrote the template knows what is in them. */
const pickedText = (value: unknown): string =>
  Array.isArray(value) ? value.map((one) => `- ${String(one)}`).join('\n') : String(value ?? '');

/** `table`: for people; undefined where YAML is good enough for them. */
export const printResult = (
  { terminal, template }: CommandContext,
  value: unknown,
  table?: (width: number) => string,
): undefined => {
  if (template !== undefined) {
    const found = picked(value, template);
    terminal.result(found ?? null, pickedText(found));
    return;
  }
  const width = terminal.columns;
  terminal.result(value, table !== undefined && width !== undefined ? table(width) : toYaml(value));
};
