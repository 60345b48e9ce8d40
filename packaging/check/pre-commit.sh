# shellcheck shell=bash disable=SC2154,SC2164
# The pre-commit hook, by pre-commit itself in a repository of its own: a commit goes through, one with a credential
# doesn't, and its value isn't shown.

python=$(validators)
hook_source=$work/hook-source
git init --quiet "$hook_source"
cp .pre-commit-hooks.yaml "$hook_source/"
commit() { git -C "$1" -c user.name=check -c user.email=check@example.com commit --quiet --all --message "$2"; }
git -C "$hook_source" add .
commit "$hook_source" "Hooks"
(
    export HOME=$work/pre-commit-home PRE_COMMIT_HOME=$work/pre-commit-home PATH="$programs:$python/bin:$PATH"
    mkdir -p "$HOME"
    git init --quiet "$work/hooked"
    cd "$work/hooked"
    cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $hook_source
    rev: $(git -C "$hook_source" rev-parse HEAD)
    hooks:
      - id: contextos-secrets
YAML
    pre-commit install >/dev/null
    echo 'print("hello")' >app.py
    git add .
    commit . "A program" 2>"$work/said" || fail "a commit without a credential fails: $(cat "$work/said")"
    # Made here, so that no file of this repository has anything that looks like a key.
    key=AKIA$(printf 'Q3EGRZXUVNPLWYTB' | fold -w 16 | head -1)
    printf 'aws_access_key_id = "%s"\n' "$key" >settings.py
    git add .
    if commit . "A key" >"$work/said" 2>&1; then fail "a commit with a credential goes through"; fi
    grep -q 'settings.py:1' "$work/said" || fail "the credential isn't named: $(cat "$work/said")"
    if grep -q "$key" "$work/said"; then fail "the credential is shown"; fi
)
say "the pre-commit hook"
