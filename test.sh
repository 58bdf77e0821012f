#!/usr/bin/env bash
# Runs every check and every test, in the order in which they fail soonest. Needs Rust and Node.js;
# installs the rest on Debian and Ubuntu, and says what is missing elsewhere. Asks nothing.
set -euo pipefail
cd "$(dirname "$0")"
export CI=true DEBIAN_FRONTEND=noninteractive CARGO_TERM_PROGRESS_WHEN=never

heading() { printf '\n== %s (%d s so far)\n' "$1" "$SECONDS"; }
stop() { printf 'test.sh: %s\n' "$1" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# The browser that the dashboard's checks drive; CHROMIUM names another.
find_browser() {
  local one
  for one in "${CHROMIUM:-}" chromium google-chrome google-chrome-stable chromium-browser \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    # Ubuntu's chromium-browser may be a stub that only says to install a snap: it must answer.
    if [ -n "$one" ] && has "$one" && "$one" --version >/dev/null 2>&1; then
      command -v "$one"
      return
    fi
  done
  return 1
}

install_with_apt() {
  local root=""
  if [ "$(id -u)" != 0 ]; then
    has sudo || stop "these are missing, and only root may install them: apt-get install $*"
    root="sudo"
  fi
  echo "installing with apt-get: $*"
  $root apt-get update -qq
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

heading "what the tests need"
has cargo || stop "cargo is missing: install Rust 1.95 or newer from https://rustup.rs"
cargo fmt --version >/dev/null 2>&1 || stop "rustfmt is missing: rustup component add rustfmt"
cargo clippy --version >/dev/null 2>&1 || stop "clippy is missing: rustup component add clippy"
{ has node && has npm; } || stop "node or npm is missing: install Node.js 20.19 or newer with npm"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  stop "Node.js $(node --version) is too old: install 20.19 or newer"
if has apt-get; then
  missing=()
  has cc || missing+=(build-essential)
  find_browser >/dev/null || missing+=(chromium)
  has openssl || missing+=(openssl)
  has strace || missing+=(strace)
  # The authority that the tests of ACME get certificates from.
  has pebble || missing+=(pebble)
  [ "${#missing[@]}" = 0 ] || install_with_apt "${missing[@]}"
  # A real Prometheus, unpacked beside the build: installed, it would start a service.
  tools=$PWD/target/tools
  if ! { has prometheus && has promtool; } && [ ! -x "$tools/usr/bin/promtool" ]; then
    mkdir -p "$tools"
    (
      cd "$tools"
      apt-get download -qq prometheus || { $([ "$(id -u)" = 0 ] || echo sudo) apt-get update -qq && apt-get download -qq prometheus; }
      dpkg -x prometheus_*.deb .
    ) || stop "a Prometheus could not be fetched: put prometheus and promtool on the PATH"
  fi
  PATH=$PATH:$tools/usr/bin
fi
CHROMIUM=$(find_browser) ||
  stop "no browser was found: install Google Chrome or Chromium, or set CHROMIUM=/path/to/it"
export CHROMIUM
echo "$(cargo --version), Node.js $(node --version), $("$CHROMIUM" --version)"

heading "format"
cargo fmt --all --check

heading "dashboard: types, linter, unit tests"
# The mark that build.rs makes and looks for, so that the packages are fetched once.
stamp=dashboard/node_modules/.atlas-lock
if ! cmp -s "$stamp" dashboard/package-lock.json; then
  (cd dashboard && npm ci --no-audit --no-fund)
  cp dashboard/package-lock.json "$stamp"
fi
(cd dashboard && npm run check && npm run test)

heading "linter"
cargo clippy --workspace --all-targets -- -D warnings
cargo clippy --no-default-features --features agent --all-targets -- -D warnings

heading "tests: unit, tidy, HTTP, command line, crash, browser"
cargo test --workspace

heading "tests of the agent alone, built without the server and without commands"
cargo test --no-default-features --features agent --lib --test monitor_only

heading "all passed"
