#!/bin/sh
# Programs and a font that the external tests use, by apt, in one go: two test workers must not both ask dpkg.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends \
    chromium fonts-noto-cjk libreoffice-writer-nogui npm strace >/dev/null
