#!/bin/sh
# Brings the stock OHIF viewer, which the interop tests drive in a browser, as its makers publish it: one version,
# with the sum it must have, unpacked into a cache folder outside the tree. Never fails: a test without it is skipped.
# With a version and its sum it brings that one instead.
# LEADGLASS_SET_UP_TESTS=no leaves the machine as it is; LEADGLASS_OHIF says where the folder of the usual version is.
set -u
version=${1:-3.13.2}
sum=${2:-b189d3963bfc58e9394a9db8c7be75d07beb029ec211dbb126d47b62969dd3f1}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/leadglass-tests/ohif-$version
[ $# -gt 0 ] || folder=${LEADGLASS_OHIF:-$folder}
[ ! -e "$folder/package/dist/index.html" ] || exit 0

skip() { # why
  echo "set-up-ohif: OHIF $version is not there ($1); tests that need it are skipped" >&2
  exit 0
}

[ "${LEADGLASS_SET_UP_TESTS:-yes}" != no ] || skip 'LEADGLASS_SET_UP_TESTS=no'
command -v npm >/dev/null 2>&1 || skip 'no npm'
partial=$(mktemp -d) || skip 'no temporary folder'
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT TERM HUP
echo "set-up-ohif: fetching OHIF $version (once) ..." >&2
(cd "$partial" && npm pack "@ohif/app@$version" --silent >/dev/null 2>&1) || skip 'it could not be fetched'
archive="$partial/ohif-app-$version.tgz"
[ "$(sha256sum "$archive" | cut -d ' ' -f 1)" = "$sum" ] || skip 'its sum is not the one it should have'
# Two thirds of it are models for a neural network that no test uses.
tar -xzf "$archive" -C "$partial" --exclude='*/ort/*' || skip 'it could not be unpacked'
mkdir -p "$folder" && mv "$partial/package" "$folder/package" || skip "it could not be moved to $folder"
exit 0
