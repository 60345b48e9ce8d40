#!/usr/bin/env python3
"""docs-check.py PROGRAMS [--write] [PAGE…]: runs the code blocks of README.md and docs/, as a reader would.

PROGRAMS is the folder of `contextos` and `headroom`. Each page has a shell of its own, in a copy of the repository in
scripts/docs_check/sample, with an empty home and, where the system allows it, a network of its own without an
outside. Its blocks run in the page's order. What a block is for is said by its language:

  console   commands after `$ `, and what they print. `…` stands for any text in a line, and alone in a line for any
            lines; a number stands for any number, because scores and counts of tokens move with every change of a
            weight. With --write, what commands print is written into the page, where it differs.
  sh        commands that have to succeed, whatever they print
  json, toml, yaml, xml, python   a text that has to be well-formed
  text, powershell, … , diff      nothing is checked

A block behind `<!-- not run: REASON -->` isn't run. A block without a language is an error, unless a test of its own
makes it (`<!-- tour: NAME -->`).
"""

import ast
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import tomllib
import xml.dom.minidom
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "scripts/docs_check/sample"
# Generated from the programs, by tests of their own; only their languages are checked.
GENERATED = {"contextos-cli.md", "headroom-cli.md"}
UNCHECKED = {"text", "powershell", "diff", "markdown", "ruby", "css", "mermaid"}
# A command that takes longer is a failure.
SECONDS = 60
FENCE = re.compile(r"^( *)(`{3,})([^`\n]*)\n(.*?)^\1\2`* *$", re.M | re.S)
# The comment that says what happens with the block behind it.
DIRECTIVE = re.compile(r"<!-- (not run|tour): (?:(?!-->).)* -->\s*\Z", re.S)


class Failure(Exception):
    """What is wrong with a block."""


def network_of_its_own():
    """The beginning of a command that runs in a network that has loopback only; empty if the system refuses that."""
    up = "import fcntl, socket, struct; s = socket.socket(); " \
        "fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x49))"
    start = ["unshare", "--net", "--map-root-user", sys.executable, "-c",
             f"{up}; import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"]
    try:
        subprocess.run([*start, "true"], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return start


class Shell:
    """A shell in which the commands of a page run one after another."""

    def __init__(self, programs, network):
        self.folder = Path(tempfile.mkdtemp(prefix="docs-check-"))
        repository = self.folder / "shop"
        shutil.copytree(SAMPLE, repository)
        home = self.folder / "home"
        home.mkdir()
        environment = {
            "HOME": str(home), "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat",
            "GIT_AUTHOR_DATE": "2026-01-05T09:00:00Z", "GIT_COMMITTER_DATE": "2026-01-05T09:00:00Z",
        }
        for name in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{name}_NAME": "Ada", f"GIT_{name}_EMAIL": "ada@example.com"}

        def git(*command):
            subprocess.run(["git", *command], cwd=repository, env=environment, check=True)

        git("init", "--quiet", "--initial-branch", "main")
        # Two commits, of which the second changes something: `contextos eval` replays it.
        changed = repository / "src/shop/session.py"
        now = changed.read_text()
        for text, message in ((now.replace("15 * 60", "10 * 60"), "A shop"), (now, "Sessions last a quarter of an hour")):
            changed.write_text(text)
            git("add", ".")
            git("commit", "--quiet", "-m", message)

        # A terminal, because programs print less on one than into a pipe; without its line ends.
        reader, writer = pty.openpty()
        termios.tcsetwinsize(writer, (50, 160))
        modes = termios.tcgetattr(writer)
        modes[1] &= ~termios.ONLCR
        termios.tcsetattr(writer, termios.TCSANOW, modes)
        self.process = subprocess.Popen(
            [*network, "bash", "--norc", "--noprofile"], cwd=repository, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=writer, stderr=writer, start_new_session=True)
        os.close(writer)
        self.output = os.fdopen(reader, encoding="utf-8", newline="\n")

    def run(self, command):
        """Runs a command (or lines of commands); returns what it printed, and its exit code."""
        mark = "docs-check-mark"
        signal.signal(signal.SIGALRM, self._too_slow)
        signal.alarm(SECONDS)
        # Input of the command must not be the rest of the commands.
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{mark} %s\\n' $?\n")
        self.process.stdin.flush()
        lines = []
        try:
            for line in self.output:
                if line.startswith(mark):
                    signal.alarm(0)
                    output = "".join(lines)
                    # The line end that stands before the mark.
                    output = output[:-1] if output.endswith("\n") else output
                    return self._portable(output), int(line.split()[1])
                lines.append(line)
        except OSError:
            # What a terminal says when its last writer is gone.
            pass
        raise Failure(f"the shell ended: {''.join(lines)}")

    def _too_slow(self, *_):
        raise Failure(f"takes longer than {SECONDS} seconds")

    def _portable(self, text):
        """Without the folder that this run has."""
        return text.replace(str(self.folder / "home"), "/home/ada").replace(str(self.folder), "/home/ada")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def pattern(shown):
    """The expression that the output shown in a page stands for."""
    parts = []
    for line in shown.splitlines():
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            text = ".*?".join(re.escape(part) for part in line.split("…"))
            parts.append(re.sub(r"\d+", r"\\d+", text) + r"[ \t]*\n")
    return re.compile("".join(parts) + r"\s*")


def commands_of(block):
    """The (command, shown output) of a console block. A line that ends in a backslash goes on."""
    found = []
    goes_on = False
    for line in block.splitlines():
        if goes_on:
            found[-1][0].append(line.removeprefix("> "))
        elif line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found:
            found[-1][1].append(line)
        elif line:
            raise Failure(f"output before a command: {line}")
        goes_on = (goes_on or line.startswith("$ ")) and line.endswith("\\")
    return [("\n".join(command), "\n".join(shown).strip("\n")) for command, shown in found]


def run_console(shell, block, write):
    """Runs a console block; returns it with what the commands print, if that is to be written."""
    result = []
    for command, shown in commands_of(block):
        printed, _ = shell.run(re.sub(r"\s+#.*$", "", command) if "\n" not in command else command)
        # Written anew even if only numbers differ, so that the page shows what is printed now.
        exact = write and "…" not in shown
        same = not exact and pattern(shown + "\n" if shown else "").fullmatch(printed.rstrip("\n") + "\n" if printed else "")
        if not same and not write:
            raise Failure(f"$ {command}\nprints:\n{printed}\nthe page shows:\n{shown}")
        # What differs from run to run.
        printed = re.sub(r"^time: .* s$", "time: … s", printed.strip("\n"), flags=re.M)
        result.append(f"$ {command}\n" + ((shown if same else printed) + "\n" if shown or printed else ""))
    return "".join(result) if write else block


def check_form(language, text):
    """Whether a text is well-formed in its language."""
    try:
        match language:
            case "json":
                json.loads(text)
            case "toml":
                tomllib.loads(text)
            case "python":
                ast.parse(text)
            case "xml":
                xml.dom.minidom.parseString(text)
            case "yaml":
                import yaml
                yaml.safe_load(text)
    except ImportError:
        return
    except Exception as error:
        raise Failure(f"isn't {language}: {error}") from error


def check_block(shell, directive, language, text, write, is_generated):
    """Checks a block; returns its text, and what was done with it."""
    if directive == "tour":
        return text, "made by a test"
    if not language:
        raise Failure("has no language")
    if is_generated or directive == "not run" or language in UNCHECKED:
        return text, "not run"
    if language == "console":
        return run_console(shell(), text, write), "run"
    if language == "sh":
        printed, status = shell().run(f"(set -e -o pipefail\n{text})")
        if status != 0:
            raise Failure(f"fails with {status}:\n{printed}")
        return text, "run"
    if language in {"json", "toml", "python", "xml", "yaml"}:
        check_form(language, text)
        return text, "parsed"
    raise Failure(f"the language `{language}` is unknown here")


def check_page(path, programs, network, write):
    """Checks a page; returns the failures, and how many blocks were run."""
    page = path.read_text()
    started = []

    def shell():
        if not started:
            started.append(Shell(programs, network))
        return started[0]

    failures, run, out, end = [], 0, [], 0
    try:
        for match in FENCE.finditer(page):
            indent, _, language, text = match.groups()
            directive = DIRECTIVE.search(page, 0, match.start())
            text = re.sub(f"^{indent}", "", text, flags=re.M)
            line = page.count("\n", 0, match.start()) + 1
            try:
                new, done = check_block(shell, directive and directive[1], language.strip(), text, write,
                                        path.name in GENERATED)
                run += done == "run"
                if new != text:
                    out += [page[end : match.start(4)], re.sub("^(?=.)", indent, new, flags=re.M)]
                    end = match.end(4)
            except Failure as failure:
                failures.append(f"{path.relative_to(ROOT)}:{line}: {failure}")
    finally:
        for one in started:
            one.close()
    if write and out:
        path.write_text("".join(out) + page[end:])
    return failures, run


def main(arguments):
    write = "--write" in arguments
    arguments = [argument for argument in arguments if argument != "--write"]
    programs = Path(arguments[0]).resolve()
    pages = [Path(page).resolve() for page in arguments[1:]]
    pages = pages or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    network = network_of_its_own()
    failures, run = [], 0
    for page in pages:
        found, count = check_page(page, programs, network, write)
        failures += found
        run += count
    print("\n\n".join(failures), file=sys.stderr)
    print(f"docs-check: {len(pages)} pages, {run} blocks run, {len(failures)} failed")
    sys.exit(bool(failures))


main(sys.argv[1:])
