# shellcheck shell=bash disable=SC2154,SC2164
# The plugin, by Claude Code itself: its manifests are valid, and it is installed from this repository into an empty home.

mkdir -p "$work/claude" "$work/claude-home"
npm install --silent --no-audit --no-fund --prefix "$work/claude" @anthropic-ai/claude-code@2.1.332
claude() {
    env -i HOME="$work/claude-home" PATH="$programs:/usr/local/bin:/usr/bin:/bin" DISABLE_AUTOUPDATER=1 \
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 timeout 120 "$work/claude/node_modules/.bin/claude" "$@"
}
claude plugin validate . >"$work/said" || fail "the marketplace: $(cat "$work/said")"
claude plugin validate plugin >"$work/said" || fail "the plugin: $(cat "$work/said")"
claude plugin marketplace add "$PWD" >/dev/null
claude plugin install headroom@headroom >/dev/null
claude plugin list --json >"$work/plugins.json"
jq -e --arg version "$version" '.[] | select(.id == "headroom@headroom")
    | .version == $version and .enabled and (.mcpServers | keys == ["contextos", "headroom"])' \
    "$work/plugins.json" >/dev/null || fail "the installed plugin: $(cat "$work/plugins.json")"
say "the plugin of Claude Code"
