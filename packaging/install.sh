#!/bin/sh
# Installs contextos and headroom for this user.
#
#   curl -fsSL URL/install.sh | sh
#
# HEADROOM_URL      where the archives and SHA256SUMS are (a release sets it to its own address)
# HEADROOM_VERSION  the version (a release sets it to its own)
# HEADROOM_BIN      the folder for the programs (default: ~/.local/bin)
#
# Needs curl or wget, tar, gzip, and sha256sum or shasum. Everything is checked before anything is replaced.
set -eu

fail() {
    echo "install: $*" >&2
    exit 1
}

main() {
    url=${HEADROOM_URL:-@URL@}
    version=${HEADROOM_VERSION:-@VERSION@}
    case $url in @*) fail "set HEADROOM_URL to the address of the archives" ;; esac
    case $version in @*) fail "set HEADROOM_VERSION to the version to install" ;; esac
    bin=${HEADROOM_BIN:-${HOME:?}/.local/bin}

    name=headroom-$version-$(target)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    download "$url/SHA256SUMS" "$work/SHA256SUMS"
    expected=$(awk -v file="$name.tar.gz" '$2 == file { print $1 }' "$work/SHA256SUMS")
    [ -n "$expected" ] || fail "there is no $name.tar.gz at $url"
    download "$url/$name.tar.gz" "$work/archive.tar.gz"
    [ "$(checksum "$work/archive.tar.gz")" = "$expected" ] || fail "the checksum of $name.tar.gz is wrong"
    tar -xzf "$work/archive.tar.gz" -C "$work"

    mkdir -p "$bin"
    for program in contextos headroom; do
        # Beside the old one, then in its place: a program that runs keeps its own file.
        cp "$work/$name/$program" "$bin/.$program.new"
        chmod 755 "$bin/.$program.new"
        "$bin/.$program.new" --version >/dev/null || fail "$program doesn't run on this machine"
        mv -f "$bin/.$program.new" "$bin/$program"
    done
    echo "contextos and headroom $version are in $bin"
    case ":$PATH:" in
        *":$bin:"*) ;;
        *) echo "$bin isn't in your PATH; add it: export PATH=\"$bin:\$PATH\"" ;;
    esac
}

target() {
    case $(uname -s) in
        Linux) system=unknown-linux-musl ;;
        Darwin) system=apple-darwin ;;
        *) fail "there is no archive for $(uname -s); build from source with cargo" ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) echo "x86_64-$system" ;;
        aarch64 | arm64) echo "aarch64-$system" ;;
        *) fail "there is no archive for $(uname -m); build from source with cargo" ;;
    esac
}

download() { # download URL FILE
    if command -v curl >/dev/null; then
        curl -fsSL --retry 2 -o "$2" "$1" || fail "can't download $1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$1" || fail "can't download $1"
    else
        fail "neither curl nor wget is here"
    fi
}

checksum() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

# All of it is read before anything is done, so that a download that breaks off does nothing.
main
