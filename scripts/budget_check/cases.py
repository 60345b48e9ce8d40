"""What budget-check.py runs: each case has flags, and knows what a pack that was made with them has."""

import base64
import json
import os
import pty
import re
import select
import subprocess
from dataclasses import dataclass
from typing import Callable

from budget_check.program import TIMEOUT, Fault, tokens

# Below this, a pack may have little more than its head.
ROOM = 1_000


@dataclass(frozen=True)
class Case:
    """A way to run `contextos pack`."""

    name: str
    run: Callable  # (program, checkout, budget, model) → Made
    check: Callable  # (made, checkout, budget); raises Fault
    is_pack: bool = True  # whether it makes a text within a budget, counted for a model
    has_budget: bool = True  # whether the budget matters
    needs_headroom: bool = False


CASES = []


def expect(condition, what):
    if not condition:
        raise Fault(what)


def case(name, check=lambda made, checkout, budget: None, **options):
    """Makes a case of a function that gives the flags, standard input, and what the check is to know."""

    def add(flags):
        def run(program, checkout, budget, model):
            arguments, stdin, extra, environment = flags(program, checkout, budget)
            made = program.pack(checkout.path, arguments, budget, model, stdin, environment)
            made.extra = extra
            return made

        CASES.append(Case(name, run, check, **options))
        return flags

    return add


def task(checkout, budget):
    """A task of this checkout; another one for each budget."""
    return ["--task", checkout.subjects[budget % 29 % len(checkout.subjects)]]


# What has changed.
def shows_changes(made, checkout, budget):
    revision = made.extra
    changed, gone = checkout.changes(revision)
    shown = made.shown()
    if budget >= ROOM and changed:
        expect(any(changed[path] & shown.get(path, set()) for path in changed), "no changed line is shown")
    # With room for all of them, no changed line may be missing.
    if sum(checkout.files[path] for path in changed) < budget / 3:
        for path, lines in changed.items():
            text = checkout.lines(path)
            missing = [n for n in lines - shown.get(path, set()) if n <= len(text) and text[n - 1].strip()]
            expect(not missing, f"{path} has changed in line {min(missing, default=0)}, which isn't shown")
        # What is left goes to what they are about: code of other files, or its signatures.
        expect(set(shown) - set(changed) or re.search("^## Also likely|<map>", made.text, re.M), "only changes are shown")
    if gone and budget >= ROOM:
        expect("Removed files: " in made.text, "removed files aren't named")


@case("diff", shows_changes)
def _(program, checkout, budget):
    return ["--diff", "HEAD~3"], "", "HEAD~3", None


@case("diff of one commit, as XML", shows_changes)
def _(program, checkout, budget):
    return ["--diff", "HEAD~1..HEAD", "--format", "xml"], "", "HEAD~1", None


@case("diff since a branch, with a task", shows_changes)
def _(program, checkout, budget):
    return ["--diff", "HEAD~8...", *task(checkout, budget)], "", "HEAD~8", None


def has_no_tests(made, checkout, budget):
    tests = [path for path in made.shown() if re.search(r"(^|/)tests?/|_test\.|\.test\.|(^|/)test_", path)]
    expect(not tests, f"tests: {tests}")


@case("diff, without tests", has_no_tests)
def _(program, checkout, budget):
    return ["--diff", "HEAD~5", "--no-tests", "--line-numbers"], "", None, None


# What is shown whatever the task says.
def is_whole(made, checkout, path):
    text = checkout.lines(path)
    shown = made.shown().get(path, set())
    missing = [n for n, line in enumerate(text, 1) if line.strip() and n not in shown]
    expect(not missing, f"{path} isn't whole: line {min(missing, default=0)} is missing")


def shows_whole(made, checkout, budget):
    for path in made.extra:
        is_whole(made, checkout, path)


@case("also a file", shows_whole)
def _(program, checkout, budget):
    path = checkout.code(30, budget // 3)[budget % 5]
    return ["--also", path, *task(checkout, budget)], "", [path], None


@case("also two files and a diff")
def _(program, checkout, budget):
    first, second = checkout.code(30, budget // 4)[:2]
    return ["--also", first, "--also", second, "--diff", "HEAD~2"], "", None, None


def shows_some(made, checkout, budget):
    expect(made.extra in made.shown(), f"{made.extra} isn't shown at all")


@case("also a file that is larger than the budget", shows_some)
def _(program, checkout, budget):
    path = max(checkout.code(30, 40_000), key=checkout.files.get)
    return ["--also", path, *task(checkout, budget)], "", path, None


# How much is shown.
@case("detail: full", shows_whole)
def _(program, checkout, budget):
    path = checkout.code(30, budget // 3)[0]
    return ["--detail", f"{path}=full", *task(checkout, budget)], "", [path], None


def best_file(program, checkout, budget):
    """The file that a pack for the task of this budget shows first."""
    made = program.pack(checkout.path, task(checkout, budget), budget, None)
    return made.summary["files"][0]["path"]


def shows_outline(made, checkout, budget):
    path = made.extra
    text = checkout.lines(path)
    lines = sorted(made.shown().get(path, set()))
    expect(len(lines) < max(2, sum(bool(line.strip()) for line in text)), f"{path} is shown whole")


@case("detail: outline", shows_outline)
def _(program, checkout, budget):
    path = best_file(program, checkout, budget)
    return ["--detail", f"{path}=outline", *task(checkout, budget)], "", path, None


def names_only(made, checkout, budget):
    expect(made.extra not in made.shown(), f"{made.extra} is shown")
    named = re.search("^Named only: (.*)$", made.text, re.MULTILINE)
    expect(named and made.extra in named.group(1).split(", "), f"{made.extra} isn't named")


@case("detail: name", names_only)
def _(program, checkout, budget):
    path = best_file(program, checkout, budget)
    return ["--detail", f"{path}=name", *task(checkout, budget)], "", path, None


# Which files.
def shows_only_listed(made, checkout, budget):
    expect(made.summary["files_in_all"] == len(made.extra), f"{made.summary['files_in_all']} files")
    others = set(made.shown()) - set(made.extra)
    expect(not others, f"files that aren't listed: {others}")


@case("files from standard input", shows_only_listed)
def _(program, checkout, budget):
    paths = checkout.code(1, 10_000)[:40]
    end = "\0" if budget % 2 else "\n"
    return ["--files-from", "-", *task(checkout, budget)], end.join(paths) + end, paths, None


@case("files from a list, and a diff of them", lambda made, checkout, budget: expect(
    set(made.shown()) <= set(made.extra), "files that aren't listed"))
def _(program, checkout, budget):
    paths = sorted(checkout.changes("HEAD~6")[0])
    (program.scratch / "list").write_text("\n".join(paths))
    return ["--files-from", str(program.scratch / "list"), "--diff", "HEAD~6"], "", paths, None


@case("focus and include tests")
def _(program, checkout, budget):
    return ["--focus", checkout.code(100, 9_000)[1], "--include-tests", *task(checkout, budget)], "", None, None


# How the pack is written.
def has_lines_of_files(made, checkout, budget):
    for file in json.loads(made.text)["files"]:
        text = checkout.lines(file["path"])
        for span in file["spans"]:
            lines = span["text"].splitlines()
            whole = text[span["start"] - 1 : span["start"] - 1 + len(lines)]
            expect(lines == whole or "[redacted" in span["text"].lower(), f"{file['path']}:{span['start']} differs")


@case("as JSON", has_lines_of_files)
def _(program, checkout, budget):
    return ["--format", "json", *task(checkout, budget)], "", None, None


def has_numbered_lines(made, checkout, budget):
    path = None
    for line in made.text.splitlines():
        if found := re.match(r"### (.+?):\d", line):
            path = found.group(1)
        elif path and (found := re.match(r"\s*(\d+)[:|│ ]\s?(.*)$", line)) and int(found.group(1)) <= 9_999:
            text = checkout.lines(path)
            number = int(found.group(1))
            if number <= len(text) and found.group(2) and found.group(2).strip() == text[number - 1].strip():
                return
    expect(budget < ROOM or not made.summary["files"], "no numbered line is that of its file")


@case("line numbers and the time", has_numbered_lines)
def _(program, checkout, budget):
    return ["--line-numbers", "--timestamp", *task(checkout, budget)], "", None, None


@case("for an agent", lambda made, checkout, budget: expect("For Claude Code: " in made.text, "no note on how to load it"))
def _(program, checkout, budget):
    return ["--format", "claude", *task(checkout, budget)], "", None, None


def has_head(made, checkout, budget):
    words = made.extra
    expect(f"Rules of {checkout.name}: keep to" in made.text, "the head isn't there")
    expect("{" not in made.text.split("Rules of", 1)[1].split("\n", 1)[0], "a placeholder is left")
    expect(" ".join(words.split())[:20] in made.text, "the task isn't in the head")


@case("a head of one's own", has_head)
def _(program, checkout, budget):
    head = program.scratch / "head.txt"
    head.write_text("Rules of {repository}: keep to {budget} tokens\nDo: {task}\n")
    words = task(checkout, budget)
    return ["--head", str(head), *words], "", words[1], None


# Compression.
def is_compressed(made, checkout, budget):
    compression = made.summary["compression"]
    expect(compression["before"] == made.summary["tokens"], "the tokens before compression differ")
    expect(compression["after"] <= compression["before"], "compression made it larger")


@case("compressed", is_compressed)
def _(program, checkout, budget):
    return ["--compress", "builtin", *task(checkout, budget)], "", None, None


@case("a diff, compressed", is_compressed)
def _(program, checkout, budget):
    return ["--compress", "builtin", "--diff", "HEAD~4"], "", None, None


def gives_originals_back(made, checkout, budget):
    is_compressed(made, checkout, budget)
    for digest in re.findall(r"Retrieve more: hash=([0-9a-f]+)", made.text):
        expect(made.program.retrieve(digest), f"the server doesn't have {digest}")


@case("compressed by a server", gives_originals_back, needs_headroom=True)
def _(program, checkout, budget):
    environment = {"HEADROOM_BASE_URL": program.server_url()}
    return ["--compress", "headroom", *task(checkout, budget)], "", None, environment


# What people get.
def report_says_the_same(made, checkout, budget):
    page = made.extra.read_text()
    expect("<script" not in page and "default-src 'none'" in page, "the page isn't self-contained")
    expect(f"{made.summary['tokens']} of {made.summary['budget']}" in page, "the page has other figures")
    for path in made.shown():
        expect(path in page, f"{path} isn't on the page")


@case("a report", report_says_the_same)
def _(program, checkout, budget):
    page = program.scratch / "report.html"
    return ["--report", str(page), *task(checkout, budget)], "", page, None


def is_copied(made, checkout, budget):
    copied = (made.program.scratch / "home" / "clipboard").read_text()
    expect(copied == made.text, "the clipboard has another text")


@case("to the clipboard", is_copied)
def _(program, checkout, budget):
    programs = program.scratch / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "xclip").write_text('#!/bin/sh\ncat >"$HOME/clipboard"\n')
    (programs / "xclip").chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":0"}
    return ["--copy", *task(checkout, budget)], "", None, environment


def over_ssh(program, checkout, budget, model):
    """Copies a pack with a terminal as standard error, as over SSH."""
    made = program.pack(checkout.path, task(checkout, budget), budget, model)
    master, terminal = pty.openpty()
    command = [program.path, "pack", str(checkout.path), *task(checkout, budget), "--budget", str(budget), "--copy"]
    command += ["--model", model] if model else []
    environment = {**program.environment, "SSH_TTY": "/dev/pts/0", "SSH_CONNECTION": "::1 1 ::1 22", "TERM": "xterm"}
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, env=environment)
    os.close(terminal)
    received = b""
    while run.poll() is None or select.select([master], [], [], 0)[0]:
        if select.select([master], [], [], 0.1)[0]:
            try:
                received += os.read(master, 1 << 16)
            except OSError:
                break
    expect(run.wait(TIMEOUT) == 0, f"exit code {run.returncode}: {received.decode(errors='replace')}")
    made.extra = received.decode(errors="replace")
    return made


def is_in_terminal(made, checkout, budget):
    found = re.search("\x1b]52;c;([A-Za-z0-9+/=]*)\x07", made.extra)
    expect(found and base64.b64decode(found.group(1)).decode() == made.text, "the terminal didn't get the pack")


CASES.append(Case("to the clipboard over SSH", over_ssh, is_in_terminal))


# Without a task.
def is_overview(made, checkout, budget):
    expect(made.text.startswith("# Overview of "), "no overview")
    path = None
    for line in made.text.splitlines():
        if line.startswith("### "):
            path = line.removeprefix("### ")
            expect(path in checkout.files, f"{path} is no file")
            have = {text.rstrip()[:200] for text in checkout.lines(path)}
        elif path and line and not line.startswith("```") and line != "…":
            expect(any(text.startswith(line) for text in have), f"{path} has no line {line!r}")


@case("an overview", is_overview)
def _(program, checkout, budget):
    return ["--all"], "", None, None


def run_tree(program, checkout, budget, model):
    return checkout.tree


def adds_up(tree, checkout, budget):
    def check(node):
        children = node.get("children", [])
        for child in children:
            check(child)
        if children:
            expect(node["tokens"] == sum(child["tokens"] for child in children), f"{node['name']} doesn't add up")

    check(tree)
    listed = set(checkout.git("ls-files", "-z").split("\0"))
    expect(set(checkout.files) <= listed, f"not in the checkout: {sorted(set(checkout.files) - listed)[:3]}")
    for path in checkout.code(1, 10_000)[:40]:
        text = (checkout.path / path).read_text()
        expect(tokens("o200k_base", text) == checkout.files[path], f"{path}: {checkout.files[path]} tokens")


CASES.append(Case("a tree of tokens", run_tree, adds_up, is_pack=False, has_budget=False))


def explains(explained, checkout, budget):
    expect(explained["tokens"] <= explained["budget"], "too many tokens")
    left = explained["budget"] - explained["tokens"]
    for chunk in explained["unchosen"]:
        expect(chunk["price"] > left, f"{chunk['path']}:{chunk['lines']} would fit")


def run_explain(program, checkout, budget, model):
    command = ["pack", str(checkout.path), *task(checkout, budget), "--budget", str(budget), "--format", "json"]
    return json.loads(program.run([*command, "--explain"])[0])


CASES.append(Case("an explanation", run_explain, explains, is_pack=False))


def run_clone(program, checkout, budget, model):
    """Packs the checkout by its URL, which copies it to the cache."""
    command = ["pack", f"file://{checkout.path.resolve()}", *task(checkout, budget), "--budget", str(budget), "--clone"]
    printed, _ = program.run([*command, "--json", "--out", str(program.scratch / "pack")])
    return json.loads(printed)


def is_of_clone(summary, checkout, budget):
    expect(summary["commit"] == checkout.git("rev-parse", "HEAD").strip(), "another commit")
    expect(summary["files"] and {file["path"] for file in summary["files"]} <= set(checkout.files), "other files")


CASES.append(Case("a repository by its URL", run_clone, is_of_clone, is_pack=False, has_budget=False))
