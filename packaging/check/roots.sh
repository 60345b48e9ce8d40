# shellcheck shell=bash disable=SC2154,SC2164
# From an empty Debian and an empty root with busybox and musl, as Alpine has them (no glibc, so that only static
# programs run): the documented lines of installation, then the commands that people use first. Needs root, debootstrap,
# the Debian archive, and the Debian packages busybox-static and musl. DEBIAN_ROOT may name an empty Debian that is
# there already; it is copied.

[ "$(id -u)" = 0 ] || fail "the part roots needs root"
release_url=$url

# The release, as it is attached.
mkdir "$work/roots"
cp "$release"/*.tar.gz "$work/roots/"
ln -s "$work/roots" "$release/latest"
release_url=$url/latest
URL=$release_url packaging/attachments.sh "$work/roots" >/dev/null

# Runs a script in a root, with nothing of the caller's environment.
in_root() { # in_root ROOT SCRIPT
    chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        sh -eu -c "$2"
}
# The same with /proc, and with a network of its own that has loopback only.
alone() {
    unshare --net --mount python3 -c 'import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x49))
os.execvp("bash", ["bash", "-c", *sys.argv[1:]])' \
        "$(declare -f in_root); mkdir -p \"\$0/proc\" && mount -t proc proc \"\$0/proc\" && in_root \"\$0\" \"\$1\"" "$@" \
        >"$work/said" 2>&1 || fail "in $1: $(cat "$work/said")"
}

# The commands of docs/HEADROOM.md, in a repository of the root, and its messages to the letter.
# shellcheck disable=SC2016 # the root's shell expands it
first_commands='
set -x
export PATH=$BIN:$PATH
mkdir -p /root/shop/src && cd /root/shop
git init --quiet . && printf "def fix_auth(token):\n    return token\n" >src/auth.py && git add .
git -c user.name=a -c user.email=a@example.com commit --quiet -m "Authentication"
contextos pack . --task "fix auth bug" --budget 8000 --quiet
grep -q fix_auth .contextos/context_pack.md
if contextos pack . --task "fix auth bug" --budget 8000 --compress headroom 2>/tmp/said >/dev/null; then exit 1; fi
cat >/tmp/expected <<END
Error: Headroom proxy at http://127.0.0.1:8787 is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress.
END
cmp /tmp/said /tmp/expected
headroom serve >/tmp/serve.log 2>&1 &
server=$!
for attempt in 1 2 3 4 5 6 7 8 9 10; do headroom status >/dev/null 2>&1 && break || sleep 1; done
contextos pack . --task "fix auth bug" --budget 8000 --compress headroom >/dev/null
export HEADROOM_BASE_URL=http://127.0.0.1:8787
contextos pack . --task "fix auth" --budget 8000 --compress headroom >/dev/null
unset HEADROOM_BASE_URL
kill $server
mkdir -p /root/.claude
headroom mcp install --agent claude >/dev/null 2>&1
grep -q "\"serve\"" /root/.claude.json
mkdir /tmp/only && ln -s "$(command -v contextos)" /tmp/only/
if PATH=/tmp/only:/usr/bin:/bin contextos pack . --task "fix auth bug" --compress headroom >/dev/null 2>/tmp/said; then exit 1; fi
'

# Debian: the installer and the wheels.
debian=$work/debian
if [ -n "${DEBIAN_ROOT:-}" ]; then
    cp -a "$DEBIAN_ROOT" "$debian"
else
    debootstrap --variant=minbase bookworm "$debian" >/dev/null
fi
in_root "$debian" 'apt-get update -qq && apt-get install -y -qq curl git python3-venv >/dev/null 2>&1'
in_root "$debian" "curl -fsSL $release_url/install.sh | sh" >"$work/said"
grep -q "contextos and headroom $version are in /root/.local/bin" "$work/said"
alone "$debian" "BIN=/root/.local/bin; $first_commands"
say "an empty Debian: curl | sh, then the first commands"
mkdir "$debian/wheels"
cp "$work"/roots/*.whl "$debian/wheels/"
in_root "$debian" 'rm -rf /root/.* /root/shop /tmp/only 2>/dev/null || true
python3 -m venv /root/venv && /root/venv/bin/pip install -q --no-index --find-links /wheels contextos-pack headroom-compress'
alone "$debian" "BIN=/root/venv/bin; $first_commands"
say "an empty Debian: pip install, then the first commands"

# As Alpine: busybox is all that there is, and there is no glibc. Git brings a C library that only it uses.
if ! are_static; then
    say "no root like Alpine's: these programs aren't static"
    return
fi
alpine=$work/alpine
mkdir -p "$alpine"/{bin,usr/bin,lib,root,tmp,etc,opt/git,dev}
cp "$(command -v busybox)" "$alpine/bin/busybox"
for applet in $("$alpine/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -sf /bin/busybox "$alpine/bin/$applet"
done
ln -sf /bin/busybox "$alpine/usr/bin/env"
cp -L /lib/ld-musl-*.so.1 "$alpine/lib/"
mknod -m 666 "$alpine/dev/null" c 1 3
mknod -m 666 "$alpine/dev/urandom" c 1 9
echo 'root:x:0:0::/root:/bin/sh' >"$alpine/etc/passwd"
with_glibc() { # with_glibc PROGRAM: a program of this machine, with the C library that it needs
    local name
    name=$(basename "$1")
    mkdir -p "$alpine/opt/$name"
    ldd "$1" | grep -o '/[^ ]*' | xargs -I{} cp -L {} "$alpine/opt/$name/"
    cp -L "$1" "$alpine/opt/$name/"
    printf '#!/bin/sh\nexec /opt/%s/ld-linux-*.so.* --library-path /opt/%s /opt/%s/%s "$@"\n' "$name" "$name" "$name" \
        "$name" >"$alpine/bin/$name"
    chmod +x "$alpine/bin/$name"
}
with_glibc "$(command -v git)"
in_root "$alpine" "wget -q -O - $release_url/install.sh | sh" >"$work/said"
grep -q "contextos and headroom $version are in /root/.local/bin" "$work/said"
alone "$alpine" "BIN=/root/.local/bin; $first_commands"
say "an empty root with busybox and musl: wget | sh, then the first commands"

# What npm installs, started by Node.js there: its launcher finds the programs of this platform.
with_glibc "$(readlink -f "$(command -v node)")"
python3 packaging/npm.py "$work/roots" "$work/roots-npm" @example >/dev/null
mkdir -p "$alpine/root/node_modules"
cp -r "$work/roots-npm" "$alpine/root/node_modules/@example"
for program in contextos headroom; do
    said=$(in_root "$alpine" "node /root/node_modules/@example/$program/bin/$program.js --version")
    [ "$said" = "$program $version" ] || fail "npm's launcher of $program says $said"
done
say "an empty root with busybox and musl: the npm packages"
