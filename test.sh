#!/usr/bin/env bash
# Runs every check and every test. Installs what they need where that can be done (Debian).
set -euo pipefail
cd "$(dirname "$0")"
heading() { printf '\n== %s\n' "$1"; }

heading "what the tests need"
missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v openssl >/dev/null || missing+=(openssl)
if [ "${#missing[@]}" -gt 0 ]; then
  if command -v apt-get >/dev/null; then
    as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
    echo "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
  else
    echo "please install: ${missing[*]}" >&2; exit 1
  fi
fi
command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
cargo fmt --version >/dev/null && cargo clippy --version >/dev/null ||
  { echo "rustfmt or clippy is missing: rustup component add rustfmt clippy" >&2; exit 1; }

heading "format"
cargo fmt --all --check

heading "dashboard: types, linter, unit tests"
# The same mark as build.rs makes, so that the packages are fetched once.
stamp=dashboard/node_modules/.atlas-lock
if ! cmp -s "$stamp" dashboard/package-lock.json; then
  (cd dashboard && npm ci --no-audit --no-fund)
  cp dashboard/package-lock.json "$stamp"
fi
(cd dashboard && npm run check && npm run test)

heading "linter"
cargo clippy --workspace --all-targets -- -D warnings

heading "unit, HTTP, command line, crash and browser tests"
cargo test --workspace
