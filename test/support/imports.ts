// Reads the imports of a source text without a compiler: static, re-exported, type-only, dynamic and require. Comments are
// taken out first, so that prose about imports is no import. Owned by architecture.test.ts.

/** What a module names; undefined for `import(expression)`, which nobody can check. */
export type Specifier = string | undefined;

const commentsAndStrings = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

const withoutComments = (source: string): string =>
  source.replace(commentsAndStrings, (token) => (token.startsWith('/*') || token.startsWith('//') ? ' ' : token));

const forms: readonly RegExp[] = [
  /(?:^|[;}\n])\s*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(?<name>[^'"\n]+)\1/g,
  /(?:^|[;}\n])\s*import\s*(['"])(?<name>[^'"\n]+)\1/g,
  /\b(?:import|require|require\.resolve|import\.meta\.resolve)\s*\(\s*(?:(['"`])(?<name>[^'"`\n$]+)\1\s*[,)])?/g,
];

/** Every module that `source` names, in the order of the forms above; doubles stay. */
export const specifiersOf = (source: string): Specifier[] => {
  const code = withoutComments(source);
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match.groups?.['name']));
};
