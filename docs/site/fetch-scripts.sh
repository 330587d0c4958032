#!/bin/sh
# Fetches the scripts that the documentation site serves into the folder $1. Both are published as bundles: npm would
# install 280 packages beside them, which nobody loads.
set -eu

scalar=1.76.0 scalar_sha256=f1821c173d387d3dd4722215b946ad9aec3610f177616f0a312e4eb159b9c378
mermaid=12.0.0 mermaid_sha256=94f4bea4d69ae2766d6d29cd3321c9ed6be8c640852c57ef89d4f9999ada9783

target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# fetch NAME VERSION SHA256 TARBALL: unpacked in $work/NAME
fetch() {
  npm pack --silent --pack-destination "$work" "$1@$2" >/dev/null
  [ "$(sha256 "$work/$4")" = "$3" ] || { echo "$4 is not the file that it was" >&2; exit 1; }
  mkdir -p "$work/$1"
  tar -xzf "$work/$4" -C "$work/$1" --strip-components=1
}

fetch @scalar/api-reference "$scalar" "$scalar_sha256" "scalar-api-reference-$scalar.tgz"
fetch @mermaid-js/tiny "$mermaid" "$mermaid_sha256" "mermaid-js-tiny-$mermaid.tgz"

rm -rf "$target"
mkdir -p "$target/scalar/chunks"
cp "$work/@scalar/api-reference/dist/browser/standalone.esm.js" "$target/scalar/"
cp "$work/@scalar/api-reference/dist/browser/chunks/"*.js "$target/scalar/chunks/"
cp "$work/@mermaid-js/tiny/dist/mermaid.tiny.js" "$work/@mermaid-js/tiny/LICENSE" "$target/"
