#!/usr/bin/env python3
"""Makes tasks of kinds that no history has, and measures what packs make of them.

    scripts/selection-check.py traces|typos|repository [--tasks N] [--contextos PATH] CHECKOUT...

- traces: stack traces through functions of each checkout, as its language writes them, with paths of other machines.
  How often is the function that failed shown whole?
- typos: subjects of the checkouts' own commits with one or two slips of the fingers. `contextos eval` measures these
  and the right spelling.
- repository: subjects of each checkout's commits, given to it and to the next checkout. How often do packs ask whether
  this is the right repository?

The checkouts need their history; what is made depends on their HEADs alone.
"""

import argparse
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile

BUDGET = "8000"
FRAMES = {
    (".py",): '  File "/usr/lib/python3/site-packages/{path}", line {line}, in {name}',
    (".js", ".ts", ".jsx", ".tsx"): "    at {name} (/usr/src/app/{path}:{line}:7)",
    (".go",): "main.{name}(0xc000012345)\n\t/go/src/example.com/{path}:{line} +0x1d",
    (".rs",): "   3: app::{name}\n             at /build/{path}:{line}:9",
    (".java", ".kt"): "\tat com.example.Main.{name}({file}:{line})",
    (".cs",): "   at Example.Main.{name}() in C:\\src\\{windows}:line {line}",
    (".c", ".cc", ".cpp", ".h", ".hpp"): "#3  0x00007f3c12 in {name} (p=0x0) at /build/{path}:{line}",
    (".rb",): "/srv/app/{path}:{line}:in `{name}'",
    (".php",): "#2 /var/www/{path}({line}): {name}()",
}
OTHER_KINDS = re.compile(r"(^|/)(tests?|specs?|examples?|docs?|bench\w*|fixtures|vendor)/|[._]test\.|Tests?\.")
# Shorter functions are shown whole by chance, longer ones are several chunks.
FUNCTION_LINES = range(8, 60)
NEAR = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqrtyuiopisadfghjklxzcvbnm"))


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def git(checkout, *arguments):
    return run("git", "-C", checkout, *arguments)


def subjects(checkout):
    """The checkout's latest commits that a person might have asked for: id and subject."""
    lines = git(checkout, "log", "--no-merges", "-n", "300", "--format=%H %s").splitlines()
    pairs = (line.split(" ", 1) for line in lines)
    return [(commit, subject) for commit, subject in pairs if len(subject.split()) >= 4]


def in_turn(checkouts, make, number):
    """What `make` yields for each checkout, in turn, up to `number` in all."""
    turns = itertools.chain.from_iterable(itertools.zip_longest(*map(make, checkouts)))
    return list(itertools.islice((made for made in turns if made is not None), number))


def packed(contextos, checkout, task, *options):
    arguments = [contextos, "pack", checkout, "--task=" + task, "--budget", BUDGET]
    out = [] if "--explain" in options else ["--out", "-"]
    return json.loads(run(*arguments, "--format", "json", *out, *options))


def functions(contextos, checkout):
    """Functions of the checkout's sources, those that its latest subjects are about first."""
    seen = set()
    for _, subject in subjects(checkout):
        explained = packed(contextos, checkout, subject, "--explain")
        units = [unit for file in explained["files"] for unit in file["units"]]
        names = [(unit["path"], unit.get("name")) for unit in units]
        for unit in units:
            first, last = unit["lines"]
            at = (unit["path"], unit.get("name"))
            is_whole = names.count(at) == 1 and last - first in FUNCTION_LINES
            is_named = re.fullmatch(r"\w+", unit.get("name", ""))
            is_source = is_named and frame(unit) and not OTHER_KINDS.search(unit["path"])
            if is_whole and is_source and at not in seen:
                seen.add(at)
                yield unit


def frame(unit):
    """The line of a trace for a function; none for other languages."""
    path = unit["path"]
    form = next((form for ends, form in FRAMES.items() if path.endswith(ends)), None)
    fields = {"path": path, "file": os.path.basename(path), "windows": path.replace("/", "\\")}
    return form and form.format(name=unit["name"], line=sum(unit["lines"]) // 2, **fields)


def traces(contextos, checkouts, number):
    def tasks(checkout):
        units = functions(contextos, checkout)
        for failed, caller, entry in zip(units, units, units):
            frames = [frame(unit) for unit in (failed, caller, entry)]
            is_python = failed["path"].endswith(".py")
            lines = ["Traceback (most recent call last):", *frames[::-1]] if is_python else frames
            yield checkout, failed, "It crashes since the upgrade\n\n```\n" + "\n".join(lines) + "\n```\n"

    made = in_turn(checkouts, tasks, number)
    whole = 0
    for checkout, unit, task in made:
        files = packed(contextos, checkout, task)["files"]
        spans = [span for file in files if file["path"] == unit["path"] for span in file["spans"]]
        shown = {line for span in spans for line in range(span["start"], span["end"] + 1)}
        is_whole = set(range(unit["lines"][0], unit["lines"][1] + 1)) <= shown
        whole += is_whole
        if not is_whole:
            print(f"not whole: {checkout}: {unit['path']}:{unit['lines'][0]} {unit['name']}")
    print(f"the function that failed is shown whole in {whole} of {len(made)}")


def misspelt(subject, draw):
    """The subject with one or two slips in words of five letters or more."""
    words = re.findall(r"[A-Za-z]{5,}", subject)
    for word in draw.sample(words, min(len(words), draw.choice([1, 2]))):
        at = draw.randrange(1, len(word) - 1)
        slip = draw.choice([
            word[:at] + word[at + 1] + word[at] + word[at + 2:],
            word[:at] + word[at + 1:],
            word[:at] + word[at] + word[at:],
            word[:at] + NEAR.get(word[at].lower(), "e") + word[at + 1:],
        ])
        subject = subject.replace(word, slip, 1)
    return subject


def changed(checkout, commit):
    """The lines of files of the commit's parent that it changes."""
    spans, path = [], None
    for line in git(checkout, "show", "--format=", "-U0", "--no-renames", commit).splitlines():
        if line.startswith("--- "):
            path = line[6:] if line.startswith("--- a/") else None
        hunk = re.match(r"@@ -(\d+)(?:,(\d+))? ", line)
        if hunk and path and frame({"path": path, "name": "", "lines": [0, 0]}) and not OTHER_KINDS.search(path):
            first, lines = int(hunk[1]), int(hunk[2] or 1)
            spans.append([path, max(first, 1), max(first + lines - 1, first, 1)])
    return spans


def typos(contextos, checkouts, number):
    draw = random.Random(3)

    def cases(checkout):
        for commit, subject in subjects(checkout):
            spans = changed(checkout, commit)
            if spans and len({path for path, _, _ in spans}) <= 8 and misspelt(subject, draw) != subject:
                yield {"parent_sha": git(checkout, "rev-parse", commit + "^").strip(), "task": subject, "gold_spans": spans}

    right = in_turn(checkouts, cases, number)
    wrong = [case | {"task": misspelt(case["task"], draw)} for case in right]
    for name, given in (("right", right), ("misspelt", wrong)):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(map(json.dumps, given)))
            file.flush()
            print(f"{name}, {len(given)} tasks:")
            print(run(contextos, "eval", "--budget", BUDGET, "--cases", file.name, *checkouts))


def repository(contextos, checkouts, number):
    def tasks(checkout):
        for _, subject in subjects(checkout):
            yield checkout, subject

    for name, step in (("its own", 0), ("another", 1)):
        said = []
        for checkout, subject in in_turn(checkouts, tasks, number):
            asked = checkouts[(checkouts.index(checkout) + step) % len(checkouts)]
            said.append(packed(contextos, asked, subject)["confidence"])
        print(f"{name} repository: weak for {said.count('weak')} of {len(said)}, strong for {said.count('strong')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = {"traces": traces, "typos": typos, "repository": repository}
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--contextos", default="target/release/contextos")
    parser.add_argument("checkouts", nargs="+")
    arguments = parser.parse_args()
    kinds[arguments.kind](arguments.contextos, arguments.checkouts, arguments.tasks)


if __name__ == "__main__":
    sys.exit(main())
