"""registry_hashes.py FOLDER: whether the checksums in the registry's entries are those of the bundles next to them."""

import hashlib
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
entries = sorted(folder.glob("*.server.json"))
assert entries
for entry in entries:
    for package in json.loads(entry.read_text())["packages"]:
        bundle = folder / package["identifier"].rsplit("/", 1)[1]
        assert hashlib.sha256(bundle.read_bytes()).hexdigest() == package["fileSha256"], bundle
