#!/bin/sh
# Finds or installs Chromium for the tests: the system's, or else Playwright's if its hosts can be reached.
set -eu

for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
exec "${1:?usage: find_chromium.sh PYTHON_WITH_PLAYWRIGHT}" -m playwright install chromium
