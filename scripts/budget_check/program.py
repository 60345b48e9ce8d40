"""The programs that budget-check.py runs, and what is known about a checkout without them."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import bpe_openai

# A run that takes longer hangs, in seconds.
TIMEOUT = 120


class Fault(Exception):
    """What is wrong with a run."""


def tokens(encoding, text):
    """The tokens of a text, by a tokenizer that isn't the project's."""
    return len(bpe_openai.get_encoding(encoding).encode_ordinary(text))


@dataclass
class Made:
    """What a run has made."""

    summary: dict  # what --json prints
    text: str  # the pack
    notes: str  # what people are told
    program: "Program"
    extra: object = None  # what the case has chosen, for its check

    def shown(self):
        """The lines that the pack shows, by path."""
        return {
            file["path"]: {line for first, last in file["lines"] for line in range(first, last + 1)}
            for file in self.summary["files"]
        }


class Program:
    """`contextos` with an empty home, and a server of `headroom` once one is needed."""

    def __init__(self, contextos, headroom, scratch):
        self.path = str(Path(contextos).resolve()) if os.sep in contextos else contextos
        self.headroom = headroom
        self.scratch = scratch
        self.server = None
        self.environment = {"HOME": str(scratch / "home"), "PATH": "/usr/bin:/bin"}
        (scratch / "home").mkdir()

    def run(self, arguments, stdin="", environment=None):
        """Runs `contextos`; what it prints to both streams."""
        done = subprocess.run(
            [self.path, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=TIMEOUT,
            env={**self.environment, **(environment or {})},
        )
        if done.returncode:
            raise Fault(f"exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout, done.stderr

    def pack(self, checkout, arguments, budget, model, stdin="", environment=None):
        """Makes a pack of a checkout."""
        out = self.scratch / "pack"
        command = ["pack", str(checkout), *arguments, "--budget", str(budget), "--out", str(out), "--json"]
        command += ["--model", model] if model else []
        printed, notes = self.run(command, stdin, environment)
        return Made(json.loads(printed), out.read_text(), notes, self)

    def server_url(self):
        """The address of a server of `headroom`, which is started when it is first asked for."""
        if not self.server:
            self.server = subprocess.Popen(
                [self.headroom, "serve", "--port", "0"], env=self.environment, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
            )
        for line in self.server.stdout if not hasattr(self, "url") else ():
            if found := re.search(r"listens on (http://\S+)", line):
                self.url = found.group(1)
                break
        return self.url

    def retrieve(self, digest):
        """Whether the server has the original of a marker."""
        done = subprocess.run(
            [self.headroom, "retrieve", digest], capture_output=True, check=False, env=self.environment,
            timeout=TIMEOUT,
        )
        return done.returncode == 0 and done.stdout

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()


class Checkout:
    """A checkout, as git and the file system know it."""

    def __init__(self, path, program):
        self.path = Path(path)
        self.name = self.path.name
        tree, _ = program.run(["pack", str(path), "--tree", "--json"])
        self.tree = json.loads(tree)
        # The files to select from, with their tokens.
        self.files = dict(leaves(self.tree, ""))
        self.subjects = self.git("log", "--no-merges", "-n", "50", "--format=%s").splitlines()

    def git(self, *arguments):
        return subprocess.run(
            ["git", "-C", str(self.path), *arguments], capture_output=True, text=True, check=True
        ).stdout

    def lines(self, path):
        """The lines of a file as packs show them: without line ends."""
        return (self.path / path).read_text(encoding="utf-8", errors="replace").splitlines()

    def code(self, fewest, most):
        """The files of code with so many tokens, in an order that has nothing to do with their paths."""
        ends = (".py", ".rs", ".go", ".js", ".ts", ".tsx", ".java", ".rb", ".php", ".c", ".cpp")
        fitting = [path for path, count in self.files.items() if path.endswith(ends) and fewest <= count <= most]
        return sorted(fitting, key=lambda path: (self.files[path] * 7919 % 1009, path))

    def changes(self, revision):
        """The lines that differ from a revision, by path; and the paths that are gone."""
        changed, gone, path = {}, [], None
        for line in self.git("diff", "--unified=0", "--no-renames", revision).splitlines():
            if line.startswith("--- a/"):
                before = line.removeprefix("--- a/")
            elif line.startswith("+++ "):
                path = line.removeprefix("+++ b/") if line != "+++ /dev/null" else None
                if path is None:
                    gone.append(before)
            elif found := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
                first, count = int(found.group(1)), int(found.group(2) or 1)
                if path in self.files:
                    changed.setdefault(path, set()).update(range(first, first + count))
        return changed, gone


def leaves(node, folder):
    """The files of `--tree` with their tokens."""
    for child in node.get("children", []):
        if child["name"].endswith("/"):
            yield from leaves(child, folder + child["name"])
        else:
            yield folder + child["name"], child["tokens"]
