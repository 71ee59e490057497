#!/bin/sh
# Everything that has to pass: formatter and linter, dead code, compiler, all tests. Installs what is missing first. Needs no
# terminal and no input.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

started=$(date +%s)
done_so_far=''

step() {
  title=$1
  shift
  say ''
  say "== $title"
  since=$(date +%s)
  if "$@" </dev/null; then
    done_so_far="$done_so_far
  passed  $title ($(($(date +%s) - since)) s)"
  else
    say ''
    say "What ran:$done_so_far
  FAILED  $title"
    exit 1
  fi
}

need_node
# Elsewhere the tests with a browser are skipped, and say so: Ubuntu's package is none that runs in a container.
browser=$(grep -qs '^ID=debian' /etc/os-release && echo chromium:chromium || true)
# shellcheck disable=SC2086
need_programs $fuse_programs git:git rsync:rsync sqlite3:sqlite3 unzip:unzip zip:zip vim:vim ex:vim curl:curl openssl:openssl rclone:rclone zsh:zsh fish:fish $browser
need_fuse_device
[ -e /dev/fuse ] || say 'This machine has no /dev/fuse: the tests that mount are skipped.'
need_node_modules

step 'biome: format and lint' npx --no-install biome check .
rm -rf dist
step 'tsc: build' npm run --silent build
step 'knip: dead code' npx --no-install knip
step 'node --test: all tests' node scripts/run-tests.mjs

say ''
say "What ran:$done_so_far
All passed, in $(($(date +%s) - started)) s."
