#!/usr/bin/env bash
# Installs the system packages that the tests use, where they are missing (Debian and its relatives; elsewhere it
# names what to install). Rust itself is expected to be there.
set -euo pipefail

need() { # need PROGRAM PACKAGE: installs a system package when its program is missing
    command -v "$1" >/dev/null || install "$2"
}
install() {
    if ! command -v apt-get >/dev/null; then
        echo "setup: please install \`$1\` with your system's package manager" >&2
        exit 1
    fi
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq "$1" >/dev/null
}

need git git
need cc gcc
need redis-server redis-server
need strace strace
need node nodejs
need npm npm
need openssl openssl
need curl curl
need python3 python3
# Its module for environments of their own is a package by itself.
python3 -c 'import ensurepip, venv' 2>/dev/null || install python3-venv
need chromium chromium
