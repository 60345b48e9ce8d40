#!/usr/bin/env bash
# Runs all tests. What they use beside Rust is installed by scripts/setup.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in git cc redis-server strace node npm openssl curl python3 chromium; do
    command -v "$program" >/dev/null || {
        echo "test: \`$program\` is missing; ./scripts/setup.sh installs it" >&2
        exit 1
    }
done

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast
else
    cargo test --workspace --no-fail-fast
fi
cargo test --workspace --doc --quiet

# The pages: every command in them, and every link.
scripts/docs-check.py "${CARGO_TARGET_DIR:-target}/debug"
scripts/check-links.py

# Other people's programs against ours, as the tests above have built them.
built=${CARGO_TARGET_DIR:-target}/debug
scripts/mcp-check.sh "$built"
scripts/python-check.sh "$built"
scripts/sdk-check.sh "$built"
scripts/agents-check.sh "$built"
