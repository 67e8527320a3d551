#!/usr/bin/env bash
# The long tests. One argument: the built ardent-testkit; `ardent` lies beside it.
# The demo must pass twice in a row: what the first run left behind must not trouble the second.
set -euo pipefail
cd "$(dirname "$0")/.."
testkit=$1
# If this script is killed, what it runs is asked to stop, and stops its services.
attached=(setpriv --pdeathsig TERM)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for run in first second; do
    printf 'test-platform: the demo, %s run\n' "$run"
    "${attached[@]}" "$testkit" demo --ardent "$(dirname "$testkit")/ardent" --out "$out" --size-px 256 --dates 24
done
printf 'test-platform: identity\n'
tools=${ARDENT_TOOLS:-$HOME/.cache/ardent/tools}
export ARDENT_BIN="$(dirname "$testkit")/ardent" ARDENT_TESTKIT_BIN="$testkit"
"${attached[@]}" "$tools/venv/bin/python" -m pytest -p no:cacheprovider -ra tests/identity
printf 'test-platform: clients and suites of the STAC API\n'
"${attached[@]}" "$tools/stac-venv/bin/python" -m pytest -p no:cacheprovider -ra tests/stac
printf 'test-platform: passed\n'
