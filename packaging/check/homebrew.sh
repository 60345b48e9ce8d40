# shellcheck shell=bash disable=SC2154,SC2164
# The Homebrew formula, installed as Homebrew would (brew.rb): download, checksum, files, its test, its service.

python3 packaging/homebrew.py "$release" "$url" >"$work/headroom.rb"
if ! command -v ruby >/dev/null; then
    say "the Homebrew formula, written only: ruby isn't here"
    return
fi
ruby -c "$work/headroom.rb" >/dev/null
cpu=$(case $target in aarch64*) echo arm ;; *) echo intel ;; esac)
prefix=$work/brew
service=$(ruby packaging/check/brew.rb "$work/headroom.rb" linux "$cpu" "$prefix")
[ "$service" = "$prefix/bin/headroom serve" ] || fail "the formula's service runs $service"
for program in contextos headroom; do
    has_version "$program" "$prefix/bin"
    for file in "share/man/man1/$program.1" "share/zsh/site-functions/_$program" \
        "share/fish/vendor_completions.d/$program.fish" "etc/bash_completion.d/$program"; do
        [ -s "$prefix/$file" ] || fail "the formula doesn't install $file"
    done
done
[ -s "$prefix/share/man/man1/contextos-pack.1" ] || fail "the formula installs no manual pages of commands"
say "the Homebrew formula, by a stand-in for Homebrew"
