"""mcp_bundle.py BUNDLE: starts the server of an unpacked MCP bundle as a client would, and compares its tools with
those of the manifest."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

bundle = Path(sys.argv[1]).resolve()
manifest = json.loads((bundle / "manifest.json").read_text())
config = manifest["server"]["mcp_config"]
with tempfile.TemporaryDirectory() as repository:
    values = {"${__dirname}": str(bundle), "${user_config.repository}": repository}

    def fill(text):
        for name, value in values.items():
            text = text.replace(name, value)
        assert "${" not in text, text
        return text

    requests = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "check", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ]
    lines = "".join(json.dumps({"jsonrpc": "2.0", **request}) + "\n" for request in requests)
    command = [fill(config["command"]), *map(fill, config["args"])]
    run = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=30, check=True)
responses = [json.loads(line) for line in run.stdout.splitlines()]
listed = next(response["result"]["tools"] for response in responses if response.get("id") == 2)
names = sorted(tool["name"] for tool in listed)
promised = sorted(tool["name"] for tool in manifest["tools"])
assert names == promised, (names, promised)
