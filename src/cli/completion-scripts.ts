// What shells need to complete command lines of this program: written from the definitions of its commands, so that no list of words has
// to be kept beside them.
import type { Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** Arguments that are of this computer; all others are places on the drive. */
const localArguments: Readonly<Record<string, 'files' | 'folders'>> = {
  ...{ mount: 'folders', unmount: 'folders', status: 'folders', sync: 'files', demo: 'folders' },
  ...{ put: 'files', get: 'files' },
};

const optionsOf = (command: Command): readonly Option[] => command.createHelp().visibleOptions(command);

const commandsOf = (program: Command): readonly Command[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');

const flagsOf = ({ short, long }: Option): readonly string[] => [short, long].filter((flag) => flag !== undefined);

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Values that are paths of this computer, by what the help calls them. */
const isPath = (option: Option): boolean => takesValue(option) && /<(FILE|DIR|FILES)>/.test(option.flags);

/** Words that an argument can be. */
const choicesOf = (command: Command): readonly string[] =>
  command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

// ---- bash ----

const bashValues = (options: readonly Option[]): readonly string[] =>
  options.filter(takesValue).map((option) => {
    const words = option.argChoices?.join(' ');
    const reply =
      words === undefined ? (isPath(option) ? 'compgen -f -- "$cur"' : ':') : `compgen -W ${quoted(words)} -- "$cur"`;
    return `    ${flagsOf(option).join('|')}) mapfile -t COMPREPLY < <(${reply}); return ;;`;
  });

const bashCommand = (command: Command, names: readonly string[]): readonly string[] => {
  const flags = [...choicesOf(command), ...optionsOf(command).flatMap(flagsOf)];
  const kind = localArguments[command.name()];
  const values = bashValues(optionsOf(command));
  return [
    `  ${names.join('|')})`,
    ...(values.length === 0 ? [] : ['    case $prev in', ...values.map((line) => `  ${line}`), '    esac']),
    `    flags=${quoted(flags.join(' '))}`,
    ...(kind === undefined ? [] : [`    paths=${kind === 'files' ? '-f' : '-d'}`]),
    '    ;;',
  ];
};

const bashWord = (index: string): string => `\${COMP_WORDS[${index}]}`;

const bashScript = (program: Command): string => {
  const commands = commandsOf(program);
  const globals = optionsOf(program);
  const withValues = globals.filter(takesValue).flatMap(flagsOf).join('|');
  return [
    '# bash completion for skydrive: source <(skydrive completion bash)',
    '_skydrive() {',
    `  local cur=${bashWord('COMP_CWORD')} prev=${bashWord('COMP_CWORD-1')} command= flags= paths= i`,
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    case ${bashWord('i')} in`,
    `    ${withValues}) ((i++)) ;;`,
    '    -*) ;;',
    `    *) command=${bashWord('i')}; break ;;`,
    '    esac',
    '  done',
    '  case $prev in',
    ...bashValues(globals),
    '  esac',
    '  case $command in',
    "  '')",
    `    flags=${quoted([...globals.flatMap(flagsOf), ...commands.map((command) => command.name())].join(' '))}`,
    '    ;;',
    ...commands.flatMap((command) => bashCommand(command, [command.name(), ...command.aliases()])),
    '  esac',
    '  [[ -n $paths && $cur != -* ]] && compopt -o filenames 2>/dev/null',
    '  [[ -n $paths && $cur != -* ]] && mapfile -t COMPREPLY < <(compgen "$paths" -- "$cur")',
    '  [[ -z $paths || $cur == -* ]] && mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")',
    '  return 0',
    '}',
    'complete -F _skydrive skydrive',
  ].join('\n');
};

// ---- zsh ----

/** Brackets and colons mean something in a specification. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

const zshOption = (option: Option): string => {
  const flags = flagsOf(option);
  const others = flags.length > 1 ? `(${flags.join(' ')})` : '';
  const value =
    option.argChoices === undefined ? (isPath(option) ? '_files' : ' ') : `(${option.argChoices.join(' ')})`;
  const argument = takesValue(option) ? `:value:${value}` : '';
  const tail = quoted(`[${zshText(option.description)}]${argument}`);
  return `${quoted(others)}${flags.length > 1 ? `{${flags.join(',')}}` : flags[0]}${tail}`;
};

const zshCommand = (command: Command): readonly string[] => {
  const kind = localArguments[command.name()];
  const rest = kind === undefined ? [] : [quoted(`*:path:_files${kind === 'folders' ? ' -/' : ''}`)];
  const choices = choicesOf(command);
  const words = choices.length === 0 ? [] : [quoted(`*:word:(${choices.join(' ')})`)];
  const specifications = [...optionsOf(command).map(zshOption), ...rest, ...words];
  return [
    `    ${[command.name(), ...command.aliases()].join('|')})`,
    `      _arguments ${specifications.join(' \\\n        ')}`,
    '      ;;',
  ];
};

const zshScript = (program: Command): string => {
  const commands = commandsOf(program);
  return [
    '#compdef skydrive',
    '# zsh completion for skydrive: source <(skydrive completion zsh), or a file _skydrive in a folder of $fpath',
    '_skydrive() {',
    '  local context state state_descr line',
    '  typeset -A opt_args',
    '  local -a commands',
    '  commands=(',
    ...commands.map((command) => `    ${quoted(`${command.name()}:${zshText(command.description())}`)}`),
    '  )',
    `  _arguments -C ${optionsOf(program).map(zshOption).join(' \\\n    ')} \\`,
    "    '1:command:->command' '*::argument:->argument'",
    '  case $state in',
    '  command) _describe -t commands command commands ;;',
    '  argument)',
    '    case $words[1] in',
    ...commands.flatMap(zshCommand),
    '    esac',
    '    ;;',
    '  esac',
    '}',
    'if [[ $funcstack[1] == _skydrive ]]; then _skydrive "$@"; else compdef _skydrive skydrive; fi',
  ].join('\n');
};

// ---- fish ----

const fishOption = (option: Option, condition: string): string => {
  const words = [
    ...(option.short === undefined ? [] : ['-s', option.short.slice(1)]),
    ...(option.long === undefined ? [] : ['-l', option.long.slice(2)]),
    ...(takesValue(option) ? [isPath(option) ? '-rF' : '-x'] : []),
    ...(option.argChoices === undefined ? [] : ['-a', quoted(option.argChoices.join(' '))]),
  ];
  return `complete -c skydrive ${condition}${words.join(' ')} -d ${quoted(option.description)}`;
};

const fishCommand = (command: Command): readonly string[] => {
  const kind = localArguments[command.name()];
  const condition = `-n '__fish_seen_subcommand_from ${[command.name(), ...command.aliases()].join(' ')}' `;
  const choices = choicesOf(command);
  const paths = kind === 'files' ? '-F' : "-a '(__fish_complete_directories)'";
  return [
    `complete -c skydrive -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.description())}`,
    ...optionsOf(command).map((option) => fishOption(option, condition)),
    ...(choices.length === 0 ? [] : [`complete -c skydrive ${condition}-a ${quoted(choices.join(' '))}`]),
    ...(kind === undefined ? [] : [`complete -c skydrive ${condition}${paths}`]),
  ];
};

const fishScript = (program: Command): string =>
  [
    '# fish completion for skydrive: skydrive completion fish | source',
    'complete -c skydrive -f',
    ...optionsOf(program).map((option) => fishOption(option, '')),
    ...commandsOf(program).flatMap(fishCommand),
  ].join('\n');

const scripts: Readonly<Record<Shell, (program: Command) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const shells = Object.keys(scripts) as readonly Shell[];

/** For `source`. */
export const completionScript = (program: Command, shell: Shell): string => scripts[shell](program);
