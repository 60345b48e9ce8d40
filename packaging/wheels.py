#!/usr/bin/env python3
"""wheels.py ARCHIVES OUT: makes the Python wheels of a release: one of each program for each platform.

A wheel has the program among its scripts, as those of maturin's `bin` binding have, so that `pip install` puts it on
the PATH of the environment. The names are free on the public index, where `contextos`, `headroom`, `rm-contextos` and
`headroom-ai` are other people's. The same archives make the same bytes. MCP_NAMESPACE is as in npm.py.
"""

import base64
import hashlib
import os
import shutil
import sys
from pathlib import Path

import archives

# The names under which the programs are installed.
DISTRIBUTIONS = {"contextos": "contextos-pack", "headroom": "headroom-compress"}
# A static program runs with both C libraries, so its wheel names both.
PLATFORMS = {
    ("linux", "x86_64"): ["manylinux_2_17_x86_64", "musllinux_1_1_x86_64"],
    ("linux", "aarch64"): ["manylinux_2_17_aarch64", "musllinux_1_1_aarch64"],
    ("darwin", "x86_64"): ["macosx_10_12_x86_64"],
    ("darwin", "aarch64"): ["macosx_11_0_arm64"],
    ("win32", "x86_64"): ["win_amd64"],
    ("win32", "aarch64"): ["win_arm64"],
}


def metadata(distribution, program, version):
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {distribution}",
        f"Version: {version}",
        f"Summary: {archives.DESCRIPTIONS[program]}",
        "License-Expression: Apache-2.0",
        "License-File: LICENSE",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
        "",
        f"The program `{program}`. {archives.DESCRIPTIONS[program]}",
    ]
    if namespace := os.environ.get("MCP_NAMESPACE"):
        lines += ["", f"<!-- mcp-name: {namespace}/{program} -->"]
    return "\n".join(lines) + "\n"


def wheel(archive, program, out, time):
    distribution = DISTRIBUTIONS[program]
    tags = PLATFORMS[archive.system, archive.cpu]
    stem = f"{distribution.replace('-', '_')}-{archive.version}"
    info = f"{stem}.dist-info"
    description = ["Wheel-Version: 1.0", "Generator: wheels.py", "Root-Is-Purelib: false"]
    description += [f"Tag: py3-none-{tag}" for tag in tags]
    files = [
        (f"{stem}.data/scripts/{program}{archive.suffix}", archive.program(program), True),
        (f"{info}/METADATA", metadata(distribution, program, archive.version).encode(), False),
        (f"{info}/WHEEL", ("\n".join(description) + "\n").encode(), False),
        (f"{info}/licenses/LICENSE", archive.read("LICENSE"), False),
    ]
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}\n"
        for name, content, _ in files
    )
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode(), False))
    path = out / f"{stem}-py3-none-{'.'.join(tags)}.whl"
    archives.write_zip(path, files, time)
    print(path)


def main(folder, out):
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    time = archives.commit_time()
    for archive in archives.read(folder):
        for program in archives.PROGRAMS:
            wheel(archive, program, out, time)


main(Path(sys.argv[1]), Path(sys.argv[2]))
