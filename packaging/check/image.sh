# shellcheck shell=bash disable=SC2154,SC2164
# The image of the Dockerfile, built by buildah and run by podman as compose.yaml says: two replicas with one Redis, the
# health check, a text whose original one replica stores and the other retrieves, a replica that stops. The images that
# the Dockerfile begins with are stand-ins, because none can be pulled: an Alpine of busybox whose cargo has the program
# already, and an empty root. Needs root, buildah, podman, runc, busybox-static, redis-server, and static programs.

[ "$(id -u)" = 0 ] || fail "the part image needs root"
are_static || fail "the part image needs static programs"
store=(--root "$work/images" --runroot "$work/images.run" --storage-driver vfs)

# stand_in NAME FOLDER: an image of what is in the folder.
stand_in() {
    local container
    container=$(buildah "${store[@]}" from scratch)
    buildah "${store[@]}" copy --quiet "$container" "$2" / >/dev/null
    buildah "${store[@]}" config --env PATH=/usr/local/bin:/usr/bin:/bin "$container"
    buildah "${store[@]}" commit --quiet "$container" "$1" >/dev/null
    buildah "${store[@]}" rm "$container" >/dev/null
}
alpine_image=$work/alpine-image
mkdir -p "$alpine_image"/{bin,tmp,prebuilt}
cp "$(command -v busybox)" "$alpine_image/bin/busybox"
for applet in sh mkdir cp chmod test ls; do ln -s busybox "$alpine_image/bin/$applet"; done
cp "$programs/headroom" "$alpine_image/prebuilt/"
cat >"$alpine_image/bin/apk" <<'APK'
#!/bin/sh
test "$*" = "add --no-cache musl-dev"
APK
# It has everything that cargo needs of the context, and nothing that it doesn't.
cat >"$alpine_image/bin/cargo" <<'CARGO'
#!/bin/sh
set -e
test "$*" = "build --release --locked -p headroom"
test -s Cargo.toml && test -s Cargo.lock && test -d crates/headroom/src && test -d python/headroom-ai
test ! -e target && test ! -e docs && test ! -e .git
mkdir -p target/release && cp /prebuilt/headroom target/release/
CARGO
chmod +x "$alpine_image/bin/apk" "$alpine_image/bin/cargo"
mkdir -p "$work/distroless"/{home/nonroot,tmp,etc}
echo 'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin' >"$work/distroless/etc/passwd"
chown -R 65532:65532 "$work/distroless/home/nonroot"
stand_in "$(sed -n 's/^FROM \(\S*\) AS build$/docker.io\/library\/\1/p' packaging/docker/Dockerfile)" "$alpine_image"
stand_in gcr.io/distroless/static-debian12:base "$work/distroless"
printf 'FROM gcr.io/distroless/static-debian12:base\nUSER 65532\nENV HOME=/home/nonroot\n' \
    | buildah "${store[@]}" bud --quiet --isolation chroot --pull-never -f - \
        -t "$(sed -n 's/^FROM \(gcr.*\)$/\1/p' packaging/docker/Dockerfile)" . >/dev/null
buildah "${store[@]}" bud --quiet --isolation chroot --pull-never --format docker \
    --ignorefile packaging/docker/Dockerfile.dockerignore -f packaging/docker/Dockerfile -t headroom . >/dev/null \
    || fail "the image isn't built"

image_redis_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --save "" --bind 127.0.0.1 --port "$image_redis_port" --dir "$work" >"$work/image-redis.log" &
servers+=($!)
wait_for "$work/image-redis.log" '/Ready to accept connections/p' >/dev/null

# This machine's network, because an engine in a sandbox has no other; and its limits, which such an engine can't raise.
engine() { podman "${store[@]}" --runtime runc --cgroup-manager cgroupfs "$@"; }
run_replica() { # run_replica NAME PORT: with the restrictions of compose.yaml
    engine run --detach --name "$1" --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --read-only \
        --tmpfs /home/nonroot/.headroom:rw,mode=1777 --cap-drop ALL --security-opt no-new-privileges \
        --env HEADROOM_HOST=127.0.0.1 --env HEADROOM_PORT="$2" --env HEADROOM_API_KEY=example-token \
        --env HEADROOM_BASE_URL="http://127.0.0.1:$2" \
        --env HEADROOM_STORE="redis://127.0.0.1:$image_redis_port" localhost/headroom >/dev/null 2>"$work/said" \
        || fail "the image isn't run: $(cat "$work/said")"
}
remove_replicas() { engine rm --force --all >/dev/null 2>&1 || true; }
first_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
second_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
run_replica first "$first_port"
run_replica second "$second_port"
is_healthy() { engine healthcheck run "$1" >/dev/null 2>&1; }
for name in first second; do
    for _ in $(seq 50); do
        if is_healthy "$name"; then break; fi
        sleep 0.2
    done
    is_healthy "$name" || { engine logs "$name"; remove_replicas; fail "the replica $name isn't healthy"; }
done
seq 2000 | sed 's/^/INFO worker finished item /' | jq -Rs '{text: .}' >"$work/image-text.json"
ask_replica() { curl -fsS -H 'Content-Type: application/json' "$@"; }
ask_replica --data-binary "@$work/image-text.json" "http://127.0.0.1:$first_port/v1/compress" \
    | jq -r '.ccr_hashes[]' >"$work/image-hashes"
[ -s "$work/image-hashes" ] || fail "nothing was omitted"
while read -r hash; do
    ask_replica "http://127.0.0.1:$second_port/v1/retrieve/$hash" | jq -r .original_content
done <"$work/image-hashes" >"$work/image-lines"
[ "$(grep -c . "$work/image-lines")" = 2000 ] || fail "the second replica doesn't have all lines"
engine stop --time 40 first >/dev/null 2>&1
[ "$(engine inspect --format '{{.State.ExitCode}}' first)" = 0 ] || fail "a replica that is stopped fails"
if is_healthy first; then fail "the health check succeeds for a replica that has stopped"; fi
is_healthy second || fail "the second replica stopped with the first"
remove_replicas
say "the image, built from stand-ins and run as two replicas"
