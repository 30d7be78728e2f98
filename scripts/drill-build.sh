#!/bin/sh
# Same inputs, same bytes: with 1 and 2 threads, and after being killed at every step and resumed.
# Usage: scripts/drill-build.sh [PADAN] [PEOPLE]
set -eu
padan=${1:-target/release/padan}
people=${2:-5000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$padan" synth --people "$people" --seed 3 --out "$work/province" >/dev/null 2>&1
build() { out=$1; shift; "$padan" build "$work/province/spec.toml" --out "$work/$out" "$@" >/dev/null 2>&1; }
seal() { sha256sum "$work/$1"/*/manifest.json | cut -c1-64; }
build one --threads 1
build two --threads 2
for step in intake-dukcapil findings linkage edition ranking targeting; do
  for point in begun written committed; do
    if build killed --kill-at "$step:$point"; then
      echo "the build was not killed at $step:$point"; exit 1
    fi
    if [ -e "$work"/killed/*/manifest.json ]; then
      echo "an edition stands after being killed at $step:$point"; exit 1
    fi
  done
done
build killed
"$padan" edition verify "$work"/killed/[0-9]*
one=$(seal one)
if [ "$one" = "$(seal two)" ] && [ "$one" = "$(seal killed)" ]; then
  echo "one edition: 1 thread, 2 threads, killed 18 times and resumed ($one)"
else
  echo "the manifests differ"; exit 1
fi
