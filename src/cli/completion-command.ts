// `skydrive completion SHELL`: prints what makes a shell complete the words of this program.
import { Argument, type Command } from 'commander';
import { completionScript, type Shell, shells } from './completion-scripts.ts';

export const addCompletionCommand = (program: Command): void => {
  program
    .command('completion')
    .addArgument(new Argument('<SHELL>', 'yours').choices(shells))
    .description('print what makes a shell complete commands and options')
    .addHelpText(
      'after',
      '\nExample:\n  skydrive completion bash > ~/.local/share/bash-completion/completions/skydrive',
    )
    .action((shell: Shell) => {
      process.stdout.write(`${completionScript(program, shell)}\n`);
    });
};
