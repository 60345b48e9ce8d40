#!/usr/bin/env bash
# Reports every use of a word of scripts/retired-words.tsv in code, texts and pages, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

found=0
while IFS=$'\t' read -r pattern instead reason; do
    case $pattern in '' | '#'*) continue ;; esac
    status=0
    git grep -nIP -e "$pattern" -- '*.rs' '*.md' '*.toml' '*.py' '*.sh' '*.html' '*.js' \
        ':!scripts/retired-words.tsv' ':!fuzz/corpus' ':!CHANGELOG.md' || status=$?
    case $status in
    0)
        printf '  ^ write "%s": %s\n\n' "$instead" "$reason" >&2
        found=1
        ;;
    1) ;;
    # A git without Perl expressions, or a broken pattern: nothing was checked.
    *) exit "$status" ;;
    esac
done <scripts/retired-words.tsv
exit $found
