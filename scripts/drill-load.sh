#!/bin/sh
# 200 mixed requests a second on SQLite and on PostgreSQL, with a published province and 100,000 cases.
# Usage: scripts/drill-load.sh [PEOPLE] [SECONDS] [FOLDER]
#        scripts/drill-load.sh 5751295 60 /tmp/ntb      (all of NTB; what is there is used again)
set -eu
people=${1:-100000}
seconds=${2:-60}
work=${3:-/tmp/padan-load-$people}
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/release
cargo build --release --locked -q -p padan --bin padan --example load
mkdir -p "$work"
if ! ls "$work"/editions/*/manifest.json >/dev/null 2>&1; then
  [ -f "$work/province/spec.toml" ] || "$target/padan" synth --people "$people" --seed 1 --out "$work/province"
  "$target/padan" build "$work/province/spec.toml" --out "$work/editions"
fi
edition=$(dirname "$(ls "$work"/editions/*/manifest.json | head -1)")
for store in sqlite postgres; do
  rm -rf "$work/$store"
  "$target/examples/load" --edition "$edition" --store "$store" --cases 100000 \
    --rate 200 --seconds "$seconds" --port 18660 --dir "$work/$store"
done
