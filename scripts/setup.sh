#!/bin/sh
# Sets up everything `make demo` (argument: run) or `make test` (argument: test) needs, and nothing twice.
# Debian packages only where missing, and only through root or sudo; otherwise it names the command and stops.
set -eu
cd "$(dirname "$0")/.."
wanted=${1:?"usage: setup.sh run|test"}
python=${PYTHON:-python3}

have() { command -v "$1" >/dev/null 2>&1; }
missing=""
need() { missing="$missing $1"; }

have "$python" && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: Python 3.11 or newer is needed (found: $("$python" --version 2>&1 || echo none))" >&2
  exit 1
}
"$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || need python3-venv
have ffmpeg && have ffprobe || need ffmpeg
have openssl || need openssl
have npm || need npm
[ -e /etc/ssl/certs/ca-certificates.crt ] || need ca-certificates
if [ "$wanted" = test ]; then
  have chromium || need chromium
  have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql
  [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || need fonts-noto-cjk
  PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1' || need libatomic1
  PATH="$PATH:/sbin:/usr/sbin" have mkfs.ext4 || need e2fsprogs
  have curl || need curl
  have setpriv || need util-linux
  have mount || need mount
fi
if [ -n "$missing" ]; then
  if ! have apt-get; then
    echo "setup: please install what these Debian packages hold:$missing" >&2
    exit 1
  elif [ "$(id -u)" = 0 ]; then
    as_root=""
  elif have sudo; then
    as_root="sudo"
  else
    echo "setup: as root, run: apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  echo "setup: installing Debian packages:$missing"
  $as_root apt-get update -q
  # shellcheck disable=SC2086  # a list of words on purpose
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

# A half-made environment has no stamp, so it is made anew.
stamp() { cat "$@" | sha256sum | cut -d' ' -f1; }
now="$("$python" -c 'import sys; print(sys.version)' | tr '\n' ' ') $(stamp requirements.lock pyproject.toml) $(pwd)"
if [ "$(cat .venv/.stamp 2>/dev/null || true)" != "$now" ]; then
  echo "setup: making .venv from requirements.lock"
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
  echo "$now" > .venv/.stamp
fi

now=$(stamp package-lock.json scripts/setup.sh)
vendor=player/static/vendor
if [ "$(cat $vendor/.stamp 2>/dev/null || true)" != "$now" ]; then
  echo "setup: fetching browser assets"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  rm -rf $vendor
  mkdir -p $vendor
  cp node_modules/hls.js/dist/hls.light.min.mjs $vendor/hls.mjs
  cp node_modules/htmx.org/dist/htmx.min.js $vendor/htmx.js
  cp node_modules/@picocss/pico/css/pico.min.css $vendor/pico.css
  echo "$now" > $vendor/.stamp
fi
