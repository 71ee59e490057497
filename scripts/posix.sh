#!/bin/sh
# Longer runs of file system tests that this system offers, each on a mount of its own; opt-in, takes minutes.
#   scripts/posix.sh [kernel|native] [memory|drive|live] [SECONDS]   default: kernel drive 10 (seconds for each test)
#   scripts/posix.sh FOLDER [SECONDS]                                in a folder that is there, say of the local disk
# What is not installed is left out, and says so. (pjdfstest and fsx are in no Debian package: the POSIX suite's cases and
# its random walks stand for them.)
set -u
cd "$(dirname "$0")/.." || exit 1

case ${1:-kernel} in
  kernel | native) driver=${1:-kernel} service=${2:-drive} seconds=${3:-10} folder= ;;
  *) driver='' service='' folder=$1 seconds=${2:-10} ;;
esac
if [ -n "$folder" ] && [ ! -d "$folder" ]; then
  echo "$folder is no folder" >&2
  exit 2
fi
[ -e dist/test/support/mounted.js ] || npm run --silent build || exit 1

logs=$(mktemp -d)
table=$logs/table
failures=0

# $MNT, in a mount of its own or in the folder that was named
run_there() {
  if [ -z "$folder" ]; then
    node scripts/in-mount.mjs "$driver" "$service" sh -euc 'cd "$MNT"; '"$1"
  else
    MNT=$(mktemp -d "$folder/posix.XXXXXX") && export MNT
    sh -euc 'cd "$MNT"; '"$1"
    status=$?
    rm -rf "$MNT"
    return $status
  fi
}

# name, program that it needs, script
check() {
  if ! command -v "$2" >/dev/null; then
    printf '%-34s not installed (%s)\n' "$1" "$2" | tee -a "$table"
    return
  fi
  log=$logs/$(echo "$1" | tr -c 'a-z0-9\n' '-').log
  since=$(date +%s)
  if run_there "$3" >"$log" 2>&1 </dev/null; then
    result=passed
  else
    result="FAILED, see $log"
    failures=$((failures + 1))
  fi
  printf '%-34s %s (%s s)\n' "$1" "$result" "$(($(date +%s) - since))" | tee -a "$table"
}

root=$(pwd)
export ROOT="$root" SECS="$seconds"

check 'random walks with a model' node 'node "$ROOT/scripts/random-walks.mjs" "$MNT" "$SECS"'

stress='stress-ng --temp-path "$MNT" --timeout "$SECS" --verify --no-rand-seed --oomable'
check 'stress-ng: hdd, in order' stress-ng "$stress --hdd 2 --hdd-bytes 16M --hdd-opts wr-seq,rd-seq,fsync"
check 'stress-ng: hdd, anywhere' stress-ng "$stress --hdd 2 --hdd-bytes 16M --hdd-opts wr-rnd,rd-rnd,utimes"
check 'stress-ng: I/O mix' stress-ng "$stress --iomix 1 --iomix-bytes 16M"
check 'stress-ng: names' stress-ng "$stress --filename 1 --filename-opts posix"
check 'stress-ng: directories' stress-ng "$stress --dir 2 --dir-dirs 200"
check 'stress-ng: deep directories' stress-ng "$stress --dirdeep 1 --dirdeep-inodes 2000"
check 'stress-ng: many files' stress-ng "$stress --dirmany 1 --dirmany-bytes 4K"
check 'stress-ng: dentries' stress-ng "$stress --dentry 2 --dentries 500"
check 'stress-ng: getdents' stress-ng "$stress --getdent 2"
check 'stress-ng: rename' stress-ng "$stress --rename 2"
check 'stress-ng: seek, with holes' stress-ng "$stress --seek 2 --seek-size 16M"
check 'stress-ng: read and write offsets' stress-ng "$stress --revio 1 --revio-bytes 4M --readahead 1 --readahead-bytes 16M"
check 'stress-ng: chmod, chown, utime' stress-ng "$stress --chmod 1 --chown 1 --utime 1"
check 'stress-ng: fstat and access' stress-ng "$stress --fstat 1 --access 1"
check 'stress-ng: attributes' stress-ng "$stress --xattr 2"
check 'stress-ng: file mappings' stress-ng "$stress --mmap 1 --mmap-bytes 8M --mmap-file --msync 1 --msync-bytes 8M"
check 'stress-ng: locks' stress-ng "$stress --flock 1 --lockf 1 --locka 1"
check 'stress-ng: copy, sendfile, splice' stress-ng "$stress --copy-file 1 --copy-file-bytes 128M --sendfile 1 --sendfile-size 1M"
check 'stress-ng: symlinks' stress-ng "$stress --symlink 1"
if [ "$driver" != native ]; then
  # libfuse 2 passes fallocate not on.
  check 'stress-ng: fallocate and punch' stress-ng "$stress --fallocate 1 --fallocate-bytes 16M --fpunch 1"
fi

fio='fio --directory="$MNT" --size=32M --runtime="$SECS" --time_based=0 --verify_fatal=1 --verify_dump=0 --output-format=terse'
check 'fio: sequential, verified' fio "$fio --name=seq --rw=write --bs=128k --verify=crc32c --end_fsync=1"
check 'fio: random 4 KiB, verified' fio "$fio --name=rnd --rw=randwrite --bs=4k --verify=crc32c --fsync=64"
check 'fio: odd sizes, four jobs' fio "$fio --name=odd --rw=write --bsrange=512-70000 --bs_unaligned --verify=sha1 --numjobs=4 --size=8M"
check 'fio: mapped, verified' fio "$fio --name=map --rw=randwrite --bs=4k --ioengine=mmap --verify=crc32c --size=16M"

check 'bonnie++' bonnie++ 'bonnie++ -f -d "$MNT" -u "$(id -u)" -q -r 16 -s 64 -n 1:4096:0:10'
check 'dbench, 4 clients' dbench 'dbench -D "$MNT" -t "$SECS" 4'
check 'postmark' postmark 'printf "set location %s\nset number 200\nset transactions 500\nrun\nquit\n" "$MNT" | postmark'
check 'fs_mark' fs_mark 'fs_mark -d "$MNT" -n 200 -s 4096 -S 1 -t 2'

echo
echo "on ${folder:-$driver over $service}: $(wc -l <"$table") tests, $failures failed"
if [ "$failures" -eq 0 ]; then rm -rf "$logs"; fi
exit "$failures"
