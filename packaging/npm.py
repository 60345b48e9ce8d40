#!/usr/bin/env python3
"""npm.py ARCHIVES OUT SCOPE: makes the npm packages of a release.

ARCHIVES is the folder of the archives, OUT the folder for the packages, SCOPE the scope that the maintainer owns
(@name). For each archive there is a package with its two programs that npm installs only on that platform; the
packages SCOPE/contextos and SCOPE/headroom have a launcher and name these as optional dependencies. MCP_NAMESPACE, if
set (io.github.OWNER), is where the MCP registry has both servers: each package then names its server, by which the
registry sees that the package belongs to it.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import archives

CPUS = {"x86_64": "x64", "aarch64": "arm64"}
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
    """Writes the package of one platform; returns its name and version."""
    system, cpu = archive.system, CPUS[archive.cpu]
    folder = out / f"headroom-{system}-{cpu}"
    (folder / "bin").mkdir(parents=True)
    for program in archives.PROGRAMS:
        target = folder / "bin" / f"{program}{archive.suffix}"
        target.write_bytes(archive.program(program))
        target.chmod(0o755)
    name = f"{scope}/headroom-{system}-{cpu}"
    write(folder, {
        "name": name,
        "version": archive.version,
        "description": f"contextos and headroom for {system} on {cpu}",
        "license": "Apache-2.0",
        "os": [system],
        "cpu": [cpu],
        "files": ["bin"],
    })
    return name, archive.version


def launcher(program, platforms, version, out, scope):
    """Writes the package that people install: a launcher, and the platforms as optional dependencies."""
    folder = out / program
    (folder / "bin").mkdir(parents=True)
    script = folder / "bin" / f"{program}.js"
    script.write_text(LAUNCHER.replace("$SCOPE", scope).replace("$PROGRAM", program))
    script.chmod(0o755)
    manifest = {
        "name": f"{scope}/{program}",
        "version": version,
        "description": archives.DESCRIPTIONS[program],
        "license": "Apache-2.0",
        "bin": {program: f"bin/{program}.js"},
        "files": ["bin"],
        "engines": {"node": ">=18"},
        "optionalDependencies": platforms,
    }
    if namespace := os.environ.get("MCP_NAMESPACE"):
        manifest["mcpName"] = f"{namespace}/{program}"
    write(folder, manifest)


def main(folder, out, scope):
    if out.exists():
        shutil.rmtree(out)
    found = archives.read(folder)
    platforms = dict(platform(archive, out, scope) for archive in found)
    for program in archives.PROGRAMS:
        launcher(program, platforms, found[0].version, out, scope)
    print("\n".join(str(folder) for folder in sorted(out.iterdir())))


main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
