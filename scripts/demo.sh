#!/bin/sh
# From a fresh clone to a mounted drive: installs what is missing, builds, and mounts the demo's drive, whose server is the
# emulator on this machine. Arguments are those of `skydrive demo`. Works as root and as a user who may use sudo.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

need_node
[ -e /dev/fuse ] || stop 'This machine has no /dev/fuse, so nothing can be mounted here. Run  modprobe fuse  as root; a container has to be started with  --device /dev/fuse --cap-add SYS_ADMIN.'
# shellcheck disable=SC2086
need_programs $fuse_programs
[ "$(id -u)" -eq 0 ] || need_fuse_device
need_node_modules
need_build
exec npx --no-install skydrive demo "$@"
