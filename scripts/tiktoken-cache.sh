#!/usr/bin/env bash
# tiktoken-cache FOLDER [PROGRAM]: fills FOLDER as tiktoken's cache (TIKTOKEN_CACHE_DIR), from this
# project's own tables, so that programs that count with tiktoken need no network. A file is named by the
# SHA-1 of the address that tiktoken would fetch it from. PROGRAM is the example `tiktoken_file`, if it is
# built already.
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
program=(cargo run --quiet -p tokens --example tiktoken_file --)
[ $# = 1 ] || program=("$(realpath "$2")")
cd "$(dirname "$0")/.."
for encoding in cl100k_base o200k_base; do
    address="https://openaipublic.blob.core.windows.net/encodings/$encoding.tiktoken"
    name=$(printf %s "$address" | sha1sum | cut -d ' ' -f 1)
    "${program[@]}" "$encoding" >"$folder/$name.new"
    mv "$folder/$name.new" "$folder/$name"
done
