#!/usr/bin/env bash
# Builds the book of docs/ into target/book, with its pages as Markdown beside them (which llms.txt names), and checks
# its links. Needs mdbook 0.5 (`cargo install mdbook`) and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

said=$(mdbook build docs 2>&1) || { echo "$said" >&2; exit 1; }
if grep -E 'WARN|ERROR' <<<"$said" >&2; then exit 1; fi
for page in docs/*.md; do
    [ "$page" = docs/SUMMARY.md ] || cp "$page" target/book/
done
# The sources of the build.
rm -f target/book/book.py target/book/book.toml
scripts/check-links.py target/book
