# shellcheck shell=bash disable=SC2154,SC2164
# The Python wheels: the same bytes twice, installed by pip into a fresh environment, and uninstalled.

for turn in 1 2; do
    python3 packaging/wheels.py "$release" "$work/wheels$turn" >/dev/null
done
diff -r "$work/wheels1" "$work/wheels2" || fail "two wheels of the same programs differ"
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --no-index --find-links "$work/wheels1" contextos-pack headroom-compress
has_version contextos "$work/python/bin"
has_version headroom "$work/python/bin"
# pip checks every file against the wheel's record here.
"$work/python/bin/pip" check >/dev/null
"$work/python/bin/pip" uninstall --quiet --yes contextos-pack headroom-compress
[ ! -e "$work/python/bin/headroom" ] || fail "pip uninstall leaves the program"
say "pip install of both wheels"

# Where the C library is musl, as on Alpine, pip takes the same wheels.
mkdir "$work/musllinux"
for platform in "musllinux_1_1_$(uname -m)" "manylinux_2_17_$(uname -m)"; do
    "$work/python/bin/pip" download --quiet --no-index --find-links "$work/wheels1" --only-binary :all: \
        --platform "$platform" --dest "$work/musllinux" contextos-pack headroom-compress
done
say "the same wheels for both C libraries"
