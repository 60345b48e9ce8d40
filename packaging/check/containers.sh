# shellcheck shell=bash disable=SC2154,SC2164
# The container: its files by their linters, and, since there may be no engine here, what it runs by hand: two replicas
# with one Redis, on all addresses, with a token; the health check; a text whose original one replica stores and the
# other retrieves; a replica that stops.

python=$(validators)
"$python/bin/hadolint" packaging/docker/Dockerfile
"$python/bin/check-jsonschema" --builtin-schema vendor.compose-spec packaging/docker/compose.yaml >/dev/null
if ! command -v redis-server >/dev/null; then
    say "the Dockerfile and compose.yaml, by their linters only: redis-server isn't here"
    return
fi

socket_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
redis_port=$(socket_port)
# As in compose.yaml, on a port of loopback.
redis-server --save "" --maxmemory 1gb --maxmemory-policy allkeys-lru --bind 127.0.0.1 --port "$redis_port" \
    --dir "$work" >"$work/redis.log" &
servers+=($!)
wait_for "$work/redis.log" '/Ready to accept connections/p' >/dev/null

# A static program runs where the image has it: in a root with nothing else, as a user without rights.
in_image=()
program=$programs/headroom
home=$work/home
if [ "$(id -u)" = 0 ] && are_static; then
    mkdir -p "$work/image"/{usr/local/bin,home,tmp}
    cp "$program" "$work/image/usr/local/bin/"
    in_image=("$(command -v chroot)" --userspec=65532:65532 "$work/image")
    program=/usr/local/bin/headroom
    home=/home
    chmod 755 "$work"
fi

replica() { # replica NAME: starts one, as the image does, with an empty home
    install -d --owner=65532 "$work/image/home/$1" 2>/dev/null || true
    mkdir -p "$work/home/$1"
    env -i HOME="$home/$1" HEADROOM_HOST=0.0.0.0 HEADROOM_PORT=0 HEADROOM_API_KEY=example-token \
        HEADROOM_STORE="redis://127.0.0.1:$redis_port" "${in_image[@]}" "$program" serve >"$work/$1.log" 2>&1 &
    servers+=($!)
}
replica first
first_process=$!
replica second
first=http://127.0.0.1:$(wait_for "$work/first.log" 's/.*listens on .*:\([0-9]*\)$/\1/p')
second=http://127.0.0.1:$(wait_for "$work/second.log" 's/.*listens on .*:\([0-9]*\)$/\1/p')
healthy() { # healthy URL: the health check of the image
    env -i HOME="$home/probe" HEADROOM_BASE_URL="$1" HEADROOM_API_KEY=example-token \
        "${in_image[@]}" "$program" status >/dev/null 2>&1
}
healthy "$first" || fail "the health check fails for a server that runs"
healthy "$second" || fail "the health check fails for a server that runs"

seq 2000 | sed 's/^/INFO worker finished item /' | jq -Rs '{text: .}' >"$work/text.json"
ask() { curl -fsS -H 'Content-Type: application/json' "$@"; }
ask --data-binary "@$work/text.json" "$first/v1/compress" >"$work/compressed.json"
jq -r '.ccr_hashes[]' "$work/compressed.json" >"$work/hashes"
[ -s "$work/hashes" ] || fail "nothing was omitted"
while read -r hash; do
    ask "$second/v1/retrieve/$hash" | jq -r .original_content
done <"$work/hashes" | grep -c . >"$work/lines"
[ "$(cat "$work/lines")" = 2000 ] || fail "the second replica has $(cat "$work/lines") of 2000 lines"

kill -TERM "$first_process"
wait "$first_process" 2>/dev/null || true
if healthy "$first"; then fail "the health check succeeds for a server that has stopped"; fi
healthy "$second" || fail "the second replica stopped with the first"
say "two replicas, one Redis, and the health check${in_image[*]:+, in a root with the program only}; the Dockerfile by its linter only"
