# shellcheck shell=bash disable=SC2154,SC2164
# The Homebrew formula: its addresses and checksums are those of the archives, and the files that it installs are there.

python3 packaging/homebrew.py "$release" "$url" >"$work/headroom.rb"
address=$(sed -n 's/^ *url "\(.*\)"/\1/p' "$work/headroom.rb")
expected=$(sed -n 's/^ *sha256 "\(.*\)"/\1/p' "$work/headroom.rb")
curl -fsS -o "$work/formula.tar.gz" "$address"
[ "$(sha256sum "$work/formula.tar.gz" | cut -d ' ' -f 1)" = "$expected" ] || fail "the formula's checksum is wrong"
mkdir "$work/formula"
tar -xzf "$work/formula.tar.gz" -C "$work/formula" --strip-components 1
for program in contextos headroom; do
    for file in "$program" "man/$program.1" "completions/$program.bash" "completions/_$program" "completions/$program.fish"; do
        [ -s "$work/formula/$file" ] || fail "the formula installs $file, which the archive doesn't have"
    done
done
if command -v ruby >/dev/null; then
    ruby -c "$work/headroom.rb" >/dev/null
    say "the Homebrew formula"
else
    say "the Homebrew formula, except its syntax: ruby isn't here"
fi
