#!/bin/sh
# npm test: sets up what is needed, reads the code (format, types, lint), runs every test and says at the very
# end, alone on a line, how many passed and failed. Arguments go to vitest: npm test -- packages/dicom
# Fails when any step fails, and when no test ran.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/find-node.sh"
export PATH="$LEADGLASS_NODE_BIN:$root/node_modules/.bin:$PATH"
cd "$root"

# Nothing here asks anything: without a terminal and without standard input it runs just the same.
exec </dev/null

sh scripts/set-up-tests.sh

results=$(mktemp)
trap 'rm -f "$results"' EXIT
trap 'exit 130' INT TERM HUP

# Every step runs whatever became of the one before, so that one run shows everything that is wrong.
check_status=0
sh scripts/check.sh || check_status=$?
vitest_status=0
vitest run --reporter=default --reporter=json --outputFile.json="$results" "$@" || vitest_status=$?
node scripts/report-tests.ts "$results" "check=$check_status" "vitest=$vitest_status"
