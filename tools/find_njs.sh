#!/bin/sh
# Finds or installs njs, on which CloudFront's runtime is based, if possible. Without it, the tests that need it are
# skipped, except in CI, where they fail.
set -eu

command -v njs >/dev/null && exit 0
if command -v apt-get >/dev/null; then
  as_root=
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  if [ -z "$as_root" ] || $as_root true 2>/dev/null; then
    echo "Installing njs" >&2
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq njs >/dev/null &&
      exit 0
  fi
fi
echo "njs is not installed, so the edge function is not tested on it (Debian and Ubuntu: apt install njs)" >&2
