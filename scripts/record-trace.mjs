// Records what programs do to a document when they save it, as the traces in test/traces: each program runs under strace in a
// folder of a mount (of the file system in memory, which refuses what a drive refuses: hard links, nameless files), saves once,
// and what it does at the second save is written down with names relative to the folder. Programs that are not installed are
// left out. Needs a build: `node scripts/record-trace.mjs [NAME…]`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { drivers, mounted } from '../dist/test/support/mounted.js';

const python = '/usr/bin/python3';
const before = 'the text of the document\n';
const after = 'the text of the document, edited\n';
const inPython = (lines) => [python, '-c', lines.join('\n')];
const versionOf = (...words) => execFileSync(words[0], words.slice(1), { encoding: 'utf8' }).trim().split('\n')[0];
const debian = (name) =>
  `${name} ${execFileSync('dpkg-query', ['-W', '-f', '$'.concat('{Version}'), name], { encoding: 'utf8' })}`;

const vim = (options, title) => ({
  title: `vim with ${title}`,
  version: () => versionOf('vim', '--version'),
  command: ['vim', '-Nu', 'NONE', '-es', '-c', `set ${options}`, '-c', '%s/$/, edited/', '-c', 'wq', 'doc.txt'],
});
const emacs = (lisp) => [
  'emacs',
  ...['-Q', '--batch', '--eval', '(setq create-lockfiles t make-backup-files t)'],
  ...['--eval', `(progn (find-file "doc.txt") ${lisp} (goto-char (1- (point-max))) (insert ", edited") (save-buffer))`],
];
const nano = (...options) => ({
  version: () => versionOf('nano', '--version'),
  // A terminal, a key for the end of the line, the text, and the keys that save and leave.
  command: inPython([
    'import os, pty, time',
    'pid, terminal = pty.fork()',
    `if pid == 0: os.execvp("nano", ["nano", "-I", *${JSON.stringify(options)}, "doc.txt"])`,
    'for keys in [b"\\x05", b", edited", b"\\x13", b"\\x18"]:',
    '    time.sleep(0.7)',
    '    os.read(terminal, 65536)',
    '    os.write(terminal, keys)',
    'os.waitpid(pid, 0)',
  ]),
});

const programs = {
  'vim-backupcopy-no': vim('swapfile nobackup writebackup backupcopy=no', 'backupcopy=no'),
  'vim-backupcopy-yes': vim('swapfile nobackup writebackup backupcopy=yes', 'backupcopy=yes'),
  'vim-backupcopy-auto': vim('swapfile nobackup writebackup backupcopy=auto', 'backupcopy=auto'),
  'vim-backup-no': vim('swapfile backup backupcopy=no', 'set backup, backupcopy=no'),
  'vim-backup-yes': vim('swapfile backup backupcopy=yes', 'set backup, backupcopy=yes'),
  emacs: {
    title: 'emacs with its backup and lock file',
    version: () => versionOf('emacs', '--version'),
    command: emacs(''),
  },
  'emacs-copying': {
    title: 'emacs with backup-by-copying',
    version: () => versionOf('emacs', '--version'),
    command: emacs('(setq backup-by-copying t)'),
  },
  'emacs-precious': {
    title: 'emacs with file-precious-flag: a temporary file that is renamed',
    version: () => versionOf('emacs', '--version'),
    command: emacs('(setq file-precious-flag t make-backup-files nil)'),
  },
  nano: { title: 'nano', ...nano() },
  'nano-backup': { title: 'nano with a backup and a lock file', ...nano('-B', '-G') },
  'gio-replace': {
    title: 'GLib, g_file_replace_contents without a backup: gedit and other programs of GNOME',
    version: () => debian('libglib2.0-0'),
    command: inPython([
      'from gi.repository import Gio',
      `Gio.File.new_for_path("doc.txt").replace_contents(${JSON.stringify(after)}.encode(), None, False, 0, None)`,
    ]),
  },
  'gio-replace-backup': {
    title: 'GLib, g_file_replace_contents with a backup',
    version: () => debian('libglib2.0-0'),
    command: inPython([
      'from gi.repository import Gio',
      `Gio.File.new_for_path("doc.txt").replace_contents(${JSON.stringify(after)}.encode(), None, True, 0, None)`,
    ]),
  },
  libreoffice: {
    title: 'LibreOffice: a lock file, and a temporary file that is renamed while the document stays open',
    version: () => debian('libreoffice-core-nogui'),
    // Its own Python speaks to it through a socket, as its users' scripts do.
    command: inPython([
      'import os, subprocess, time, uno',
      'from com.sun.star.beans import PropertyValue',
      'connection = "socket,host=127.0.0.1,port=29021;urp"',
      'office = subprocess.Popen(["soffice", "--headless", "--norestore", f"--accept={connection};"])',
      'here = uno.getComponentContext()',
      'resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)',
      'for attempt in range(200):',
      '    try:',
      '        there = resolver.resolve(f"uno:{connection};StarOffice.ComponentContext")',
      '        break',
      '    except Exception:',
      '        time.sleep(0.2)',
      'desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)',
      'plain = PropertyValue("FilterName", 0, "Text (encoded)", 0)',
      'encoding = PropertyValue("FilterOptions", 0, "ISO_8859_1,LF,,,", 0)',
      'document = desktop.loadComponentFromURL("file://" + os.path.realpath("doc.txt"), "_blank", 0, (plain, encoding))',
      `document.Text.String = ${JSON.stringify(after.trim())}`,
      'document.store()',
      'document.close(True)',
      'try: desktop.terminate()',
      'except Exception: pass',
      'office.wait(30)',
    ]),
  },
  kate: {
    title: 'Kate: a swap file, and a write in place (KWrite, which is the same editor)',
    version: () => debian('kwrite'),
    // A screen that nobody sees, and a person who types.
    command: inPython([
      'import os, subprocess, time',
      'os.environ.update(DISPLAY=":97", QT_QPA_PLATFORM="xcb")',
      'screen = subprocess.Popen(["Xvfb", ":97"], stderr=subprocess.DEVNULL)',
      'time.sleep(1)',
      'editor = subprocess.Popen(["kwrite", "doc.txt"], stderr=subprocess.DEVNULL)',
      'time.sleep(10)',
      'for words in [["key", "End"], ["type", ", edited"], ["key", "ctrl+s"], ["key", "ctrl+q"]]:',
      '    subprocess.run(["xdotool", *words], check=True)',
      '    time.sleep(3)',
      'editor.wait(10)',
      'screen.terminate()',
    ]),
  },
  qsavefile: {
    title: 'Qt, QSaveFile: KeePassXC and other programs of KDE',
    version: () => debian('libqt5core5a'),
    command: inPython([
      'from PySide2.QtCore import QSaveFile, QIODevice',
      'file = QSaveFile("doc.txt")',
      'assert file.open(QIODevice.WriteOnly)',
      `file.write(${JSON.stringify(after)}.encode())`,
      'assert file.commit()',
    ]),
  },
  rsync: {
    title: 'rsync from another folder',
    version: () => versionOf('rsync', '--version'),
    command: ['rsync', '-a', '../source/doc.txt', 'doc.txt'],
  },
  'rsync-inplace': {
    title: 'rsync --inplace',
    version: () => versionOf('rsync', '--version'),
    command: ['rsync', '-a', '--inplace', '../source/doc.txt', 'doc.txt'],
  },
  'sed-i': {
    title: 'sed -i',
    version: () => versionOf('sed', '--version'),
    command: ['sed', '-i', 's/$/, edited/', 'doc.txt'],
  },
  'os-replace': {
    title: 'Python: a temporary file, fsync, os.replace',
    version: () => versionOf(python, '--version'),
    command: inPython([
      'import os, tempfile',
      'fd, name = tempfile.mkstemp(dir=".")',
      `os.write(fd, ${JSON.stringify(after)}.encode())`,
      'os.fsync(fd)',
      'os.close(fd)',
      'os.replace(name, "doc.txt")',
    ]),
  },
  'git-checkout': {
    title: 'git checkout of another version of the document',
    version: () => versionOf('git', '--version'),
    setUp: [
      'git init -q -b main . && git config user.name A && git config user.email a@b.c',
      'git config gc.auto 0 && git config core.fsync none && git add doc.txt && git commit -qm one',
      'git checkout -qb other && cp ../source/doc.txt doc.txt && git commit -qam two && git checkout -q main',
    ],
    command: ['git', 'checkout', '-q', 'other', '--', 'doc.txt'],
    // The second one would have nothing to do.
    isOnce: true,
    beside: ['.git/', '.git/index'],
  },
};

const octal = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f', '"': '"', '\\': '\\' };
const unquote = (text) =>
  Buffer.from(
    text.replace(/\\([0-7]{1,3}|.)/g, (_, code) => octal[code] ?? String.fromCharCode(Number.parseInt(code, 8))),
    'latin1',
  );

/** `name(a, b, …) = result` of strace's output, arguments split at the commas outside quotes and brackets. */
const parseCall = (line) => {
  const found = /^(\d+)\s+(\w+)\((.*)\)\s+= (\S+)/.exec(line);
  if (found === null) return undefined;
  const args = found[3].match(/(?:"(?:\\.|[^"\\])*"(?:\.\.\.)?|\[[^\]]*\]|\{[^}]*\}|<[^>]*>|[^,])+/g) ?? [];
  return { pid: found[1], name: found[2], args: args.map((arg) => arg.trim()), result: found[4] };
};

/** Calls that were interrupted by another process's are joined again. */
const joined = (text) => {
  const open = new Map();
  return text.split('\n').flatMap((line) => {
    const begun = /^(\d+)\s+(.*) <unfinished \.\.\.>$/.exec(line);
    if (begun !== null) {
      open.set(begun[1], begun[2]);
      return [];
    }
    const ended = /^(\d+)\s+<\.\.\. \w+ resumed>\s?(.*)$/.exec(line);
    return ended === null ? [line] : [`${ended[1]} ${open.get(ended[1]) ?? ''}${ended[2]}`];
  });
};

class Distiller {
  lines = [];
  #folder;
  #files = new Map();
  #positions = new Map();
  #opened = 0;

  constructor(folder) {
    this.#folder = folder;
  }

  /** Undefined for what is outside the folder. */
  #path(text) {
    const path = resolve(this.#folder, unquote(text.replace(/^"|"$/g, '')).toString());
    return path.startsWith(`${this.#folder}/`) ? path.slice(this.#folder.length + 1) : undefined;
  }

  #at(args) {
    // With a folder's descriptor: strace -y shows its path.
    const folder = /<(.*)>/.exec(args[0])?.[1] ?? this.#folder;
    const name = unquote(args[1].replace(/^"|"$/g, '')).toString();
    return this.#path(JSON.stringify(resolve(folder, name)));
  }

  #key({ pid, args }) {
    return `${pid} ${/^\d+/.exec(args[0])?.[0]}`;
  }

  #say(...words) {
    this.lines.push(words.join(' '));
  }

  #open(call, path, flags, mode) {
    const fd = /^\d+/.exec(call.result)[0];
    const changes = flags.split('|').filter((flag) => /^O_(WRONLY|RDWR|CREAT|EXCL|TRUNC|APPEND)$/.test(flag));
    if (path === undefined || changes.length === 0 || flags.includes('O_DIRECTORY')) {
      this.#files.delete(`${call.pid} ${fd}`);
      return;
    }
    this.#opened += 1;
    const name = `f${this.#opened}`;
    this.#files.set(`${call.pid} ${fd}`, name);
    this.#positions.set(name, 0);
    this.#say('open', name, quoted(path), changes.join('|'), ...(mode === undefined ? [] : [mode]));
  }

  #write(call, bytes, offset) {
    const file = this.#files.get(this.#key(call));
    if (file === undefined) return;
    const done = bytes.subarray(0, Number(call.result));
    const at = offset ?? this.#positions.get(file);
    if (offset === undefined) this.#positions.set(file, at + done.length);
    // Anything else may tell who recorded it, and where.
    const isOfDocument = after.includes(done.toString('latin1'));
    this.#say('write', file, at, isOfDocument ? JSON.stringify(done.toString('latin1')) : done.length);
  }

  /** From a file that is only read. */
  #copy(call, from, to) {
    const file = this.#files.get(`${call.pid} ${/^\d+/.exec(to)[0]}`);
    const source = this.#path(JSON.stringify(/<(.*)>/.exec(from)?.[1] ?? ''));
    if (file === undefined || source === undefined || call.result === '0') return;
    const at = this.#positions.get(file);
    this.#positions.set(file, at + Number(call.result));
    this.#say('copy', file, at, quoted(source), call.result);
  }

  #both(name, from, to, ...more) {
    if (from !== undefined && to !== undefined) this.#say(name, quoted(from), quoted(to), ...more);
  }

  #one(name, path, ...more) {
    if (path !== undefined) this.#say(name, quoted(path), ...more);
  }

  #onFile(call, ...words) {
    const file = this.#files.get(this.#key(call));
    if (file !== undefined) this.#say(words[0], file, ...words.slice(1));
  }

  take(call) {
    if (call === undefined || call.result.startsWith('-1') || call.result === '?') return;
    const { name, args } = call;
    const handlers = {
      open: () => this.#open(call, this.#path(args[0]), args[1], args[2]),
      creat: () => this.#open(call, this.#path(args[0]), 'O_WRONLY|O_CREAT|O_TRUNC', args[1]),
      openat: () => this.#open(call, this.#at(args), args[2], args[3]),
      write: () => this.#write(call, unquote(args[1].slice(1, -1))),
      pwrite64: () => this.#write(call, unquote(args[1].slice(1, -1)), Number(args[3])),
      writev: () =>
        this.#write(
          call,
          Buffer.concat([...args[1].matchAll(/iov_base="((?:\\.|[^"\\])*)"/g)].map((m) => unquote(m[1]))),
        ),
      lseek: () => {
        const file = this.#files.get(this.#key(call));
        if (file !== undefined) this.#positions.set(file, Number(call.result));
      },
      read: () => {
        const file = this.#files.get(this.#key(call));
        if (file !== undefined) this.#positions.set(file, this.#positions.get(file) + Number(call.result));
      },
      close: () => {
        this.#onFile(call, 'close');
        this.#files.delete(this.#key(call));
      },
      copy_file_range: () => this.#copy(call, args[0], args[2]),
      sendfile: () => this.#copy(call, args[1], args[0]),
      fsync: () => this.#onFile(call, 'fsync'),
      fdatasync: () => this.#onFile(call, 'fsync'),
      ftruncate: () => this.#onFile(call, 'ftruncate', args[1]),
      fchmod: () => this.#onFile(call, 'fchmod', args[1]),
      truncate: () => this.#one('truncate', this.#path(args[0]), args[1]),
      rename: () => this.#both('rename', this.#path(args[0]), this.#path(args[1])),
      renameat: () => this.#both('rename', this.#at(args), this.#at(args.slice(2))),
      renameat2: () =>
        this.#both(
          'rename',
          this.#at(args),
          this.#at(args.slice(2)),
          ...(args[4]?.includes('RENAME_EXCHANGE') ? ['exchange'] : []),
        ),
      unlink: () => this.#one('unlink', this.#path(args[0])),
      unlinkat: () => this.#one(args[2] === 'AT_REMOVEDIR' ? 'rmdir' : 'unlink', this.#at(args)),
      mkdir: () => this.#one('mkdir', this.#path(args[0])),
      mkdirat: () => this.#one('mkdir', this.#at(args)),
      rmdir: () => this.#one('rmdir', this.#path(args[0])),
      chmod: () => this.#one('chmod', this.#path(args[0]), args[1]),
      fchmodat: () => this.#one('chmod', this.#at(args), args[2]),
      symlink: () => this.#one('symlink', this.#path(args[1]), quoted('somebody@somewhere')),
      symlinkat: () => this.#one('symlink', this.#at(args.slice(1)), quoted('somebody@somewhere')),
      utimensat: () => {
        if (args[1].startsWith('"')) this.#one('utimes', this.#at(args));
        else this.#onFile(call, 'futimes');
      },
    };
    handlers[name]?.();
  }
}

const quoted = (path) => (/^[\w.~#%@+/-]+$/.test(path) ? path : JSON.stringify(path));

const traced = [
  ...['open', 'openat', 'creat', 'write', 'pwrite64', 'writev', 'lseek', 'read', 'close', 'fsync', 'fdatasync'],
  ...['ftruncate', 'truncate', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
  ...[
    'chmod',
    'fchmod',
    'fchmodat',
    'symlink',
    'symlinkat',
    'utimensat',
    'link',
    'linkat',
    'copy_file_range',
    'sendfile',
  ],
].join(',');

const record = (name, program, place) => {
  const folder = join(place, 'work');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(place, 'source'));
  writeFileSync(join(folder, 'doc.txt'), before);
  writeFileSync(join(place, 'source', 'doc.txt'), after);
  for (const line of program.setUp ?? []) execFileSync('sh', ['-euc', line], { cwd: folder, stdio: 'inherit' });
  const [command, ...words] = program.command;
  const env = { ...process.env, HOME: place, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const options = { cwd: folder, env, timeout: 60_000 };
  if (program.isOnce !== true) spawnSync(command, words, options);
  writeFileSync(join(folder, 'doc.txt'), before);
  const beside = program.beside ?? readdirSync(folder).filter((found) => found !== 'doc.txt');
  const log = join(base, `${name}.strace`);
  const tracing = ['-f', '-y', '-s', '1000000', '-e', `trace=${traced}`, '-o', log];
  const run = spawnSync('strace', [...tracing, ...program.command], options);
  const saved = readFileSync(join(folder, 'doc.txt'), 'utf8');
  if (saved !== after) throw new Error(`${name} ended with ${run.status} and left '${saved}': ${run.stderr}`);
  const distiller = new Distiller(folder);
  for (const line of joined(readFileSync(log, 'utf8'))) distiller.take(parseCall(line));
  return [...beside.map((found) => `exists ${quoted(found)}`), ...distiller.lines];
};

const chosen = process.argv.slice(2);
// Not below /tmp, where editors make no backups.
const base = mkdtempSync(join(homedir(), '.skydrive-trace-'));
const mount = await mounted({ driver: drivers.kernel, mountpoint: join(base, 'mnt') });
try {
  for (const [name, program] of Object.entries(programs)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    try {
      const head = [`# ${program.title}.`, `# Recorded with ${program.version()}.`];
      const lines = record(name, program, join(mount.mountpoint, name));
      writeFileSync(join('test', 'traces', `${name}.trace`), `${[...head, ...lines].join('\n')}\n`);
      process.stdout.write(`${name}: ${lines.length} calls\n`);
    } catch (error) {
      process.stderr.write(`${name} is left out: ${error.message}\n`);
    }
  }
} finally {
  await mount.stop();
  await mount[Symbol.asyncDispose]();
  rmSync(base, { recursive: true, force: true });
}
