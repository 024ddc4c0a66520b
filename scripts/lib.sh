# Sourced by the scripts beside it: where things are kept, and how they speak.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# What is expensive to make and belongs to no single clone lives here.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/secapid
# Where `cargo install` puts a tool of ours: built to be used, not to be shipped.
quick_install=(env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 cargo install --quiet)

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root without ever asking for a password; fails where that cannot be.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

# apt_install PACKAGE...: installs, with fresh package lists only when the present ones do not do.
apt_install() {
  have apt-get && as_root true || return 1
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends
    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
  as_root "${install[@]}" "$@" >&2 </dev/null && return
  as_root apt-get update -qq >&2 && as_root "${install[@]}" "$@" >&2 </dev/null
}

# apt without root: its state and its downloads in a folder of ours.
apt_options=(-o APT::Sandbox::User="$(id -un)" -o Dir::Cache="$cache/apt" -o Debug::NoLocking=1)
apt_cache() { apt-cache "${apt_options[@]}" "$@" 2>/dev/null; }
refresh_apt() {
  mkdir -p "$cache/apt/archives/partial" "$cache/apt/lists/partial"
  [ -z "$(apt_cache show "$1")" ] || return 0
  apt_options+=(-o Dir::State::Lists="$cache/apt/lists")
  apt-get "${apt_options[@]}" -qq update >&2
}

# unpack_debs FOLDER PACKAGE...: the packages, and whatever they need that is not installed, unpacked
# into a folder of ours. Needs no root and changes nothing on the system.
unpack_debs() {
  local into=$1 names
  shift
  have apt-get && have dpkg-deb || return 1
  refresh_apt "$1" || return 1
  mkdir -p "$into"
  names=$(apt-get "${apt_options[@]}" --no-install-recommends -s install "$@" | awk '$1 == "Inst" { print $2 }') || return 1
  (
    cd "$cache/apt/archives"
    rm -f ./*.deb
    # shellcheck disable=SC2086,SC2046
    apt-get "${apt_options[@]}" -qq download $(printf '%s\n' "$@" $names | sort -u) >&2 || exit 1
    for deb in ./*.deb; do dpkg-deb -x "$deb" "$into" || exit 1; done
    rm -f ./*.deb
  )
}

# The folder cargo builds into, whoever set it.
target_dir() {
  (cd "$root" && cargo metadata --no-deps --format-version 1) | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}

# Whether the everyday toolchain can build for the browser.
has_wasm_target() {
  [ -z "${SECAPI_WASM_FALLBACK:-}" ] || return 1
  local libs
  libs=$(cd "$root" && rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
  compgen -G "$libs/libstd-*.rlib" >/dev/null
}

# locked_version CRATE: the version of a crate that Cargo.lock names.
locked_version() {
  awk -v name="\"$1\"" '$1 == "name" { found = ($3 == name) } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' "$root/Cargo.lock"
}

postgres_bin() {
  local dir
  for dir in "$(dirname "$(readlink -f "$(command -v initdb || echo /none/initdb)")")" \
    $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) \
    $(compgen -G "$cache/postgresql/usr/lib/postgresql/*/bin" | sort -rV); do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_ctl" ] && echo "$dir" && return
  done
  return 1
}

chromium_bin() {
  if [ -n "${SECAPI_CHROMIUM:-}" ]; then
    echo "$SECAPI_CHROMIUM"
    return
  fi
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    # Ubuntu's chromium is only a notice that there is a snap: ask it for its version.
    have "$name" && "$name" --version >/dev/null 2>&1 && command -v "$name" && return
  done
  return 1
}
