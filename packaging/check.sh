#!/usr/bin/env bash
# Makes a release of built programs and installs it in every way that can be tried on this machine, from a file server
# on loopback: the archive twice (the same bytes), install.sh with curl and with wget, a wrong checksum, npm and npx.
#
#   packaging/check.sh PROGRAMS
#
# PROGRAMS is the folder of programs that this machine runs. Needs curl, wget, python3, node and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(cd "${1:?usage: packaging/check.sh PROGRAMS}" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
target=$(uname -m | sed 's/arm64/aarch64/')-unknown-linux-musl
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
say() { echo "packaging: $*"; }

packaging/archive.sh "$target" "$programs" "$work/release" >/dev/null
first=$(cat "$work/release/SHA256SUMS")
packaging/archive.sh "$target" "$programs" "$work/release" >/dev/null
[ "$first" = "$(cat "$work/release/SHA256SUMS")" ]
say "two archives of the same programs are the same bytes"

python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/release" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/server.log")
    [ -z "$port" ] || break
    sleep 0.1
done
url=http://127.0.0.1:$port

# A machine with nothing of the caller's but the tools that the installer names.
install_with() { # install_with HOME TOOLS…
    local home=$1 tool
    shift
    mkdir -p "$home/tools"
    for tool in sh uname mktemp awk tar gzip sha256sum cut cp chmod mv mkdir rm cat "$@"; do
        ln -sf "$(command -v "$tool")" "$home/tools/"
    done
    env -i HOME="$home" PATH="$home/tools" HEADROOM_URL="$url" HEADROOM_VERSION="$version" \
        sh packaging/install.sh
}
for tool in curl wget; do
    install_with "$work/$tool" "$tool" >"$work/said"
    grep -q "contextos and headroom $version are in $work/$tool/.local/bin" "$work/said"
    grep -q "isn't in your PATH" "$work/said"
    for program in contextos headroom; do
        [ "$(env -i "$work/$tool/.local/bin/$program" --version)" = "$program $version" ]
    done
    say "install.sh with $tool"
done
printf 'x\n' >>"$work/release/headroom-$version-$target.tar.gz"
if install_with "$work/broken" curl 2>"$work/said"; then exit 1; fi
grep -q "the checksum of headroom-$version-$target.tar.gz is wrong" "$work/said"
[ ! -e "$work/broken/.local/bin/headroom" ]
say "a wrong checksum installs nothing"

packaging/archive.sh "$target" "$programs" "$work/release" >/dev/null
python3 packaging/npm.py "$work/release" "$work/npm" @example >/dev/null
mkdir "$work/packed" "$work/project"
for package in "$work"/npm/*; do
    (cd "$work/packed" && npm pack --silent "$package" >/dev/null)
done
(
    cd "$work/project"
    export HOME=$work/project npm_config_offline=true npm_config_update_notifier=false
    npm init --yes >/dev/null
    npm install --silent --no-audit --no-fund "$work"/packed/*.tgz
    for program in contextos headroom; do
        [ "$(npx --no-install "$program" --version)" = "$program $version" ]
    done
    [ "$(printf 'as it is' | npx --no-install headroom compress)" = "as it is" ]
    # What a program answers is what its launcher answers.
    if npx --no-install headroom retrieve 000000000000 2>/dev/null; then exit 1; fi
)
say "npm install and npx"
