# shellcheck shell=bash disable=SC2154,SC2164
# What a release attaches, made as release.yml makes it: every file is there, and listed with its checksum.

mkdir "$work/attachments"
cp "$release"/*.tar.gz "$work/attachments/"
URL=$url MCP_NAMESPACE=io.github.example NPM_SCOPE=@example packaging/attachments.sh "$work/attachments" >/dev/null
(cd "$work/attachments" && sha256sum --quiet --check SHA256SUMS)
for file in install.sh install.ps1 headroom.rb contextos.server.json headroom.server.json; do
    grep -q "  $file\$" "$work/attachments/SHA256SUMS" || fail "$file isn't attached"
done
for kind in 'contextos_pack-*.whl' 'headroom_compress-*.whl' '*.mcpb' 'example-*.tgz'; do
    compgen -G "$work/attachments/$kind" >/dev/null || fail "$kind isn't attached"
done
if grep -q '@URL@\|@VERSION@' "$work"/attachments/install.*; then fail "an installer doesn't know its address"; fi
say "the attachments of a release"
