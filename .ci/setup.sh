#!/bin/sh
# Make .venv and install a hash-locked list into it: sh .ci/setup.sh requirements.lock
set -eu
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "需要 Python 3.11 或更新版本; 请安装后用 make all PYTHON=python3.11 / Python 3.11 or newer is needed; install it and say make all PYTHON=python3.11" >&2
    exit 5
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "这个 Python 没有 venv/ensurepip; Debian/Ubuntu 请运行 sudo apt install python3-venv / this Python lacks venv; on Debian or Ubuntu: sudo apt install python3-venv" >&2
    exit 5
fi
[ -d .venv ] || "$python" -m venv .venv
bin=.venv/bin
[ -d "$bin" ] || bin=.venv/Scripts
echo "安装依赖 installing packages ($1)"
"$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
"$bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
