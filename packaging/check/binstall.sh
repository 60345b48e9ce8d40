# shellcheck shell=bash disable=SC2154,SC2164
# The metadata of cargo binstall: for every target, the address and the path in the archive are those that archive.sh
# makes.

python3 - "$version" <<'PYTHON'
import re, sys, tomllib
from pathlib import Path

version = sys.argv[1]
workflow = Path(".github/workflows/release.yml").read_text()
built = set(re.findall(r"\{ target: (\S+),", workflow))
assert built, "no targets in release.yml"
static = {target.replace("musl", "gnu"): target for target in built if "musl" in target}
for program in ("contextos", "headroom"):
    metadata = tomllib.loads(Path(f"crates/{program}/Cargo.toml").read_text())["package"]["metadata"]["binstall"]
    for target in sorted(built | set(static)):
        values = {"repo": "REPO", "version": version, "target": target, "bin": program,
                  "binary-ext": ".exe" if "windows" in target else ""}
        fields = {**metadata, **metadata.get("overrides", {}).get(target, {})}
        fill = lambda text: re.sub(r"\{ ([a-z-]+) \}", lambda match: values[match[1]], text)
        name = f"headroom-{version}-{static.get(target, target)}"
        assert fill(fields["pkg-url"]) == f"REPO/releases/download/v{version}/{name}.tar.gz", (target, fields)
        assert fill(fields["bin-dir"]) == f"{name}/{program}{values['binary-ext']}", (target, fields)
        assert fields["pkg-fmt"] == "tgz"
PYTHON
say "the addresses of cargo binstall"
