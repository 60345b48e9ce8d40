#!/usr/bin/env bash
# mcp-check [FOLDER]: real MCP clients, the official Python one and the MCP Inspector, against both
# servers over pipes and HTTP. FOLDER holds the programs; they are built if it is left out.
# Needs cargo, python3, git, npm and their package indexes. Every step has a time limit.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
servers=()
finish() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

fail() {
    printf 'mcp-check: %s\n' "$*" >&2
    exit 1
}

folder=${1:-}
if [ -z "$folder" ]; then
    cargo build --quiet -p contextos -p headroom
    folder=${CARGO_TARGET_DIR:-target}/debug
fi
folder=$(realpath "$folder")

echo "== the official Python client"
timeout 120 python3 -m venv "$work/python"
timeout 300 "$work/python/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0
timeout 900 "$work/python/bin/python" scripts/mcp_clients.py "$folder"

echo "== the MCP Inspector"
timeout 600 npm install --silent --no-audit --no-fund --prefix "$work/npm" \
    @modelcontextprotocol/inspector@0.15.0
mkdir "$work/home"
git -C "$work" init -q project
printf 'def refresh(token):\n    return token\n' >"$work/project/token.py"
git -C "$work/project" add token.py
git -C "$work/project" -c user.name=a -c user.email=a@example.com commit -q -m 'Refresh the token'
export HOME="$work/home" HEADROOM_WORKSPACE_DIR="$work/home" HEADROOM_PROXY_URL=http://127.0.0.1:9
unset HEADROOM_BASE_URL HEADROOM_API_KEY

inspect() { # inspect SERVER… -- ARGUMENTS of the Inspector: what it prints
    local server=()
    while [ "$1" != -- ]; do server+=("$1"); shift; done
    shift
    timeout 120 "$work/npm/node_modules/.bin/mcp-inspector" --cli "${server[@]}" "$@" 2>&1
}
tools() { # tools SERVER… -- NAME…: the Inspector lists them and has nothing to say about their schemas
    local server=()
    while [ "$1" != -- ]; do server+=("$1"); shift; done
    shift
    inspect "${server[@]}" -- --method tools/list >"$work/tools" || fail "$(cat "$work/tools")"
    for name in "$@"; do
        grep -q "^      \"name\": \"$name\"" "$work/tools" || fail "${server[*]}: no tool $name"
    done
    if grep -v '^[]{}[:space:]]' "$work/tools"; then fail "the Inspector complains about a schema"; fi
}
call() { # call SERVER… -- TOOL PART ARGUMENT…: the tool's answer holds PART
    local server=() tool part
    while [ "$1" != -- ]; do server+=("$1"); shift; done
    tool=$2 part=$3
    shift 3
    local arguments=()
    for argument in "$@"; do arguments+=(--tool-arg "$argument"); done
    inspect "${server[@]}" -- --method tools/call --tool-name "$tool" "${arguments[@]}" >"$work/answer" || true
    grep -q -e "$part" "$work/answer" || fail "${server[*]}: $tool: no $part in $(cat "$work/answer")"
}
listen() { # listen PROGRAM ARGUMENTS…: sets url to where it says that it listens
    local output line
    exec {output}< <(cd "$work/project" && exec "$@")
    servers+=($!)
    read -r -t 60 -u "$output" line || fail "$1 doesn't say where it listens"
    url=${line##* }
}

headroom() {
    tools "$@" -- headroom_compress headroom_retrieve headroom_stats
    call "$@" -- headroom_compress '"hash": "[0-9a-f]\{24\}"' "content=$text"
    hash=$(sed -n 's/^ *"hash": "\([0-9a-f]\{24\}\)".*/\1/p' "$work/answer")
    call "$@" -- headroom_retrieve 'request 317 of the same kind' "hash=$hash" query=317
    call "$@" -- headroom_retrieve '"isError": true' hash=0123456789abcdef01234567
    call "$@" -- headroom_stats '"max_bytes"'
    call "$@" -- headroom_nothing 'rror'
}
contextos() {
    tools "$@" -- pack_context list_files get_file find_symbol explain_selection
    call "$@" -- scan_repo '"files": 1'
    call "$@" -- pack_context 'def refresh' 'task=refresh the token' budget=500
    call "$@" -- list_files '"path": "token.py"' 'task=refresh the token'
    call "$@" -- get_file 'def refresh' rel_path=token.py
    call "$@" -- get_summary '"language": "python"' rel_path=token.py
    # The Inspector writes the arguments of tools that aren't listed as text.
    call "$@" -- churn_report '"days": 30'
    call "$@" -- find_symbol '"kind": "function"' name=refresh
    call "$@" -- explain_selection '"in_pack": true' 'task=refresh the token' path=token.py
    call "$@" -- get_file '"isError": true' rel_path=/etc/passwd
    # What is no number, the Inspector sends as null, which is none.
    call "$@" -- pack_context 'def refresh' 'task=refresh the token' budget=many
    call "$@" -- pack_context '`budget`' 'task=refresh the token' budget=-1
    call "$@" -- nothing 'rror'
    inspect "$@" -- --method resources/list >"$work/answer" || fail "$(cat "$work/answer")"
    grep -q contextos://memory "$work/answer" || fail "no resources in $(cat "$work/answer")"
    inspect "$@" -- --method prompts/get --prompt-name context_for_task \
        --prompt-args 'task=refresh the token' >"$work/answer" || fail "$(cat "$work/answer")"
    grep -q 'def refresh' "$work/answer" || fail "no prompt in $(cat "$work/answer")"
}

text=$(seq -f 'request %g of the same kind was answered with status 200' 400)
headroom "$folder/headroom" mcp serve
listen "$folder/headroom" mcp serve --transport http --port 0
headroom "$url"
contextos "$folder/contextos" serve "$work/project" --stdio
listen "$folder/contextos" serve --port 0
contextos "$url"
echo "== mcp-check: all of it holds"
