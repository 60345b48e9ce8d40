#!/usr/bin/env python3
"""npm.py ARCHIVES OUT SCOPE: makes the npm packages of a release.

ARCHIVES is the folder of the archives, OUT the folder for the packages, SCOPE the scope that the maintainer owns
(@name). For each archive there is a package with its two programs that npm installs only on that platform; the
packages SCOPE/contextos and SCOPE/headroom have a launcher and name these as optional dependencies.
"""

import json
import re
import shutil
import sys
import tarfile
from pathlib import Path

ARCHIVE = re.compile(r"headroom-(\d+\.\d+\.\d+)-(x86_64|aarch64)-(\S+)\.tar\.gz")
CPUS = {"x86_64": "x64", "aarch64": "arm64"}
SYSTEMS = {
    "unknown-linux-musl": "linux",
    "apple-darwin": "darwin",
    "pc-windows-msvc": "win32",
    "pc-windows-gnu": "win32",
}
PROGRAMS = ("contextos", "headroom")
LAUNCHER = """#!/usr/bin/env node
"use strict";
// Starts the program of the package that npm has installed for this platform.
const { spawnSync } = require("node:child_process");
const name = `$SCOPE/headroom-${process.platform}-${process.arch}`;
const suffix = process.platform === "win32" ? ".exe" : "";
let program;
try {
  program = require.resolve(`${name}/bin/$PROGRAM${suffix}`);
} catch {
  console.error(`$PROGRAM: ${name} isn't installed: there is no build for this platform, or optional dependencies are off`);
  process.exit(1);
}
const { status, signal, error } = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (error) {
  console.error(`$PROGRAM: ${error.message}`);
  process.exit(1);
}
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);
"""


def write(folder, manifest):
    text = json.dumps(manifest, indent=2)
    (folder / "package.json").write_text(text + "\n")


def platform(archive, out, scope):
    """The package of one platform; its name and version."""
    version, cpu, system = ARCHIVE.fullmatch(archive.name).groups()
    system, cpu = SYSTEMS[system], CPUS[cpu]
    name = f"{scope}/headroom-{system}-{cpu}"
    folder = out / f"headroom-{system}-{cpu}"
    (folder / "bin").mkdir(parents=True)
    suffix = ".exe" if system == "win32" else ""
    with tarfile.open(archive) as files:
        root = archive.name.removesuffix(".tar.gz")
        for program in PROGRAMS:
            source = files.extractfile(f"{root}/{program}{suffix}")
            target = folder / "bin" / f"{program}{suffix}"
            target.write_bytes(source.read())
            target.chmod(0o755)
    write(folder, {
        "name": name,
        "version": version,
        "description": f"contextos and headroom for {system} on {cpu}",
        "license": "Apache-2.0",
        "os": [system],
        "cpu": [cpu],
        "files": ["bin"],
    })
    return name, version


def main(archives, out, scope):
    if out.exists():
        shutil.rmtree(out)
    found = sorted(path for path in archives.iterdir() if ARCHIVE.fullmatch(path.name))
    if not found:
        sys.exit(f"npm.py: no archive in {archives}")
    platforms = dict(platform(archive, out, scope) for archive in found)
    version = next(iter(platforms.values()))
    for program, what in (
        ("contextos", "Picks what matters in a repository for a task, within a token budget."),
        ("headroom", "Compresses text for language models without losing what they need."),
    ):
        folder = out / program
        (folder / "bin").mkdir(parents=True)
        launcher = folder / "bin" / f"{program}.js"
        launcher.write_text(LAUNCHER.replace("$SCOPE", scope).replace("$PROGRAM", program))
        launcher.chmod(0o755)
        write(folder, {
            "name": f"{scope}/{program}",
            "version": version,
            "description": what,
            "license": "Apache-2.0",
            "bin": {program: f"bin/{program}.js"},
            "files": ["bin"],
            "engines": {"node": ">=18"},
            "optionalDependencies": platforms,
        })
    print("\n".join(str(folder) for folder in sorted(out.iterdir())))


main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
