#!/usr/bin/env bash
# Makes the archive of a release for one platform: both programs, completions, manual pages, units for systemd and
# launchd, licence. The same programs make the same bytes.
#
#   packaging/archive.sh TARGET PROGRAMS OUT
#
# TARGET is the name of the platform (x86_64-unknown-linux-musl), PROGRAMS the folder with the built programs, OUT the
# folder for the archive and for SHA256SUMS, which gets a line for it. RUN, if set, is a folder with programs that this
# machine can run, for completions and manual pages, where those of TARGET can't be run here.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?usage: packaging/archive.sh TARGET PROGRAMS OUT}
programs=${2:?no folder of programs}
out=${3:?no folder for the archive}
run=${RUN:-$programs}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
# The time of the commit, so that two builds of it are the same.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
name=headroom-$version-$target
suffix=
case $target in *windows*) suffix=.exe ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/$name
mkdir -p "$folder/completions" "$folder/man" "$folder/service"
for program in contextos headroom; do
    install -m 755 "$programs/$program$suffix" "$folder/"
    "$run/$program" completions bash >"$folder/completions/$program.bash"
    "$run/$program" completions zsh >"$folder/completions/_$program"
    "$run/$program" completions fish >"$folder/completions/$program.fish"
    "$run/$program" man --all "$folder/man"
done
install -m 644 LICENSE README.md CHANGELOG.md "$folder/"
install -m 644 docs/headroom.service docs/headroom.plist "$folder/service/"

mkdir -p "$out"
archive=$name.tar.gz
tar --create --directory "$work" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner "$name" \
    | gzip --no-name >"$out/$archive"
cd "$out"
touch SHA256SUMS
sed -i "/  $archive\$/d" SHA256SUMS
sha256sum "$archive" >>SHA256SUMS
sort -k 2 -o SHA256SUMS SHA256SUMS
echo "$out/$archive"
