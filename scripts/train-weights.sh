#!/usr/bin/env bash
# Makes crates/select/data/weights.toml from commits of public repositories, and beside it word-shares.tsv from their
# files and task-words.tsv from their commits. At which commits they were is written at the top of these files.
#
# The built-in weights were learned before task-words.tsv was there; how they were moved with it is written at their top. The
# weights that this script learns take the table as it is, made from the same commits, and trust it too much.
#
#   scripts/train-weights.sh CLONES
#
# CLONES is a folder of git clones, each under its repository's own name (`clap`, `jekyll`, …). All that are
# named below must be there; none else are used. The repositories by which selection is judged (httpx,
# pytest, hono, fastify, axum, caddy, gson, jq, puma, RestSharp, guzzle) are never among them.
set -euo pipefail
clones=${1:?usage: scripts/train-weights.sh CLONES}
root=$(cd "$(dirname "$0")/.." && pwd)
weights=$root/crates/select/data/weights.toml
binary=$root/target/release/contextos

# Python; JavaScript, TypeScript; Rust; Go; Java, Kotlin; C, C++; Ruby; C#; PHP
repositories="
    psf/requests pallets/click pallets/jinja encode/starlette aio-libs/aiohttp python-poetry/poetry
    scrapy/scrapy Textualize/rich urllib3/urllib3 celery/celery
    axios/axios koajs/koa vuejs/core sveltejs/svelte prettier/prettier trpc/trpc lodash/lodash
    socketio/socket.io
    tokio-rs/tokio serde-rs/serde clap-rs/clap hyperium/hyper helix-editor/helix jj-vcs/jj sharkdp/bat
    rust-lang/rust-analyzer
    gorilla/mux labstack/echo gohugoio/hugo junegunn/fzf cli/cli etcd-io/etcd
    apache/commons-lang JetBrains/Exposed ktorio/ktor
    curl/curl nlohmann/json google/leveldb libuv/libuv catchorg/Catch2
    jekyll/jekyll sidekiq/sidekiq rack/rack
    JamesNK/Newtonsoft.Json App-vNext/Polly AutoMapper/AutoMapper
    composer/composer Seldaek/monolog nikic/PHP-Parser
"
names=()
for repository in $repositories; do
    name=${repository#*/}
    names+=("$name")
    commit=$(sed -n "s/^# ${name//./\\.} \([0-9a-f]\{40\}\) [0-9]*$/\1/p" "$weights")
    have=$(git -C "$clones/$name" rev-parse HEAD)
    [ "$have" = "$commit" ] || echo "note: $name is at $have, the weights were made at ${commit:-no commit}" >&2
done
cd "$clones"
"$binary" eval --commits 10 --fit="$weights" "${names[@]}"
cargo run --quiet --release --manifest-path "$root/Cargo.toml" -p checkout --example word_shares -- "${names[@]}" \
    >"$root/crates/select/data/word-shares.tsv"
cargo run --quiet --release --manifest-path "$root/Cargo.toml" -p checkout --example task_words -- "${names[@]}" \
    >"$root/crates/select/data/task-words.tsv.new"
mv "$root/crates/select/data/task-words.tsv.new" "$root/crates/select/data/task-words.tsv"
