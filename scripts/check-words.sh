#!/usr/bin/env bash
# Reports every use of a word of scripts/retired-words.tsv in code, texts and pages, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

found=0
while IFS=$'\t' read -r pattern instead reason; do
    case $pattern in '' | '#'*) continue ;; esac
    if git grep -nIP -e "$pattern" -- '*.rs' '*.md' '*.toml' '*.py' '*.sh' '*.html' '*.js' \
        ':!scripts/retired-words.tsv' ':!fuzz/corpus' ':!CHANGELOG.md'; then
        printf '  ^ write "%s": %s\n\n' "$instead" "$reason" >&2
        found=1
    fi
done <scripts/retired-words.tsv
exit $found
