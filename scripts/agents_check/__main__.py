"""Runs real agents against a scripted provider: directly, through `headroom serve`, through `headroom wrap`,
with Headroom's hooks, alone and before `headroom serve`, and with its MCP server, and with its
plugin.

    agents_check BUILT NODE BIN [--all] [--only NAME] [--record FILE]

BUILT has the built headroom, NODE is the folder of node, BIN the folder of the agents' commands. With
Headroom in between, an agent has to come to the same answer, with nothing that a provider would refuse,
no prefix changed that the agent itself leaves alone, every retrieval answered, and nothing left behind.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import project
from agents import ALLOWED, GATE, OTHERS
from provider import Provider
from script import compress, grep, read, retrieve, shell

# How long a run may take, in seconds. Agents need five to ten on an idle machine.
LIMIT = 120
# How long the processes of a run may take to end after the agent has.
LINGER = 20
# Marks the processes of a run in their environment.
MARK = "AGENTS_CHECK_RUN"
FINAL = "All steps are done: the final word is ZEBRA."
PROMPT = "Look at the routes, the data, the build and the tests, and say why they fail."
ROUTES = ("direct", "serve", "wrap", "hooks", "hooks and serve", "mcp", "plugin")
# So much less than the proxy may hooks save, as a share of what tools say. Claude Code numbers the lines of
# files itself, so that a hook can't take the numbers out: six points here, of which what follows makes up for
# one. Where Claude Code shows the beginning of an output that is in a file, the hook shows what is in all of it.
MOST_BEHIND = 0.05
# One agent over two transports, and how far apart its savings may be in the two runs that are closest: what
# is omitted depends on what is random in an agent's prompts as well.
SAME_SAVING = ("codex, WebSocket", "codex, HTTP")
MOST_APART = 0.02
# What an agent says that isn't allowed to run a tool.
REFUSAL = re.compile(r"requires approval|haven't granted|permission", re.I)


def turns(folder):
    """What the model does in the project in `folder`."""
    return [
        [read(f"{folder}/src/big.py")],
        [shell("ls -lR .")],
        [shell("cat data.json")],
        [retrieve("first")],
        [grep("def order_route")],
        [shell("git log --stat"), shell("cat build.log")],
        [retrieve("last")],
        [shell("python3 -m unittest -v tests.test_all 2>&1")],
        [retrieve("last"), shell("git log --oneline | head -5")],
        [shell("wc -l data.json")],
    ]


def turns_with_mcp():
    """What the model does that has Headroom's MCP server: what it hands over comes back by its hash."""
    log = "".join(f"2026-03-01T08:00:{n % 60:02} INFO request id={n} status=200\n" for n in range(300))
    return [[compress(log)], [retrieve("first")]]


# The plugin for Claude Code.
PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
# When an agent has last looked at its settings.
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Failed(Exception):
    """A run that can't be judged."""


class Run:
    """One run of one agent on one route."""

    def __init__(self, agent, route, options):
        self.agent, self.route, self.options = agent, route, options
        self.name = f"{agent.name}, {route}"
        self.mark = f"{os.getpid()}-{route}-{time.monotonic_ns()}"

    def go(self, work):
        """Runs it in the empty folder `work`; what the provider saw, and what is wrong."""
        home, folder = work / "home", work / "project"
        home.mkdir()
        project.make(folder)
        script, cut_at = turns(folder) if self.agent.has_tools else [], self.agent.cut_at
        if self.route == "mcp":
            script, cut_at = turns_with_mcp(), None
        has_hooks = self.route in ("hooks", "hooks and serve", "plugin")
        transcripts = home / self.agent.transcripts if has_hooks and self.agent.transcripts else None
        provider = Provider(script, FINAL, cut_at, transcripts)
        with provider, self.server(provider, home) as origin:
            self.agent.write_files(home, origin)
            self.headroom("install", home)
            answer = self.start(home, folder, origin, provider)
            if self.route == "serve":
                provider.seen.refused_websockets = refused_websockets(origin)
            problems = list(provider.seen.faults)
            if FINAL not in answer:
                problems.append(f"the answer is {answer[-600:]!r}")
            if provider.seen.cuts != bool(cut_at):
                problems.append(f"{provider.seen.cuts} connections were dropped")
            if not provider.seen.is_finished:
                problems.append("the script wasn't played to its end")
            self.headroom("uninstall", home)
            provider.seen.settings = self.settings(home, origin)
            provider.seen.refusals = len(REFUSAL.findall("\n".join(provider.last_results.values())))
        problems += self.left_behind()
        return provider.seen, problems

    def headroom(self, verb, home):
        """Puts Headroom's hooks or MCP server into the agent's settings, or takes them out."""
        if "hooks" in self.route:
            name, folder = self.agent.hooks
            (home / folder).mkdir(parents=True, exist_ok=True)
            command = ["hooks", verb, "--agent", name]
        elif self.route == "mcp":
            command = ["mcp", verb, "--agent", self.agent.mcp[0]]
        else:
            return
        command = [self.options.built / "headroom", *command]
        done = subprocess.run(
            command, env=self.environment(home), timeout=LIMIT, capture_output=True, text=True
        )
        if done.returncode:
            raise Failed(done.stderr)

    @contextmanager
    def server(self, provider, home):
        """The origin that the agent is given: the provider's, or that of a Headroom before it."""
        if "serve" not in self.route:
            yield provider.url
            return
        command = [self.options.built / "headroom", "serve", "--port", "0"]
        command += [self.agent.target, provider.url + self.agent.target_path]
        with (home.parent / "serve.err").open("w") as errors:
            server = subprocess.Popen(
                command, env=self.environment(home), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        try:
            line = server.stdout.readline()
            if not line.startswith("Headroom listens on "):
                raise Failed((home.parent / "serve.err").read_text())
            yield line.split()[3]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(LIMIT)

    def start(self, home, folder, origin, provider):
        """What the agent prints."""
        command = [self.agent.command, *self.agent.arguments]
        if self.route == "wrap":
            headroom = self.options.built / "headroom"
            command = [headroom, "wrap", self.agent.wrap, "--", *self.agent.arguments]
        if self.route == "plugin":
            command += ["--plugin-dir", str(PLUGIN)]
        if self.route == "mcp":
            allowed = " ".join([ALLOWED, *self.agent.mcp[1]])
            command = [allowed if part == ALLOWED else part for part in command]
        command = [PROMPT if part == "$prompt" else part for part in command]
        environment = {
            **self.environment(home),
            **self.agent.settings(origin),
            # Whatever isn't on this machine is asked of the provider, which says no.
            "HTTPS_PROXY": provider.url,
            "HTTP_PROXY": provider.url,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            return process.communicate(timeout=LIMIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said = process.communicate()[0]
            raise Failed(f"not done after {LIMIT} s: {said[-1500:]!r}") from None

    def environment(self, home):
        path = [self.options.bin, self.options.node, "/usr/local/bin", "/usr/bin", "/bin"]
        if self.route in ("hooks", "hooks and serve", "mcp", "plugin"):
            path.insert(0, self.options.built)
        return {
            "PATH": ":".join(map(str, path)),
            "HOME": str(home),
            "HEADROOM_BASE_URL": "http://127.0.0.1:9",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            # Claude Code doesn't let root use tools freely unless it is told that the machine is expendable.
            "IS_SANDBOX": "1",
            MARK: self.mark,
        }

    def settings(self, home, origin):
        files = {place: (home / place).read_text() for place in self.agent.files}
        return {place: TIME.sub("$time", text.replace(origin, "$origin")) for place, text in files.items()}

    def left_behind(self):
        """Processes of the run that are still there."""
        deadline = time.monotonic() + LINGER
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid, _ in left:
            os.kill(pid, signal.SIGKILL)
        return [f"still running after the agent: {name}" for _, name in left]

    def processes(self):
        mark = f"{MARK}={self.mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    name = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if name:  # not one that has ended and is waited for
                        found.append((int(folder.name), name))
            except OSError:
                continue  # another user's, or gone meanwhile
        return found


def refused_websockets(origin):
    """How many WebSockets the Headroom at `origin` has refused."""
    with urllib.request.urlopen(f"{origin}/stats", timeout=LINGER) as response:
        reasons = json.load(response)["not_understood"]
    return sum(count for reason, count in reasons.items() if reason.startswith("WebSocket refused"))


def compared(agent, seen, direct):
    """What is wrong with a run through Headroom, beside the one without."""
    problems = []
    if len(seen.breaks) > len(direct.breaks):
        problems.append(f"prefix breaks: {seen.breaks}; without Headroom: {direct.breaks}")
    # Agents bring their settings up to date, but Headroom leaves nothing in them.
    if seen.settings != direct.settings:
        problems.append(f"the agent's settings are {seen.settings}")
    # Whichever transport the agent takes by itself is the one that it has here.
    if bool(seen.over_websocket) != agent.uses_websocket or seen.over_websocket not in (0, seen.requests):
        problems.append(f"{seen.over_websocket} of {seen.requests} requests came over a WebSocket")
    if seen.refused_websockets:
        problems.append(f"{seen.refused_websockets} WebSockets refused")
    if not seen.retrievals and agent.has_tools:
        problems.append("the model was never given anything to ask for")
    if seen.refusals > direct.refusals:
        problems.append(f"{seen.refusals} results speak of permissions; without Headroom {direct.refusals}")
    return problems


def saving(seen, direct):
    """The share of what tools said that the model isn't sent."""
    return 1 - seen.result_size / direct.result_size if direct.result_size else 0


def unlike_itself(agent, seen):
    """What a run shows that another agent was meant: then the others prove nothing."""
    problems = []
    if seen and agent.uses_websocket != bool(seen.over_websocket):
        problems.append(f"{seen.over_websocket} requests came over a WebSocket")
    if seen and seen.thinking != {agent.thinking}:
        problems.append(f"thinking is {seen.thinking}, not {agent.thinking}")
    return problems


def same_saving(results):
    """Whether an agent saves as much over each of its transports."""
    if not all(name in results for name in SAME_SAVING):
        return True
    one, other = (results[name][1] for name in SAME_SAVING)
    if any(abs(a - b) <= MOST_APART for a in one for b in other):
        return True
    print(f"FAIL  {' and '.join(SAME_SAVING)} save {one} and {other}")
    return False


@contextmanager
def fixed_folder(folder):
    """The empty folder of all runs, removed at the end; what earlier ones have left is removed before. Its path
    isn't random, so that no word of it may match what is read in one run and not in the next."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def emptied(folder):
    """The folder of a run. All have the same path: it is in every prompt, and may match what is read."""
    work = folder / "run"
    work.mkdir()
    yield work
    shutil.rmtree(work, ignore_errors=True)
    if work.exists():
        # Something still writes there; it is in nobody's way under another name.
        work.rename(folder / f"left-{time.monotonic_ns()}")


def check(agent, options):
    """Whether an agent gets on with Headroom, and what the proxy saves it in each run."""
    direct, proxied, savings, fine = None, None, [], True
    for route in ROUTES:
        needed = {
            "wrap": agent.wrap,
            "hooks": agent.hooks,
            "hooks and serve": agent.hooks,
            "mcp": agent.mcp,
            "plugin": agent.plugin,
        }
        if not needed.get(route, True):
            continue
        run, began = Run(agent, route, options), time.monotonic()
        with emptied(options.work) as work:
            try:
                seen, problems = run.go(work)
            except Failed as problem:
                seen, problems = None, [str(problem)]
        if route == "direct":
            direct = seen
            problems += unlike_itself(agent, seen)
        elif seen and direct and route == "mcp":
            problems += [] if seen.retrievals else ["the MCP server's tools weren't called"]
        elif seen and direct:
            problems += compared(agent, seen, direct)
        if route == "serve":
            proxied = seen
        if route in ("serve", "wrap") and seen and direct:
            savings.append(saving(seen, direct))
        if route in ("hooks", "hooks and serve", "plugin") and seen and direct and proxied:
            behind = saving(proxied, direct) - saving(seen, direct)
            if behind > MOST_BEHIND:
                problems.append(f"hooks save {behind:.1%} less than the proxy")
        report(run, seen, direct, problems, time.monotonic() - began)
        fine = fine and not problems
    return fine, savings


def report(run, seen, direct, problems, took):
    figures = "nothing was seen"
    if seen:
        is_alike = direct and seen is not direct and run.route != "mcp" and direct.result_size
        saved = f" ({saving(seen, direct):.1%} less)" if is_alike else ""
        figures = (
            f"{seen.requests} requests, {seen.sent_bytes} bytes, results of {seen.result_size}{saved}, "
            f"{seen.retrievals} retrievals, {len(seen.breaks)} prefix breaks"
        )
    print(f"{'FAIL' if problems else 'ok  '}  {run.name}: {figures}, {took:.1f} s", flush=True)
    for problem in problems:
        print(f"      {problem}", flush=True)
    if seen and not problems and run.options.record:
        run.options.rows.append((run.agent.name, run.route, seen.requests, seen.sent_bytes, seen.retrievals, len(seen.breaks)))


def record(path, rows):
    """Puts rows in place of those of the same agents; other agents' rows stay as they are."""
    names = [agent.name for agent in GATE + OTHERS]
    new = {row[0] for row in rows}
    kept = [tuple(line.split("\t")) for line in path.read_text().splitlines()]
    all_rows = [row for row in kept if row[0] not in new] + rows
    all_rows.sort(key=lambda row: names.index(row[0]))
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in all_rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("built", type=lambda path: Path(path).resolve())
    parser.add_argument("node", type=lambda path: Path(path).resolve())
    parser.add_argument("bin", type=lambda path: Path(path).resolve())
    parser.add_argument("--all", action="store_true", help="the agents that the gate leaves out, too")
    parser.add_argument("--only", default="", help="agents whose name begins so")
    parser.add_argument("--record", type=Path, help="renew the figures of these agents in this file")
    options = parser.parse_args()
    options.rows = []
    agents = [agent for agent in GATE + (OTHERS if options.all else []) if agent.name.startswith(options.only)]
    with fixed_folder(Path(tempfile.gettempdir()) / "agents-check") as options.work:
        results = {agent.name: check(agent, options) for agent in agents}
    fine = all(is_fine for is_fine, _ in results.values())
    if not results or not same_saving(results) or not fine:
        sys.exit("agents-check: something is wrong")
    if options.record:
        record(options.record, options.rows)


main()
