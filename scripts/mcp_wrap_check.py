"""Calls every tool of real MCP servers, directly and behind `headroom mcp wrap`, and compares.

Usage: mcp_wrap_check.py HEADROOM NODE_MODULES WORK. Prints a row for each server: tokens of definitions (plain,
--slim, --lazy), and of results. Fails if a tool is missing, if a result that is small or structured differs, or if
what was left out doesn't come back.
"""

import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import urllib.request

HEADROOM, MODULES, WORK = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
SMALL = 300  # tokens: below, nothing is left out of a result
PAGE = "<title>Orders</title><h1>Orders</h1><form><input id=name aria-label=Name><select id=size aria-label=Size><option>S<option>L</select><input type=file id=file aria-label=File><button>Send</button></form><ul>" + "".join(
    f"<li><a href=/order/{i}>Order {i}, {i * 7 % 90} pieces</a></li>" for i in range(400)
)
HOME = WORK / "home"
ENVIRONMENT = {**os.environ, "HOME": str(HOME), "HEADROOM_WORKSPACE_DIR": str(HOME / "headroom"),
               "HEADROOM_PROXY_URL": "http://127.0.0.1:9", "NO_COLOR": "1"}
for name in ("HEADROOM_BASE_URL", "HEADROOM_API_KEY", "GITHUB_PERSONAL_ACCESS_TOKEN"):
    ENVIRONMENT.pop(name, None)


class Pipes:
    """A client on standard input and output, which answers what servers ask."""

    CAPABILITIES = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}}
    ANSWERS = {
        "roots/list": {"roots": []},
        "sampling/createMessage": {"role": "assistant", "model": "none", "content": {"type": "text", "text": "an answer"}},
        "elicitation/create": {"action": "decline"},
        "ping": {},
    }

    def __init__(self, command, folder, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        cwd=folder, env={**ENVIRONMENT, **environment})
        self.last = 0
        self.start()

    def start(self):
        self.info = self.ask("initialize", {
            "protocolVersion": "2025-06-18", "capabilities": self.CAPABILITIES,
            "clientInfo": {"name": "check", "version": "0"}})["result"]
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def ask(self, method, params):
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        return self.wait()

    def wait(self):
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the server has ended")
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": self.ANSWERS[message["method"]]})
            elif message.get("id") == self.last and "method" not in message:
                return message

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class Http(Pipes):
    """A client over HTTP, which can't be asked anything."""

    CAPABILITIES = {}

    def __init__(self, command, folder, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder,
                                        env={**ENVIRONMENT, **environment})
        self.url = re.search(r"http://\S+", self.process.stdout.readline().decode())[0]
        self.last, self.session, self.answer = 0, None, None
        self.start()

    def send(self, message):
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.session:
            headers["Mcp-Session-Id"] = self.session
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers)) as response:
            self.session = response.headers.get("Mcp-Session-Id") or self.session
            kind, text = response.headers.get("Content-Type"), response.read().decode()
        if kind == "text/event-stream":
            lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
            self.answer = [json.loads(line) for line in lines if f'"id":{self.last}' in line.replace(" ", "")][-1]
        elif text:
            self.answer = json.loads(text)

    def wait(self):
        return self.answer

    def close(self):
        self.process.terminate()
        self.process.wait(60)


def tools(client):
    listed, cursor = [], None
    while True:
        result = client.ask("tools/list", {"cursor": cursor} if cursor else {})["result"]
        listed += result["tools"]
        cursor = result.get("nextCursor")
        if not cursor:
            return listed


COUNTED = {}


def tokens(text):
    if text not in COUNTED:
        out = subprocess.run([HEADROOM, "compress", "--json", "--retrieval", "none"], input=text.encode(), env=ENVIRONMENT,
                             stdout=subprocess.PIPE, check=True).stdout
        COUNTED[text] = json.loads(out)["tokens_before"] if text else 0
    return COUNTED[text]


def definitions(listed):
    """What a provider is sent of the tools."""
    sent = [{"name": t["name"], "description": t.get("description", ""), "input_schema": t["inputSchema"]} for t in listed]
    return tokens(json.dumps(sent, separators=(",", ":"), ensure_ascii=False))


def texts(reply):
    result = reply.get("result", {})
    found = []
    for block in result.get("content", []):
        found.append(block.get("text") or block.get("resource", {}).get("text") or "")
    return found


def settled(value, folder):
    """A reply without what differs from run to run."""
    text = json.dumps({key: value.get(key) for key in ("result", "error")}, sort_keys=True)
    text = text.replace(str(folder), "FOLDER")
    for pattern in (r"\d{4}-\d\d-\d\d[T_ -]\d\d[:-]\d\d[:-]\d\d[.\d-]*Z?", r"[0-9a-f]{40}", r"\b[0-9a-f]{7}\b", r"127\.0\.0\.1:\d+",
                    r"\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d", r"\d{1,2}:\d\d:\d\d( [AP]M)?", r"\d+(\.\d+)?ms", r"\"\d{10,}\"", r"1[78]\d{8,}", r"[0-9a-f]{8}-[0-9a-f-]{27}"):
        text = re.sub(pattern, "VARIES", text)
    return text


def settled_json(text, folder):
    return settled({"result": json.loads(text)}, folder)


def same(direct, wrapped, folders, client, failures, what):
    """Compares two replies; where a text got smaller, its original has to come back."""
    before, after = texts(direct), texts(wrapped)
    if len(before) == len(after) and any(new.startswith("[json/1") for new in after):
        for old, new in zip(before, after):
            is_rewritten = new.startswith("[json/1") and not old.startswith("[json/1")
            head, _, rest = new.partition("\n")
            if is_rewritten and head.endswith("JSON without its white space]") and settled_json(old, folders[0]) != settled_json(rest, folders[1]):
                failures.append(f"{what}: the JSON differs: {old[:300]} {rest[:300]}")
            if is_rewritten and tokens(new) >= tokens(old):
                failures.append(f"{what}: {tokens(new)} tokens, {tokens(old)} directly")
        return
    if not any("hash=" in text or tokens(old) > SMALL for text, old in zip(after, before)):
        left, right = settled(direct, folders[0]), settled(wrapped, folders[1])
        if left != right:
            failures.append(f"{what}:\n  {left[:600]}\n  {right[:600]}")
        return
    if sum(map(tokens, after)) > sum(map(tokens, before)) + 8:
        failures.append(f"{what}: {sum(map(tokens, after))} tokens, {sum(map(tokens, before))} directly")
    for hash in set(re.findall(r"hash=([0-9a-f]{24})", " ".join(after))):
        back = client.ask("tools/call", {"name": "headroom_retrieve", "arguments": {"hash": hash}})["result"]
        if back.get("isError") or not back["structuredContent"]["original_content"]:
            failures.append(f"{what}: {hash} doesn't come back")


def files(folder):
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / "app.log").write_text("".join(f"2024-05-01T10:00:00Z INFO request {i} done in {i * 7 % 13} ms\n" for i in range(900)))
    (folder / "dot.png").write_bytes(bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001"))
    (folder / "src").mkdir()
    for i in range(60):
        (folder / "src" / f"module_{i}.py").write_text(f"def f{i}():\n    return {i}\n")


def repository(folder):
    files(folder)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    clock = {**os.environ, "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    for key, value in (("user.name", "a"), ("user.email", "a@example.com"), ("commit.gpgsign", "false")):
        subprocess.run(["git", "-C", str(folder), "config", key, value], check=True)
    for i in range(30):
        (folder / "a.txt").write_text(f"one\ntwo {i}\n")
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"Change {i}"], check=True, env=clock)
    (folder / "a.txt").write_text("changed\n")


def filesystem(f):
    return [
        ("list_allowed_directories", {}), ("read_text_file", {"path": f"{f}/a.txt"}), ("read_text_file", {"path": f"{f}/app.log"}),
        ("read_file", {"path": f"{f}/a.txt", "head": 1}), ("read_media_file", {"path": f"{f}/dot.png"}),
        ("read_multiple_files", {"paths": [f"{f}/a.txt", f"{f}/app.log"]}), ("write_file", {"path": f"{f}/b.txt", "content": "b\n"}),
        ("edit_file", {"path": f"{f}/b.txt", "edits": [{"oldText": "b", "newText": "c"}]}), ("create_directory", {"path": f"{f}/new"}),
        ("list_directory", {"path": f"{f}/src"}), ("list_directory_with_sizes", {"path": f"{f}/src"}),
        ("directory_tree", {"path": f"{f}"}), ("move_file", {"source": f"{f}/b.txt", "destination": f"{f}/c.txt"}),
        ("search_files", {"path": f"{f}", "pattern": "**/*.py"}), ("get_file_info", {"path": f"{f}/app.log"}),
        ("read_text_file", {"path": "/etc/passwd"}), ("read_text_file", {}),
    ]


def everything(_):
    return [
        ("echo", {"message": "hello"}), ("get-annotated-message", {"messageType": "error", "includeImage": True}),
        ("get-resource-links", {"count": 3}), ("get-resource-reference", {"resourceType": "Text", "resourceId": 1}),
        ("get-structured-content", {"location": "New York"}), ("get-sum", {"a": 1, "b": 2.5}), ("get-tiny-image", {}),
        ("get-env", {}), ("get-roots-list", {}), ("trigger-sampling-request", {"prompt": "x"}), ("trigger-elicitation-request", {}), ("gzip-file-as-resource", {"name": "a.gz", "data": "data:text/plain,hello", "outputType": "resource"}),
        ("toggle-simulated-logging", {}), ("toggle-simulated-logging", {}), ("toggle-subscriber-updates", {}),
        ("toggle-subscriber-updates", {}), ("trigger-long-running-operation", {"duration": 0.2, "steps": 2}),
        ("simulate-research-query", {"topic": "x"}), ("get-sum", {"a": "no number"}),
    ]


def memory(_):
    entities = [{"name": f"e{i}", "entityType": "thing", "observations": [f"observation {i}", "it is there"]} for i in range(120)]
    return [
        ("create_entities", {"entities": entities}), ("create_relations", {"relations": [{"from": "e1", "to": "e2", "relationType": "knows"}]}),
        ("add_observations", {"observations": [{"entityName": "e1", "contents": ["more"]}]}), ("read_graph", {}),
        ("search_nodes", {"query": "observation 7"}), ("open_nodes", {"names": ["e1", "e2"]}),
        ("delete_observations", {"deletions": [{"entityName": "e1", "observations": ["more"]}]}),
        ("delete_relations", {"relations": [{"from": "e1", "to": "e2", "relationType": "knows"}]}),
        ("delete_entities", {"entityNames": [f"e{i}" for i in range(118)]}), ("read_graph", {}),
    ]


def thinking(_):
    return [("sequentialthinking", {"thought": "first", "nextThoughtNeeded": True, "thoughtNumber": 1, "totalThoughts": 2}), ("sequentialthinking", {})]


def git(f):
    p = {"path": str(f)}
    return [
        ("git_set_working_dir", p), ("git_status", p), ("git_diff", p), ("git_log", {**p, "maxCount": 30}), ("git_show", {**p, "object": "HEAD"}),
        ("git_blame", {**p, "filePath": "src/module_1.py"}), ("git_add", {**p, "paths": ["a.txt"]}), ("git_commit", {**p, "message": "Change a"}),
        ("git_branch", {**p, "mode": "list"}), ("git_branch", {**p, "mode": "create", "branchName": "b"}), ("git_checkout", {**p, "target": "b"}),
        ("git_checkout", {**p, "target": "main"}), ("git_merge", {**p, "branch": "b"}), ("git_rebase", {**p, "upstream": "b"}),
        ("git_tag", {**p, "mode": "create", "tagName": "v1"}), ("git_tag", {**p, "mode": "list"}), ("git_stash", {**p, "mode": "list"}),
        ("git_reflog", {**p, "maxCount": 20}), ("git_remote", {**p, "mode": "list"}), ("git_worktree", {**p, "mode": "list"}),
        ("git_clean", {**p, "force": True, "dryRun": True}), ("git_reset", {**p, "mode": "mixed"}), ("git_cherry_pick", {**p, "commits": ["nothing"]}),
        ("git_fetch", p), ("git_pull", p), ("git_push", {**p, "dryRun": True}), ("git_clone", {"url": "file:///nowhere/x", "path": f"{f}/clone"}),
        ("git_init", {"path": f"{f}/inner"}), ("git_changelog_analyze", {**p, "reviewTypes": ["features"]}),
        ("git_wrapup_instructions", {"acknowledgement": "Y"}), ("git_clear_working_dir", {"confirm": "Y"}),
    ]


def sqlite(_):
    rows = ", ".join(f"({i}, 'name {i}', {i * 7 % 90})" for i in range(400))
    return [
        ("db_info", {}), ("query", {"sql": "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, pieces INTEGER)"}),
        ("query", {"sql": f"INSERT INTO orders VALUES {rows}"}), ("list_tables", {}), ("get_table_schema", {"tableName": "orders"}),
        ("create_record", {"table": "orders", "data": {"id": 1000, "name": "new", "pieces": 1}}), ("read_records", {"table": "orders", "limit": 3}),
        ("read_records", {"table": "orders"}), ("query", {"sql": "SELECT * FROM orders"}),
        ("update_records", {"table": "orders", "data": {"pieces": 2}, "conditions": {"id": 1000}}),
        ("delete_records", {"table": "orders", "conditions": {"id": 1000}}), ("query", {"sql": "SELECT nonsense"}),
    ]


def github(_):
    # There is no token and no network: each tool is called with arguments that it refuses before it asks anybody.
    names = [t["name"] for t in GITHUB_TOOLS]
    return [(name, {}) for name in names]


def browser(_):
    snapshot = ("browser_snapshot", {})
    return [
        ("browser_navigate", {"url": SITE}), snapshot, ("browser_find", {"text": "Order 17"}), ("browser_evaluate", {"function": "() => document.title"}),
        ("browser_type", {"element": "Name", "target": "#name", "text": "Ann"}), ("browser_press_key", {"key": "Tab"}),
        ("browser_select_option", {"element": "Size", "target": "#size", "values": ["L"]}),
        ("browser_fill_form", {"fields": [{"element": "Name", "target": "#name", "name": "Name", "type": "textbox", "value": "Bob"}]}),
        ("browser_hover", {"element": "Send", "target": "button"}), ("browser_drag", {"startElement": "h", "startTarget": "h1", "endElement": "b", "endTarget": "button"}),
        ("browser_drop", {"element": "Name", "target": "#name", "data": {"text/plain": "x"}}), ("browser_resize", {"width": 800, "height": 600}),
        ("browser_emulate_media", {"colorScheme": "dark"}), ("browser_wait_for", {"text": "Orders"}), ("browser_console_messages", {"level": "info"}),
        ("browser_network_requests", {"static": False}), ("browser_network_request", {"index": 1}), ("browser_tabs", {"action": "list"}),
        ("browser_run_code_unsafe", {"code": "async (page) => page.title()"}), ("browser_click", {"element": "Order 3", "target": "text=Order 3,"}),
        ("browser_navigate_back", {}), ("browser_take_screenshot", {"scale": "css", "filename": "shot.png"}), ("browser_handle_dialog", {"accept": True}),
        ("browser_file_upload", {"paths": []}), ("browser_close", {}),
    ]


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_):
        pass


site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
SITE = f"http://127.0.0.1:{site.server_port}/"
GITHUB_TOOLS = []
CHROMIUM = shutil.which("chromium") or ""

# Name, package and script, arguments, environment, what is in its folder, and the calls.
SERVERS = [
    ("filesystem", "@modelcontextprotocol/server-filesystem/dist/index.js", lambda f: [str(f)], {}, files, filesystem),
    ("everything", "@modelcontextprotocol/server-everything/dist/index.js", lambda f: [], {}, None, everything),
    ("memory", "@modelcontextprotocol/server-memory/dist/index.js", lambda f: [], {"MEMORY_FILE_PATH": "FOLDER/memory.jsonl"}, None, memory),
    ("sequential-thinking", "@modelcontextprotocol/server-sequential-thinking/dist/index.js", lambda f: [], {"DISABLE_THOUGHT_LOGGING": "true"}, None, thinking),
    ("git (cyanheads)", "@cyanheads/git-mcp-server/dist/index.js", lambda f: [], {"GIT_SIGN_COMMITS": "false"}, repository, git),
    ("github", "@modelcontextprotocol/server-github/dist/index.js", lambda f: [], {}, None, github),
    ("sqlite (mcp-sqlite)", "mcp-sqlite/mcp-sqlite-server.js", lambda f: [str(f / "db.sqlite")], {}, None, sqlite),
    ("playwright", "@playwright/mcp/cli.js",
     lambda f: ["--headless", "--isolated", "--no-sandbox", "--executable-path", CHROMIUM, "--output-dir", str(f / "out")], {}, None, browser),
]


def session(kind, script, arguments, environment, fill, number):
    """A client of the server in a folder of its own: directly, or behind the relay."""
    folder = WORK / f"run{number}" / kind
    folder.mkdir(parents=True)
    if fill:
        fill(folder)
    if "MEMORY_FILE_PATH" in environment:
        environment = {"MEMORY_FILE_PATH": str(folder / "memory.jsonl")}
    command = ["node", str(MODULES / script), *arguments(folder)]
    options = {"direct": None, "plain": [], "slim": ["--slim"], "lazy": ["--lazy"], "http": ["--transport", "http", "--port", "0"]}[kind]
    if options is not None:
        command = [HEADROOM, "mcp", "wrap", *options, "--", *command]
    return folder, (Http if kind == "http" else Pipes)(command, folder, environment)


def check(number, name, script, arguments, environment, fill, calls):
    failures, seen = [], {}
    replies, listed, folders = {}, {}, {}
    kinds = ["direct", "plain", "slim", "lazy"] + (["http"] if name == "filesystem" else [])
    for kind in kinds:
        folders[kind], client = session(kind, script, arguments, environment, fill, number)
        listed[kind] = tools(client)
        if name == "github":
            GITHUB_TOOLS[:] = listed["direct"]
        replies[kind] = []
        for at, (tool, given) in enumerate(calls(folders[kind])):
            if kind == "lazy":
                found = texts(client.ask("tools/call", {"name": "search_tools", "arguments": {"query": tool.replace("_", " ")}}))[0]
                rank = [json.loads(line)["name"] for line in found.splitlines() if line.startswith("{")]
                seen[tool] = rank.index(tool) + 1 if tool in rank else 0
                reply = client.ask("tools/call", {"name": "call_tool", "arguments": {"name": tool, "arguments": given}})
            else:
                reply = client.ask("tools/call", {"name": tool, "arguments": given})
            replies[kind].append(reply)
            if kind != "direct":
                same(replies["direct"][at], reply, (folders["direct"], folders[kind]), client, failures, f"{name}, {kind}, {tool}")
        client.close()
    own = {tool["name"] for tool in listed["direct"]}
    called = {tool for tool, _ in calls(folders["direct"])}
    if own != called:
        failures.append(f"{name}: not called: {sorted(own - called)}")
    if [t for t in listed["plain"] if t["name"] != "headroom_retrieve"] != listed["direct"]:
        failures.append(f"{name}: the definitions differ")
    if missed := [tool for tool, rank in seen.items() if not rank]:
        failures.append(f"{name}: a search doesn't find {missed}")
    first = sum(rank == 1 for rank in seen.values())
    total = lambda kind: sum(tokens(text) for reply in replies[kind] for text in texts(reply))
    before, after = total("direct"), total("plain")
    print(f"| {name} | {len(own)} | {definitions(listed['direct']):,} | {definitions(listed['slim']):,} | {definitions(listed['lazy']):,} | "
          f"{len(replies['direct'])} | {before:,} | {after:,} | {first} of {len(seen)} |", flush=True)
    return failures


HOME.mkdir(parents=True, exist_ok=True)
print("| server | tools | definitions | `--slim` | `--lazy` | calls | results directly | behind the relay | found first |")
print("|---|---|---|---|---|---|---|---|---|")
chosen = os.environ.get("MCP_WRAP_ONLY", "").split()
failed = []
for number, server in enumerate(SERVERS):
    if chosen and not any(server[0].startswith(word) for word in chosen):
        continue
    try:
        failed += check(number, *server)
    except Exception as error:  # What one server breaks isn't to hide the others.
        failed.append(f"{server[0]}: {type(error).__name__}: {error}")
for failure in failed:
    print(f"mcp-wrap-check: {failure}", file=sys.stderr)
sys.exit(1 if failed else 0)
