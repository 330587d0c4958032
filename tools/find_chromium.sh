#!/bin/sh
# Sees to it that there is a Chromium for the tests: the system's, else Playwright's own where its hosts can be reached.
set -eu

for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
exec "${1:?the Python that has playwright}" -m playwright install chromium
