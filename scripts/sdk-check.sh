#!/usr/bin/env bash
# The official Python SDKs of the providers, and a raw client, through the built server to the stub
# provider: every answer has to be the one that they get without the server in between.
# Needs cargo, python3 with venv, and pip's package index. Every step has a time limit.
#
#   scripts/sdk-check.sh [FOLDER]     FOLDER has the built programs and examples; else they are built
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
built=${1:-}
if [ -z "$built" ]; then
    cargo build --quiet --workspace --bins --examples
    built=${CARGO_TARGET_DIR:-target}/debug
fi
timeout 120 python3 -m venv "$work/python"
timeout 300 "$work/python/bin/pip" install --quiet --disable-pip-version-check anthropic==2.12.0 openai==3.54.0
timeout 300 "$work/python/bin/python" scripts/sdk_clients.py "$built/headroom" "$built/examples/provider"
