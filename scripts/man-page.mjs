// Writes the man page from the definitions of the commands, after a build: `node scripts/man-page.mjs FILE`. Part of `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exitCodeMeanings } from '../dist/src/cli/exit-codes.js';
import { makeProgram } from '../dist/src/cli/program.js';

/** Backslashes, dashes and dots at the beginning mean something to roff. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^([.'])/gm, '\\&$1')
    .replace(/[^\0-\x7f]/gu, (sign) => `\\[u${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);

const bold = (text) => `\\fB${roff(text)}\\fR`;

const sentence = (text) => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

const optionLines = (option) => {
  const [, flags, value = ''] = /^(.*?)(\s*[<[].*)?$/.exec(option.flags);
  const names = flags.split(', ').map(bold).join(', ');
  const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.join(', ')}.`;
  const usual =
    option.defaultValue === undefined || option.defaultValue === true ? '' : ` Default: ${option.defaultValue}.`;
  return [
    '.TP',
    `${names}${value === '' ? '' : ` \\fI${roff(value.trim().replace(/^[<[]|[>\]]$/g, ''))}\\fR`}`,
    roff(sentence(option.description) + choices + usual),
  ];
};

/** What `addHelpText` shows below the options. */
const helpAfter = (command) => {
  let text = '';
  command.emit('afterHelp', {
    error: false,
    command,
    write: (piece) => {
      text += piece;
    },
  });
  return text.trim();
};

const exampleLines = (command) => {
  const [before, example] = helpAfter(command).split(/^Examples?:$/m);
  const notes = before.trim() === '' ? [] : ['.PP', roff(before.trim())];
  if (example === undefined) return notes;
  return [...notes, '.PP', '.EX', roff(example.replace(/^\n|\n$/g, '')), '.EE'];
};

const commandLines = (command, help) => {
  const usage = help
    .commandUsage(command)
    .replace(/^skydrive /, '')
    .replace(/ ?\[options\]/, '');
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const described = command.registeredArguments.filter(({ description }) => description !== '');
  return [
    `.SS ${roff(usage)}`,
    roff(sentence(command.description())),
    ...described.flatMap((argument) => [
      '.TP',
      `\\fI${roff(argument.name())}\\fR`,
      roff(sentence(argument.description)),
    ]),
    ...options.flatMap(optionLines),
    ...exampleLines(command),
  ];
};

const page = () => {
  const program = makeProgram();
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  return [
    '.\\" Written by scripts/man-page.mjs from the definitions of the commands: do not change it here.',
    `.TH SKYDRIVE 1 "" "skydrive-fs ${program.version()}" "User Commands"`,
    '.SH NAME',
    'skydrive \\- mount a SkyDrive or OneDrive as a folder, and work with it from the command line',
    '.SH SYNOPSIS',
    `${bold('skydrive')} [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]`,
    '.SH DESCRIPTION',
    roff(program.description()),
    'Results are on standard output, as YAML where another program reads it, and as JSON with',
    `${bold('--json')}; an error is one sentence on standard error.`,
    '.PP',
    'Files and folders on the drive are named by their path from its root, or by the id that the service gives them.',
    `${roff('me/skydrive')} is the root too, and ${roff('me/skydrive/my_documents, my_photos, public_documents and camera_roll')} are the folders that the service knows by these names.`,
    '.SH OPTIONS',
    ...help.visibleOptions(program).flatMap(optionLines),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandLines(command, help)),
    '.SH EXIT STATUS',
    ...exitCodeMeanings.flatMap(([code, meaning]) => ['.TP', bold(String(code)), roff(sentence(meaning))]),
    '.SH FILES',
    '.TP',
    roff('~/.lcrc'),
    'The sign\\-in and the settings; the file of python\\-skydrive and python\\-onedrive.',
    '.TP',
    roff('~/.cache/skydrive'),
    'What is kept of the drive on this computer, and what is not sent yet.',
    '.SH SEE ALSO',
    `${bold('mount')}(8), ${bold('fuse')}(8), ${bold('fusermount3')}(1)`,
    '',
  ].join('\n');
};

const [path = 'dist/man/skydrive.1'] = process.argv.slice(2);
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, page());
