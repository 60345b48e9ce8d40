# shellcheck shell=bash disable=SC2154,SC2164
# The MCP bundles, by their validator; their servers, started as a client would start them; the registry's entries, by
# its schema; the manifest's tools, which are those that the servers list.

for turn in 1 2; do
    MCP_NAMESPACE=io.github.example python3 packaging/mcpb.py "$release" "$work/mcpb$turn" \
        "https://github.com/example/headroom/releases/download/v$version" >/dev/null
done
diff -r "$work/mcpb1" "$work/mcpb2" || fail "two bundles of the same programs differ"

mkdir "$work/mcpb-tool"
npm install --silent --no-audit --no-fund --prefix "$work/mcpb-tool" @anthropic-ai/mcpb@2.1.2
for program in contextos headroom; do
    "$work/mcpb-tool/node_modules/.bin/mcpb" unpack "$work/mcpb1/$program-$version-$target.mcpb" "$work/$program.bundle" >/dev/null
    "$work/mcpb-tool/node_modules/.bin/mcpb" validate "$work/$program.bundle/manifest.json" >/dev/null
    python3 packaging/check/mcp_bundle.py "$work/$program.bundle"
done
say "MCP bundles"

python=$(validators)
schema=$(find "$python" -path '*mcp_registry/v2025_12_11/server.schema.json')
"$python/bin/check-jsonschema" --schemafile "$schema" "$work"/mcpb1/*.server.json >/dev/null
python3 packaging/check/registry_hashes.py "$work/mcpb1"
say "server.json of both servers"

# The links of docs/MCP_SETUP.md for VS Code have what `mcp install` writes there.
mkdir -p "$work/vscode/.config/Code/User"
for program in contextos headroom; do
    env -i HOME="$work/vscode" PATH="$programs:/usr/bin:/bin" "$programs/$program" mcp install --agent vscode >/dev/null 2>&1
done
python3 - "$work/vscode/.config/Code/User/mcp.json" <<'PYTHON'
import json, re, sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

installed = json.loads(Path(sys.argv[1]).read_text())["servers"]
links = re.findall(r"\((https://insiders\.vscode\.dev/[^)]+)\)", Path("docs/MCP_SETUP.md").read_text())
queries = [parse_qs(urlsplit(link).query) for link in links]
offered = {query["name"][0]: json.loads(query["config"][0]) for query in queries}
for server in installed.values():
    server["command"] = Path(server["command"]).name
assert offered == installed, (offered, installed)
PYTHON
say "the links for VS Code"
