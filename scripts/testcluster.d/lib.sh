# Shared by scripts/testcluster and the scripts of this folder; source it, do not run it.
# Everything said goes to stderr: stdout carries the one answer (a path, or KEY=VALUE lines).

# Without it a failure inside $(cached …) would go on, and a broken folder be called complete.
shopt -s inherit_errexit

CACHE=${MUSTER_CACHE:-${HOME:-/root}/.cache/muster}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Exit code 1: something that should work did not.
fail() {
  say "$*"
  exit 1
}

# Exit code 3: it cannot exist on this machine; tests that need it are skipped with this reason.
unavailable() {
  say "not available here: $*"
  exit 3
}

# cached NAME BUILD: prints the folder NAME of the cache; where it is not complete, BUILD is called with
# the folder, alone on this machine, and nothing that an interrupted BUILD left is ever used.
cached() {
  local folder=$CACHE/$1 build=$2
  if [ ! -e "$folder/.complete" ]; then
    mkdir -p "$CACHE"
    exec {lock}>"$CACHE/$1.lock"
    flock -w 1800 "$lock" || fail "cannot build $folder: another process has held $CACHE/$1.lock for 30 minutes"
    if [ ! -e "$folder/.complete" ]; then
      rm -rf "$folder"
      mkdir -p "$folder"
      "$build" "$folder" >&2
      touch "$folder/.complete"
    fi
    exec {lock}>&-
  fi
  printf '%s\n' "$folder"
}

# install_as_root PACKAGE...: installs Debian packages where this is root on such a system, else says no (1).
install_as_root() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y -q "$@" || { apt-get update -q && apt-get install -y -q "$@"; }; } >&2
}

# require_pip: python3 with pip, or exit 3.
require_pip() {
  command -v python3 >/dev/null || install_as_root python3 || unavailable "no python3 on the PATH"
  python3 -m pip --version >/dev/null 2>&1 || install_as_root python3-pip ||
    unavailable "$(command -v python3) has no pip"
}
