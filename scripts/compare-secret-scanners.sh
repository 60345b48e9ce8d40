#!/usr/bin/env bash
# Runs detect-secrets and secretlint on the labelled set of crates/secrets/tests/hard_set, and prints by kind how much
# each of them and this project finds.
#
#   scripts/compare-secret-scanners.sh [FOLDER]
#
# FOLDER is where the set and the tools are put; a temporary folder by default. Needs Python, npm and their registries.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

cargo run --quiet -p secrets --example hard_set -- "$folder/set"

if [ ! -x "$folder/python/bin/detect-secrets" ]; then
    python3 -m venv "$folder/python"
    "$folder/python/bin/pip" install --quiet detect-secrets
fi
if [ ! -x "$folder/node/node_modules/.bin/secretlint" ]; then
    mkdir -p "$folder/node"
    (cd "$folder/node" && npm init -y > /dev/null \
        && npm install --silent secretlint @secretlint/secretlint-rule-preset-recommend)
fi

cd "$folder/set"
"$folder/python/bin/detect-secrets" scan --all-files . > "$folder/detect-secrets.json"
cat > "$folder/node/.secretlintrc.json" << 'JSON'
{"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}
JSON
# It ends with 1 if it finds anything.
(cd "$folder/node" && node_modules/.bin/secretlint --secretlintrc .secretlintrc.json --format json \
    "$folder/set/**/*.txt" > "$folder/secretlint.json") || true

python3 - "$folder" << 'PYTHON'
import collections, json, os, sys

folder = sys.argv[1]
found = {"detect-secrets": set(), "secretlint": set()}
for path in json.load(open(f"{folder}/detect-secrets.json"))["results"]:
    found["detect-secrets"].add(os.path.normpath(path))
for file in json.load(open(f"{folder}/secretlint.json")):
    if file["messages"]:
        found["secretlint"].add(os.path.relpath(file["filePath"], f"{folder}/set"))
ours = set()
kinds = collections.OrderedDict()
for line in open(f"{folder}/set/labels.tsv").read().splitlines()[1:]:
    file, kind, _, hidden = line.split("\t")
    if hidden == "true":
        ours.add(file)
    label = kind if file.startswith("secrets/") else f"look-alike: {kind}"
    kinds.setdefault(label, []).append(file)
found = {"hidden here": ours, **found}

def row(label, files):
    return f"| {label} | {len(files)} | " + " | ".join(
        str(sum(file in all for file in files)) for all in found.values()) + " |"

print("| kind | samples | " + " | ".join(found) + " |")
print("|---|" + "--:|" * (len(found) + 1))
for label, files in kinds.items():
    print(row(label, files))
for prefix, name in (("secrets/", "all secrets"), ("look-alikes/", "all look-alikes")):
    print(row(f"**{name}**", [f for files in kinds.values() for f in files if f.startswith(prefix)]))
PYTHON
