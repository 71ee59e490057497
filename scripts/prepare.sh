# Sourced by demo.sh and test.sh: brings a fresh clone to the point where it can be run. Installs only what is missing, so
# that a second run needs neither the network nor a password. The folder of the clone is the working folder.

say() { printf '%s\n' "$*"; }

stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

need_node() {
  command -v node >/dev/null 2>&1 || stop 'Node.js 20.11 or later is needed, and there is no "node" here: see https://nodejs.org/.'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 11) ? 0 : 1)' ||
    stop "Node.js 20.11 or later is needed; this is $(node --version)."
}

# Runs a command as root: directly, or through sudo, which may ask for a password only where somebody can type one.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

can_be_root() { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1; }

# Whether a program, or (a name with .so in it) a library, is there: packages differ between systems, these do not.
is_there() {
  case $1 in
    *.so*) PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -qF "$1 " ;;
    *) PATH="$PATH:/sbin:/usr/sbin" command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Newer releases of Debian and Ubuntu call the library libfuse2t64.
release_name() {
  if [ "$1" = libfuse2 ] && apt-cache show libfuse2t64 >/dev/null 2>&1; then say libfuse2t64; else say "$1"; fi
}

# need_programs WHAT:PACKAGE…: installs the packages (Debian's names) of what is not there.
need_programs() {
  missing=''
  for pair in "$@"; do
    is_there "${pair%%:*}" || missing="$missing ${pair#*:}"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    stop "Needed are the programs that Debian has in these packages:$missing. Install them with the package manager of this system."
  can_be_root || stop "Needed are these packages:$missing. There is no sudo here: run  apt-get install$missing  as root."
  say "Installing:$missing"
  as_root apt-get -q update </dev/null >/dev/null || stop 'apt-get update failed; its message is above.'
  named=$(for name in $missing; do release_name "$name"; done)
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $named </dev/null >/dev/null ||
    stop 'apt-get install failed; its message is above.'
}

fuse_programs='fusermount3:fuse3 libfuse.so.2:libfuse2 getfattr:attr'

# An ordinary user may open the device where it has its usual mode; some machines and containers make it root's alone.
need_fuse_device() {
  [ ! -e /dev/fuse ] || [ "$(stat -c %a /dev/fuse)" = 666 ] && return 0
  can_be_root || stop "This user cannot open /dev/fuse, and there is no sudo here: run  chmod 666 /dev/fuse  as root."
  say 'Giving /dev/fuse its usual mode, 0666'
  as_root chmod 666 /dev/fuse
}

# The packages of the lockfile, once per lockfile.
need_node_modules() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
  say 'Installing the packages of package-lock.json'
  npm ci --no-audit --no-fund </dev/null || stop 'npm ci failed; its message is above.'
}

need_build() {
  say 'Building'
  npm run --silent build </dev/null || stop 'The build failed; its message is above.'
}
