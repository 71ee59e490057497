// Completion in the shells themselves: what they offer for a command line that is not finished.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { completionScript, shells } from '../../src/cli/completion-scripts.ts';
import { makeProgram } from '../../src/cli/program.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { missingTools } from '../support/tools.ts';

type Complete = (line: string) => Promise<readonly string[]>;

const run = promisify(execFile);

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Calls the function as bash would at the tab key. */
const inBash =
  (folder: string, script: string): Complete =>
  async (line) => {
    const call = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skydrive; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return words((await run('bash', ['-c', call, script, ...line.split(' ')], { cwd: folder })).stdout);
  };

const inFish =
  (folder: string, script: string): Complete =>
  async (line) => {
    const call = `source ${script}; complete -C '${line}'`;
    const { stdout } = await run('fish', ['-c', call], { cwd: folder, env: { ...process.env, HOME: folder } });
    return stdout.split('\n').map((row) => row.split('\t')[0] ?? '');
  };

/** An interactive zsh at a terminal of its own: tab lists what there is, and the list is cut out of what it draws. */
const inZsh =
  (folder: string, script: string): Complete =>
  async (line) => {
    const driver = `
      zmodload zsh/zpty
      zpty -b z zsh -f -i
      zpty -w z 'PS1=; stty cols 300; autoload -Uz compinit; compinit -D -u; source ${script}; cd ${folder}; bindkey "^I" list-choices; echo is-r''eady'
      out=; until [[ $out == *is-ready* ]]; do zpty -r z more; out+=$more; done
      zpty -w -n z $'${line}\\t'
      sleep 2
      while zpty -r -t z more; do print -rn -- $more; done
      zpty -d z`;
    const { stdout } = await run('zsh', ['-fc', driver], { cwd: folder, timeout: 60_000 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told beside the text
    return words(stdout.replace(/\u001b\[[\d;?]*[a-zA-Z]/g, ' '));
  };

const shellsUnderTest = { bash: inBash, fish: inFish, zsh: inZsh } as const;

const makeScript = async (folder: TempDir, shell: keyof typeof shellsUnderTest): Promise<string> => {
  const path = join(folder.path, 'completion');
  await writeFile(path, `${completionScript(makeProgram(), shell)}\n`);
  await mkdir(join(folder.path, 'subfolder'));
  await writeFile(join(folder.path, 'afile.txt'), '');
  return path;
};

describe('completion', () => {
  it('knows every shell that the command names', () => {
    assert.deepEqual([...shells].sort(), Object.keys(shellsUnderTest).sort());
  });

  for (const [shell, makeComplete] of Object.entries(shellsUnderTest))
    it(`in ${shell}`, { skip: missingTools(shell) ?? false }, async () => {
      await using folder = await tempDir();
      const script = await makeScript(folder, shell as keyof typeof shellsUnderTest);
      const complete = makeComplete(folder.path, script);
      const offers = async (line: string, some: readonly string[], none: readonly string[]): Promise<void> => {
        const found = await complete(line);
        for (const word of some) assert.ok(found.includes(word), `${line}: ${word} is not in ${found.join(' ')}`);
        for (const word of none) assert.ok(!found.includes(word), `${line}: ${word} is in ${found.join(' ')}`);
      };
      await offers('skydrive com', ['comments', 'comment_add', 'comment_delete', 'completion'], ['serve', 'cp']);
      await offers('skydrive --json link --type ', ['embed', 'view', 'shared_read_link'], ['mount']);
      await offers('skydrive completion ', ['bash', 'zsh', 'fish'], ['mount']);
      await offers('skydrive get --', ['--recursive', '--continue', '--byte-range'], ['--bits']);
      await offers('skydrive put a', ['afile.txt'], ['auth']);
      await offers('skydrive ls a', [], ['afile.txt']);
    });
});
