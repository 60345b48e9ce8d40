#!/usr/bin/env bash
# The GitHub Action of action.yml: installs the programs, packs what a pull request is about, writes the pack into the
# job's summary and a comment, and fails if the repository has credentials. Reads GITHUB_EVENT_PATH, the checkout in
# the current folder, and the variables that action.yml sets. Needs curl, git, jq and Linux or macOS.
set -euo pipefail

# What a comment may have (65,536 characters), less the frame.
COMMENT_LIMIT=60000
MARK='<!-- contextos: pack of this pull request -->'

install_programs() {
    local version=${INPUT_VERSION:-${ACTION_REF#v}}
    local url=${INPUT_URL:-$GITHUB_SERVER_URL/$ACTION_REPOSITORY/releases/download/v$version}
    HEADROOM_URL=$url HEADROOM_VERSION=$version HEADROOM_BIN=$RUNNER_TEMP/headroom/bin \
        sh "${GITHUB_ACTION_PATH:?}/packaging/install.sh"
    PATH=$RUNNER_TEMP/headroom/bin:$PATH
    echo "$RUNNER_TEMP/headroom/bin" >>"$GITHUB_PATH"
}

# Packs the task, with what has changed whole if the checkout has the commit that the request starts from. Writes the
# summary of the pack to a file.
make_pack() {
    local task=${INPUT_TASK:-$(jq -r '.pull_request | "\(.title)\n\n\(.body // "")"' "$GITHUB_EVENT_PATH")}
    local base changes=()
    base=$(jq -r '.pull_request.base.sha // empty' "$GITHUB_EVENT_PATH")
    if [ -n "$base" ] && git cat-file -e "$base^{commit}" 2>/dev/null; then
        changes=(--diff "$base...HEAD")
    else
        echo "::notice::the base commit isn't in this checkout (fetch-depth: 0 brings it): the pack doesn't show what has changed"
    fi
    printf '%s' "$task" | contextos pack . --task - --budget "$INPUT_BUDGET" --out "$pack" --json \
        ${changes[@]+"${changes[@]}"} >"$summary"
    echo "pack=$pack" >>"$GITHUB_OUTPUT"
    jq -r '"tokens=\(.tokens)"' "$summary" >>"$GITHUB_OUTPUT"
}

comment_text() {
    local fence='`````````'
    printf '%s\n<details><summary>%s</summary>\n\n%s markdown\n' "$MARK" "$1" "$fence"
    if [ "$(wc -m <"$pack")" -gt "$COMMENT_LIMIT" ]; then
        head -c "$COMMENT_LIMIT" "$pack" | iconv -c -f utf-8 -t utf-8
        printf '\n… the rest is in the job that made it\n'
    else
        cat "$pack"
    fi
    printf '\n%s\n\n</details>\n' "$fence"
}

api() { # api METHOD PATH [BODY FILE]
    curl -fsS --retry 2 -X "$1" -H "Authorization: Bearer $GITHUB_TOKEN" -H 'Accept: application/vnd.github+json' \
        ${3:+--data-binary "@$3"} "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$2"
}

# Replaces the comment of an earlier run, or adds one.
comment() {
    local number=$1 text=$2 earlier
    jq -n --rawfile body "$text" '{body: $body}' >"$RUNNER_TEMP/comment.json"
    earlier=$(api GET "issues/$number/comments?per_page=100" \
        | jq -r --arg mark "$MARK" '[.[] | select(.body | startswith($mark)) | .id][0] // empty')
    if [ -n "$earlier" ]; then
        api PATCH "issues/comments/$earlier" "$RUNNER_TEMP/comment.json" >/dev/null
    else
        api POST "issues/$number/comments" "$RUNNER_TEMP/comment.json" >/dev/null
    fi
}

install_programs
pack=$RUNNER_TEMP/headroom/pack.md
summary=$RUNNER_TEMP/headroom/summary.json
number=$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH")

make_pack
title=$(jq -r '"Context of this pull request: \(.tokens) of \(.budget) tokens, \(.files | length) files"' "$summary")
comment_text "$title" >"$RUNNER_TEMP/headroom/comment.md"
cat "$RUNNER_TEMP/headroom/comment.md" >>"$GITHUB_STEP_SUMMARY"
if [ "$INPUT_COMMENT" = true ] && [ -n "$number" ]; then
    # Pull requests of forks get a token that can't write; the summary has the pack all the same.
    comment "$number" "$RUNNER_TEMP/headroom/comment.md" || echo "::warning::the comment could not be written"
fi

if [ "$INPUT_SECRETS" = true ]; then
    contextos secrets --check
fi
