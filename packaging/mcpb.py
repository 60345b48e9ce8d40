#!/usr/bin/env python3
"""mcpb.py ARCHIVES OUT URL: makes the MCP bundles (.mcpb) of a release, and the entries for the MCP registry.

A bundle has one MCP server for one platform, which desktop clients install by opening the file: for each archive one
of `headroom mcp serve` and one of `contextos serve --stdio`. URL is the address of the release's files. With
MCP_NAMESPACE (io.github.OWNER) in the environment, OUT also gets `contextos.server.json` and `headroom.server.json`
for `mcp-publisher publish`, which name the bundles with their checksums. The same archives make the same bytes.
"""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import archives

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
SERVERS = {
    "contextos": {
        "title": "Repository context",
        "description": "The code of a repository that a task is about, within a token budget.",
        "args": ["serve", "--stdio", "${user_config.repository}"],
        "tools": ["explain_selection", "find_symbol", "get_file", "list_files", "pack_context"],
        "user_config": {
            "repository": {
                "type": "directory",
                "title": "Repository",
                "description": "The folder of the repository that is read.",
                "required": True,
            }
        },
    },
    "headroom": {
        "title": "Headroom",
        "description": "Shortens long texts on this machine, and gives back any original by its hash.",
        "args": ["mcp", "serve"],
        "tools": ["headroom_compress", "headroom_retrieve", "headroom_stats"],
    },
}


def manifest(program, archive, url):
    server = SERVERS[program]
    entry = f"server/{program}{archive.suffix}"
    fields = {
        "manifest_version": "0.3",
        "name": program,
        "display_name": server["title"],
        "version": archive.version,
        "description": server["description"],
        "author": {"name": "Headroom"},
        "homepage": url.split("/releases/")[0],
        "license": "Apache-2.0",
        "server": {
            "type": "binary",
            "entry_point": entry,
            "mcp_config": {"command": "${__dirname}/" + entry, "args": server["args"]},
        },
        "tools": [{"name": name} for name in server["tools"]],
        "compatibility": {"platforms": [archive.system]},
    }
    if "user_config" in server:
        fields["user_config"] = server["user_config"]
    return json.dumps(fields, indent=2) + "\n"


def bundle(program, archive, out, url, time):
    """Writes a bundle; returns its entry among the packages of the registry."""
    path = out / f"{program}-{archive.version}-{archive.target}.mcpb"
    files = [
        ("manifest.json", manifest(program, archive, url).encode(), False),
        (f"server/{program}{archive.suffix}", archive.program(program), True),
        ("LICENSE", archive.read("LICENSE"), False),
    ]
    archives.write_zip(path, files, time)
    print(path)
    return {
        "registryType": "mcpb",
        "identifier": f"{url}/{path.name}",
        "version": archive.version,
        "fileSha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "transport": {"type": "stdio"},
    }


def registry_entry(program, packages, version, url, namespace):
    entry = {
        "$schema": SCHEMA,
        "name": f"{namespace}/{program}",
        "title": SERVERS[program]["title"],
        "description": SERVERS[program]["description"],
        "version": version,
        "packages": packages,
    }
    if url.startswith("https://github.com/"):
        entry["repository"] = {"url": url.split("/releases/")[0], "source": "github"}
    return json.dumps(entry, indent=2) + "\n"


def main(folder, out, url):
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    time = archives.commit_time()
    found = archives.read(folder)
    namespace = os.environ.get("MCP_NAMESPACE")
    for program in archives.PROGRAMS:
        packages = [bundle(program, archive, out, url, time) for archive in found]
        if namespace:
            path = out / f"{program}.server.json"
            path.write_text(registry_entry(program, packages, found[0].version, url, namespace))
            print(path)


main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].rstrip("/"))
