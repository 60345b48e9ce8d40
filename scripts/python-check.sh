#!/usr/bin/env bash
# python-check [FOLDER]: builds the wheel headroom-ai, installs it into a fresh environment as a user
# would, and follows docs/HEADROOM.md from there, with the Python program `contextos` (rm-contextos) as
# the client. With FOLDER, where the dev profile's programs and examples are built already, the wheel is
# made of them and of a module of that profile; else it is the wheel that users get.
# Needs cargo, python3 and a package index. Every step has a time limit; reaching it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

settings=()
tables=()
if [ $# != 0 ]; then
    built=$(realpath "$1")
    settings=(--config-settings profile=dev --config-settings "executable=$built/headroom")
    tables=("$built/examples/tiktoken_file")
fi

work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'python-check: %s\n' "$*" >&2
    exit 1
}

say "the wheel"
timeout 120 python3 -m venv "$work/build"
timeout 300 "$work/build/bin/pip" install --quiet 'maturin>=1.16,<2'
PATH="$work/build/bin:$PATH" timeout 1200 "$work/build/bin/python" -m pip wheel --quiet \
    --no-deps --no-build-isolation --wheel-dir "$work/wheels" "${settings[@]}" python/headroom-ai
ls -l "$work/wheels"

scripts/tiktoken-cache.sh "$work/tiktoken" "${tables[@]}"

# From here on nothing of this user's but what pip needs, and of Headroom nothing but the wheel.
mkdir "$work/home"
at_home() { HOME="$work/home" timeout "$@"; }
unset "${!HEADROOM_@}" CLAUDE_CONFIG_DIR VIRTUAL_ENV PYTHONPATH

say "pip install 'headroom-ai[mcp]', with nothing else to install it from"
timeout 120 python3 -m venv "$work/user"
bin="$work/user/bin"
timeout 300 "$bin/pip" install --quiet --no-index --find-links "$work/wheels" 'headroom-ai[mcp]'
export PATH="$bin:$PATH"
at_home 30 headroom --version

say "the module"
at_home 120 python -m unittest discover --start-directory python/headroom-ai/tests
python - <<'PYTHON'
import statistics, subprocess, sys
program = "import time; t = time.perf_counter(); import headroom_ai; print(time.perf_counter() - t)"
times = [float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(9)]
print(f"import headroom_ai: median {statistics.median(times) * 1000:.1f} ms")
PYTHON

say "headroom serve &"
HOME="$work/home" HEADROOM_PORT=0 headroom serve >"$work/serve.out" 2>"$work/serve.err" &
server=$!
url=$(timeout 30 python - "$work/serve.out" <<'PYTHON'
import re, sys, time
while True:
    found = re.search(r"Headroom listens on (http://\S+)\n", open(sys.argv[1]).read())
    if found:
        print(found[1])
        break
    time.sleep(0.01)
PYTHON
) || fail "headroom serve does not say where it listens: $(cat "$work/serve.err")"
export HEADROOM_BASE_URL=$url
echo "$url"

say "headroom mcp install --agent claude, in an empty home"
at_home 30 headroom mcp install --agent claude
at_home 30 python - "$work/home/.claude.json" "$bin/headroom" <<'PYTHON'
import json, subprocess, sys
config = json.load(open(sys.argv[1]))
entry = config["mcpServers"]["headroom"]
assert entry == {"command": sys.argv[2], "args": ["mcp", "serve"]}, entry
begin = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "check", "version": "0"}}
message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}
command = [entry["command"], *entry["args"]]
answer = subprocess.run(command, input=json.dumps(message) + "\n", capture_output=True, text=True)
print(json.loads(answer.stdout)["result"]["serverInfo"])
PYTHON
at_home 30 headroom mcp status
at_home 30 headroom mcp uninstall --agent claude
[ ! -e "$work/home/.claude.json" ] || fail "mcp uninstall left .claude.json behind"

say "contextos pack --compress headroom, by the Python program"
timeout 300 "$bin/pip" install --quiet rm-contextos==0.1.2 tiktoken
python -c 'import headroom_ai, sys; sys.exit(not headroom_ai.__version__.startswith("0.5"))' ||
    fail "the package index replaced our headroom-ai"
export TIKTOKEN_CACHE_DIR="$work/tiktoken" COLUMNS=200
mkdir "$work/repository"
git archive HEAD crates/agent-config crates/tokens/src crates/testkit | tar -x -C "$work/repository"
cd "$work/repository"
at_home 240 contextos pack . --task "fix how a config entry is removed" --budget 8000 --no-timestamp \
    --out "$work/whole.md" >/dev/null
at_home 240 contextos pack . --task "fix how a config entry is removed" --budget 8000 --no-timestamp \
    --compress headroom --out "$work/compressed.md"
timeout 60 python - "$work/whole.md" "$work/compressed.md" <<'PYTHON'
import sys, tiktoken
count = lambda path: len(tiktoken.get_encoding("o200k_base").encode(open(path).read()))
whole, compressed = map(count, sys.argv[1:])
print(f"{whole} tokens, {compressed} compressed: {100 - 100 * compressed / whole:.1f} % less")
assert 0 < compressed < whole, "the pack is not smaller"
PYTHON

say "the second error, when the server is gone"
kill "$server"
wait "$server" || true
server=
if at_home 240 contextos pack . --task "fix how a config entry is removed" --budget 8000 \
    --compress headroom >"$work/gone.out" 2>&1; then
    fail "contextos found something to compress with, and there is nothing"
fi
grep -q "not responding" "$work/gone.out" || fail "unexpected: $(cat "$work/gone.out")"
say "python-check: all of it holds"
