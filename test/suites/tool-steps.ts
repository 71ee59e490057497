// What people do with ordinary programs, as shell scripts: each runs in a folder of a mount and in one of the local disk, and
// must print the same and leave the same tree in both. `$SRC` holds material (tool-material.ts).

export interface ToolStep {
  readonly title: string;
  readonly needs: readonly string[];
  /** For `sh -eu`. */
  readonly script: string;
  /** Paths below the folder that rightly differ (times, inode numbers): compared by nobody. */
  readonly differs?: RegExp;
  /** Why it is left out on that driver. */
  readonly notOn?: Readonly<Record<string, string>>;
}

const git = 'git -c user.name=A -c user.email=a@example.org -c init.defaultBranch=main -c gc.auto=0';

export const toolSteps: readonly ToolStep[] = [
  {
    title: 'cp -r, cp -p and cp over an existing file',
    needs: ['cp'],
    script: `
      cp -r "$SRC/tree" copied
      cp -pr "$SRC/tree" preserved
      cp "$SRC/tree/a.txt" copied/large.bin
      find copied preserved | sort
      cmp "$SRC/tree/large.bin" preserved/large.bin
      stat -c '%Y %a %n' preserved/*.txt`,
  },
  {
    title: 'mv over an existing file, into a folder and back',
    needs: ['mv'],
    script: `
      mkdir moving && cd moving
      echo old > document && echo new > document.tmp
      mv -f document.tmp document
      cat document
      mkdir folder && mv document folder/ && mv folder/document renamed
      mv folder other && ls -A . other`,
  },
  {
    title: 'sed -i, and with a backup',
    needs: ['sed'],
    script: `
      mkdir editing && cd editing
      seq 1 5000 > numbers
      sed -i 's/5/five/g' numbers
      sed -i.bak '1d' numbers
      wc -l numbers numbers.bak && head -3 numbers && ls -A`,
  },
  {
    title: '>> by many programs',
    needs: [],
    script: `
      mkdir logging && cd logging
      for n in 1 2 3 4 5 6 7 8 9 10; do echo "line $n" >> log; done
      (for n in $(seq 1 50); do echo a >> both; done) & (for n in $(seq 1 50); do echo b >> both; done) & wait
      cat log && sort both | uniq -c && rm both`,
  },
  {
    title: 'dd conv=notrunc, dd seek, truncate up and down',
    needs: ['dd', 'truncate'],
    script: `
      mkdir pieces && cd pieces
      cp "$SRC/tree/large.bin" file
      printf 'PATCHED' | dd of=file bs=1 seek=100000 conv=notrunc status=none
      dd if="$SRC/tree/large.bin" of=file bs=64k seek=10 count=3 conv=notrunc status=none
      truncate -s +123456 file && truncate -s 1000 short && truncate -s 900000 file
      dd if=/dev/zero of=sparse bs=1 count=1 seek=5000000 status=none
      sha256sum file short sparse`,
  },
  {
    title: 'vim, with a backup and without',
    needs: ['vim'],
    script: `
      mkdir vim && cd vim
      printf 'one\\ntwo\\nthree\\n' > text
      vim -es -u NONE -i NONE -c '%s/two/2/' -c 'wq' text
      vim -es -u NONE -i NONE -c 'set backup writebackup' -c '%s/one/1/' -c 'wq' text
      cat text && ls -A`,
  },
  {
    title: 'ex',
    needs: ['ex'],
    script: `
      mkdir ex && cd ex
      printf 'a\\nb\\nc\\n' > text
      printf '2d\\nw\\nq\\n' | ex -s text
      cat text && ls -A`,
  },
  {
    title: 'tar x and tar c',
    needs: ['tar'],
    script: `
      mkdir tar && cd tar
      tar xf "$SRC/tree.tar"
      tar xzf "$SRC/tree.tar.gz" --one-top-level=again
      find . | sort
      tar cf - tree | tar tf - | sort`,
  },
  {
    title: 'tar x keeps the times',
    needs: ['tar'],
    script: `
      mkdir times && cd times
      tar xf "$SRC/tree.tar"
      find tree -type f -exec stat -c '%Y %n' {} + | sort`,
    notOn: { 'fuse-native': 'libfuse 2 passes times on in pairs only, and tar sets the mtime alone' },
  },
  {
    title: 'unzip',
    needs: ['unzip', 'zip'],
    script: `
      mkdir unzip && cd unzip
      (cd "$SRC" && zip -qr - tree) > made.zip
      unzip -q made.zip && find tree | sort && unzip -tq made.zip`,
    differs: /^unzip\/made\.zip$/,
  },
  {
    title: 'rsync -a, twice: the second run has nothing to do',
    needs: ['rsync'],
    script: `
      rsync -a "$SRC/tree/" rsync/
      rsync -ai "$SRC/tree/" rsync/
      echo more >> rsync/a.txt
      rsync -ai --size-only "$SRC/tree/" rsync/ | cut -c1-2
      rsync -a --delete --exclude=b.txt rsync/ synced/
      find rsync synced | sort`,
  },
  {
    title: 'git init, add, commit, gc, clone and fsck',
    needs: ['git'],
    script: `
      export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' HOME="$SRC"
      mkdir git && cd git
      ${git} init -q .
      cp -r "$SRC/tree" . && ${git} add . && ${git} commit -qm first
      seq 1 2000 > tree/a.txt && ${git} add -A && ${git} commit -qm second
      ${git} mv tree/b.txt tree/moved.txt && ${git} commit -qam third
      ${git} checkout -q -b side HEAD~1 && ${git} checkout -q main && ${git} branch -D -q side
      ${git} status --short && ${git} log --format=%s && ${git} gc -q && ${git} fsck --full --strict
      ${git} clone -q . ../cloned && ${git} -C ../cloned fsck --full && ${git} rev-parse HEAD`,
    differs: /^(git|cloned)\/\.git(\/|$)/,
  },
  {
    title: 'sqlite3 transactions, with a journal and with a write-ahead log',
    needs: ['sqlite3'],
    script: `
      mkdir sqlite && cd sqlite
      sqlite3 db 'create table t(a integer primary key, b text)'
      for n in 1 2 3 4 5 6 7 8 9 10; do
        sqlite3 db "begin; insert into t(b) select hex(zeroblob(500)) from (values (1),(2),(3)); insert into t(b) values ('$n'); commit"
      done
      sqlite3 db 'begin; delete from t; rollback'
      sqlite3 db 'pragma journal_mode=wal; insert into t(b) values (1); pragma wal_checkpoint; pragma journal_mode=delete'
      sqlite3 db 'vacuum; pragma integrity_check; select count(*), sum(a) from t'
      sqlite3 db .dump | sha256sum && ls -A`,
    differs: /^sqlite\/db$/,
  },
  {
    title: 'find, du, df, ls -R, wc, diff -r',
    needs: ['find', 'du', 'df', 'diff'],
    script: `
      cp -r "$SRC/tree" counted
      find counted -type f -size +100k | sort
      find counted -name '*.txt' | sort | tr '\\n' '\\0' | xargs -0 cat | sha256sum
      test "$(du -s counted | cut -f1)" -gt 0
      test "$(df -P . | tail -1 | tr -s ' ' | cut -d' ' -f2)" -gt 0
      ls -R counted && wc -c counted/*.txt && diff -r "$SRC/tree" counted`,
  },
  {
    title: 'setfattr and getfattr -d',
    needs: ['setfattr', 'getfattr'],
    script: `
      mkdir attributes && cd attributes && echo x > file
      setfattr -n user.colour -v blue file && setfattr -n user.other -v 0x00ff10 file
      getfattr -n user.colour --only-values file && echo
      getfattr -d -m '^user[.](colour|other)$' -e hex file
      setfattr -x user.other file && getfattr -d -m '^user[.](colour|other)$' file
      cp -a file copy && getfattr -n user.colour --only-values copy && echo`,
  },
  {
    title: 'names that the service cannot hold, symbolic links and executable scripts',
    needs: ['ln'],
    script: `
      mkdir odd && cd odd
      for name in 'a:b' 'what?' 'star*' 'quote"' 'pipe|' '<tag>' 'back\\slash' 'dot.' 'space ' ' lead' '你好' '🎉' '%41' '~tilde'; do
        echo "content of $name" > "$name"
      done
      ls -A | sort && cat -- *
      ln -s a:b link && readlink link && cat link
      printf '#!/bin/sh\\necho "runs as $0"\\n' > script && chmod 755 script && ./script`,
  },
  {
    title: 'rm -rf of deep and wide trees',
    needs: ['rm'],
    script: `
      mkdir -p removed/1/2/3/4/5/6/7/8/9/10 && cp -r "$SRC/tree" removed/1/2/3
      (cd removed && seq 1 300 | sed 's/^/file-/' | xargs touch)
      rm -rf removed/1/2/3/4 && ls -A removed/1/2/3 && rm -rf removed && ls -A`,
  },
];
