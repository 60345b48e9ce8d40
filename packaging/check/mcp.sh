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
