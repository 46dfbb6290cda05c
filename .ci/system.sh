#!/bin/sh
# Programs and a font that the external tests use, by apt, in one go: two test workers must not both ask dpkg.
set -eu
export DEBIAN_FRONTEND=noninteractive
packages=fonts-noto-cjk
for pair in chromium:chromium soffice:libreoffice-writer-nogui npm:npm strace:strace; do
    command -v "${pair%%:*}" >/dev/null || packages="$packages ${pair#*:}"
done
apt-get update -qq
# shellcheck disable=SC2086  # several words on purpose
apt-get install -y -qq --no-install-recommends $packages >/dev/null
