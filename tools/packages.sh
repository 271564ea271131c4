#!/bin/sh
# Installs the npm packages, and says how far it is: before they are there, only a shell and npm can run.
set -eu
cd "$(dirname "$0")/.."
all=$(grep -c '^    "node_modules/' package-lock.json)
# What is installed already takes npm a second to see.
if [ ! -f node_modules/.package-lock.json ]; then
  echo "sluice: setting up, once: at most $all packages, then the simulator; some minutes" >&2
  (
    seconds=0
    while sleep 3; do
      seconds=$((seconds + 3))
      # They are fetched first, and unpacked then.
      here=$(find node_modules -maxdepth 3 -name package.json 2>/dev/null | wc -l)
      echo "sluice: packages: $((here < all ? here : all)) of at most $all are unpacked after $seconds s" >&2
    done
  ) &
  counting=$!
  trap 'kill "$counting" 2>/dev/null || true' EXIT INT TERM
fi
npm install --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
