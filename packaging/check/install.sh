# shellcheck shell=bash disable=SC2154,SC2164
# install.sh with curl and with wget, in a home with nothing but the tools that it names; a wrong checksum.

install_with() { # install_with HOME TOOLS…
    local home=$1 tool
    shift
    mkdir -p "$home/tools"
    for tool in sh uname mktemp awk tar gzip sha256sum cut cp chmod mv mkdir rm cat "$@"; do
        ln -sf "$(command -v "$tool")" "$home/tools/"
    done
    env -i HOME="$home" PATH="$home/tools" HEADROOM_URL="$url" HEADROOM_VERSION="$version" \
        sh packaging/install.sh
}

for tool in curl wget; do
    install_with "$work/$tool" "$tool" >"$work/said"
    grep -q "contextos and headroom $version are in $work/$tool/.local/bin" "$work/said"
    grep -q "isn't in your PATH" "$work/said"
    has_version contextos "$work/$tool/.local/bin"
    has_version headroom "$work/$tool/.local/bin"
    say "install.sh with $tool"
done

# As a release attaches it: piped into a shell, with its own address.
sed -e "s|@URL@|$url|" -e "s|@VERSION@|$version|" packaging/install.sh >"$release/install.sh"
curl -fsSL "$url/install.sh" | env -i HOME="$work/piped" PATH="$PATH" sh >/dev/null
has_version headroom "$work/piped/.local/bin"
say "curl | sh"

printf 'x\n' >>"$release/headroom-$version-$target.tar.gz"
if install_with "$work/broken" curl 2>"$work/said"; then fail "a wrong checksum was accepted"; fi
grep -q "the checksum of headroom-$version-$target.tar.gz is wrong" "$work/said"
[ ! -e "$work/broken/.local/bin/headroom" ]
packaging/archive.sh "$target" "$programs" "$release" >/dev/null
say "a wrong checksum installs nothing"
