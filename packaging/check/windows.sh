# shellcheck shell=bash disable=SC2154,SC2164
# The programs for Windows under Wine: WINDOWS_PROGRAMS is the folder of contextos.exe and headroom.exe. A pack of files
# with CRLF for a task with a path of Windows; an original stored and retrieved; the exit code of a command; the server;
# an agent's configuration below %USERPROFILE%. There is no git in Wine, so the pack has no history. Versions of Wine
# before 9 lack bcryptprimitives.dll, which Rust's programs need.

windows=$(cd "${WINDOWS_PROGRAMS:?the folder of the programs for Windows}" && pwd)
export WINEPREFIX=$work/wine WINEDEBUG=-all
mkdir "$WINEPREFIX"
wine wineboot -i >/dev/null 2>&1
servers_of_wine() { wineserver -k 2>/dev/null || true; }
on_windows() { # on_windows PROGRAM ARGUMENTS…
    local program=$1
    shift
    timeout 120 wine "$windows/$program.exe" "$@"
}

[ "$(on_windows contextos --version | tr -d '\r')" = "contextos $version" ]
[ "$(on_windows headroom --version | tr -d '\r')" = "headroom $version" ]

mkdir -p "$work/shop/src/auth"
printf 'def refresh(token):\r\n    return token\r\n' >"$work/shop/src/auth/token.py"
seq 500 | sed 's/^/INFO worker finished item /' >"$work/shop/worker.log"
(
    cd "$work/shop"
    on_windows contextos pack . --task 'C:\shop\src\auth\token.py(2,5): refresh fails' --budget 2k --quiet >/dev/null 2>&1
    grep -q '^### src/auth/token.py:1-2$' .contextos/context_pack.md || fail "a pack's paths on Windows: $(cat .contextos/context_pack.md)"
    if grep -q $'\r' .contextos/context_pack.md; then fail "a pack has line ends of Windows"; fi

    on_windows headroom compress worker.log >"$work/short" 2>/dev/null
    hash=$(grep -o 'hash=[0-9a-f]*' "$work/short" | head -n 1 | cut -d = -f 2)
    on_windows headroom retrieve "$hash" --lines 123 2>/dev/null | grep -q 'item 123'
)
say "Windows: a pack, an original"

status=0
on_windows headroom run -- cmd /c 'exit 5' >/dev/null 2>&1 || status=$?
[ "$status" = 5 ] || fail "the exit code of a command on Windows: $status"
on_windows headroom serve --port 0 >"$work/wine.log" 2>/dev/null &
wine_url=http://127.0.0.1:$(wait_for "$work/wine.log" 's/.*listens on .*:\([0-9]*\)\r*$/\1/p')
curl -fsS "$wine_url/livez" | grep -q healthy
HEADROOM_BASE_URL=$wine_url on_windows headroom status >/dev/null 2>&1 || fail "headroom status on Windows"
mkdir -p "$WINEPREFIX/drive_c/users/$(id -un)/.claude"
on_windows headroom mcp install --agent claude >/dev/null 2>&1
grep -q '"serve"' "$WINEPREFIX/drive_c/users/$(id -un)/.claude.json" || fail "no configuration below %USERPROFILE%"
servers_of_wine
unset WINEPREFIX WINEDEBUG
say "Windows: exit codes, the server, an agent's configuration"
