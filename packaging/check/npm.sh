# shellcheck shell=bash disable=SC2154,SC2164
# The npm packages: packed, installed into an empty project without a registry, and run by npx.

python3 packaging/npm.py "$release" "$work/npm" @example >/dev/null
mkdir "$work/packed" "$work/project"
for package in "$work"/npm/*; do
    (cd "$work/packed" && npm pack --silent "$package" >/dev/null)
done
(
    cd "$work/project"
    export HOME=$work/project npm_config_offline=true npm_config_update_notifier=false
    npm init --yes >/dev/null
    npm install --silent --no-audit --no-fund "$work"/packed/*.tgz
    for program in contextos headroom; do
        [ "$(npx --no-install "$program" --version)" = "$program $version" ]
    done
    [ "$(printf 'as it is' | npx --no-install headroom compress)" = "as it is" ]
    # What a program answers is what its launcher answers.
    if npx --no-install headroom retrieve 000000000000 2>/dev/null; then fail "the exit code is lost"; fi
)
say "npm install and npx"
