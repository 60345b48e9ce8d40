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
