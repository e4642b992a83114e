#!/bin/sh
# Runs a command with a Node.js that is new enough: the machine's own, else the pinned one of tools/node,
# installed on first use. Usage: sh scripts/with-node.sh COMMAND [ARG...]
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/find-node.sh"
export PATH="$LEADGLASS_NODE_BIN:$PATH"
exec "$@"
