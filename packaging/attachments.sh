#!/usr/bin/env bash
# Makes what a release attaches beside its archives, of all archives in OUT: installers that know their address, wheels,
# MCP bundles and the registry's entries, the Homebrew formula, npm packages, and SHA256SUMS of all of it.
#
#   packaging/attachments.sh OUT
#
# URL is the address under which the release will have the files; MCP_NAMESPACE and NPM_SCOPE (if there is one) are as
# in mcpb.py and npm.py.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(cd "${1:?usage: packaging/attachments.sh OUT}" && pwd)
: "${URL:?the address of the release}"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for installer in install.sh install.ps1; do
    sed -e "s|@URL@|$URL|" -e "s|@VERSION@|$version|" "packaging/$installer" >"$out/$installer"
done
packaging/wheels.py "$out" "$work/wheels"
packaging/mcpb.py "$out" "$work/mcpb" "$URL"
packaging/homebrew.py "$out" "$URL" >"$out/headroom.rb"
mv "$work"/wheels/* "$work"/mcpb/* "$out/"
if [ -n "${NPM_SCOPE:-}" ]; then
    packaging/npm.py "$out" "$work/npm" "$NPM_SCOPE"
    for package in "$work"/npm/*; do
        (cd "$out" && npm pack --silent "$package")
    done
fi
cd "$out"
rm -f SHA256SUMS
sha256sum -- * | sort -k 2 >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" .
