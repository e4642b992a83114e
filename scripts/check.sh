#!/bin/sh
# Format, types, typed lint: everything that reads the code without running it.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/find-node.sh"
export PATH="$LEADGLASS_NODE_BIN:$root/node_modules/.bin:$PATH"
cd "$root"
prettier --check --log-level=warn .
tsc -p packages/dicom/tsconfig.json
tsc -p packages/dicom/tsconfig.test.json
tsc -p tsconfig.json
eslint --max-warnings 0 packages scripts test
