#!/bin/sh
# Installs the npm packages, and says how far it is: before they are there, only a shell and npm can run.
set -eu
cd "$(dirname "$0")/.."
all=$(grep -c '^    "node_modules/' package-lock.json)
# npm takes seconds to see that nothing is to be done. It writes this file last.
done=node_modules/.package-lock.json
if [ -f "$done" ] && [ -z "$(find package.json package-lock.json ./*/package.json -newer "$done")" ]; then exit; fi
if [ ! -f "$done" ]; then
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
fresh=$([ -f "$done" ] || echo yes)
npm install --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null
if [ -n "$fresh" ]; then echo "sluice: the packages are there" >&2; fi
# npm leaves it as it was when it had nothing to do.
touch "$done"
