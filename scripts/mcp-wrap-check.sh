#!/usr/bin/env bash
# mcp-wrap-check [FOLDER]: servers of the npm registry behind `headroom mcp wrap`. Every tool of each is called
# directly and through the relay, plain, --slim and --lazy, over pipes and (one server) over HTTP; prints the table
# of docs/MCP_SETUP.md. FOLDER holds the program; it is built if it is left out.
# Needs cargo, python3, git, chromium, npm and its registry. Takes some minutes, so it isn't part of test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

folder=${1:-}
if [ -z "$folder" ]; then
    cargo build --quiet -p headroom
    folder=${CARGO_TARGET_DIR:-target}/debug
fi

packages=${MCP_WRAP_PACKAGES:-$work/npm}
if [ ! -d "$packages/node_modules" ]; then
    timeout 900 npm install --silent --no-audit --no-fund --prefix "$packages" \
        @modelcontextprotocol/server-filesystem@2026.8.31 \
        @modelcontextprotocol/server-everything@2026.8.31 \
        @modelcontextprotocol/server-memory@2026.8.31 \
        @modelcontextprotocol/server-sequential-thinking@2026.8.31 \
        @modelcontextprotocol/server-github@2025.4.8 \
        @cyanheads/git-mcp-server@2.15.3 @playwright/mcp@0.0.83 mcp-sqlite@1.0.9
fi
timeout 3000 python3 scripts/mcp_wrap_check.py "$(realpath "$folder")/headroom" "$packages/node_modules" "$work"
