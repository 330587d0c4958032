#!/bin/sh
# Installs the system's ExifTool if possible. The newest version comes from npm and needs Perl.
set -eu

if ! command -v exiftool >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ExifTool" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    libimage-exiftool-perl >/dev/null
fi
command -v perl >/dev/null || { echo "ExifTool needs Perl" >&2; exit 1; }
