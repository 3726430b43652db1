#!/usr/bin/env bash
# Chromium for the browser tests: Debian's, installed where we may; without it those tests are skipped and say so.
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && exit 0; done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium for the browser tests …"
  apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1 && exit 0
fi
echo "No Chromium here, and no right to install it: the browser tests will be skipped (apt-get install chromium)."
