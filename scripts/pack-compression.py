#!/usr/bin/env python3
"""Measures what `contextos pack --compress builtin` takes out of packs, and whether it matters.

    scripts/pack-compression.py CLONES OWNER/NAME...            how much smaller
    scripts/pack-compression.py CLONES --cases CASES.jsonl      and which changed lines are still there

CLONES is a folder of git clones: OWNER+NAME/repo, OWNER/NAME or NAME. A repository is packed as it was before its
newest commit, with the first line of that commit's message as the task. A case names a repository (`repo`), a
commit (`parent_sha`), a `task`, and the lines that were changed then (`gold_spans`: [path, first, last]).

Reported are tokens before and after; of the changed lines that the pack showed, those that are still in the
compressed pack, and those that a pack chosen for that smaller budget shows; and lines that are neither shown nor
named by a marker's `path:start-end`, of which there must be none. Needs `pip install bpe-openai`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import bpe_openai

ENCODING = bpe_openai.get_encoding("o200k_base")
MARKER = re.compile(r"\[(\d+) lines left out: (.*?):(\d+)-(\d+)\]")
HEADING = re.compile(r"### (.*):([\d,-]+)")


def tokens(text):
    return len(ENCODING.encode(text))


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def clone(clones, repository):
    for name in (repository.replace("/", "+") + "/repo", repository, repository.split("/")[-1]):
        if (clones / name).is_dir():
            return clones / name
    sys.exit(f"no clone of {repository} in {clones}")


def pack(binary, tree, task, budget, *more):
    command = [binary, "pack", tree, "--task", task, "--budget", str(budget), "--out", "-", "--quiet", *more]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def lines_shown(text):
    """The (path, line) that a pack shows, and those that its markers name."""
    shown, named = set(), set()
    for _, path, first, last in MARKER.findall(text):
        named |= {(path, line) for line in range(int(first), int(last) + 1)}
    rows = iter(text.split("\n"))
    for row in rows:
        heading = HEADING.fullmatch(row)
        if not heading:
            continue
        fence = re.match(r"[`~]+", next(rows, ""))
        spans = [tuple(map(int, (span.split("-") * 2)[:2])) for span in heading[2].split(",")]
        first, last = spans.pop(0)
        for row in rows:
            if fence and row == fence[0]:
                break
            gap = MARKER.search(row)
            if gap and gap[2] == heading[1]:
                assert int(gap[3]) == first, (gap[0], first)
                first = int(gap[4]) + 1
            elif first > last and spans and row == f"… {spans[0][0]}":
                first, last = spans.pop(0)
            else:
                shown.add((heading[1], first))
                first += 1
        assert first == last + 1 and not spans, (heading[0], first, last)
    return shown, named


def measure(binary, tree, name, task, budget, changed):
    before = pack(binary, tree, task, budget)
    after = pack(binary, tree, task, budget, "--compress", "builtin")
    row = {"name": name, "before": tokens(before), "after": tokens(after)}
    shown, _ = lines_shown(before)
    still, named = lines_shown(after)
    row["unnamed"] = len(shown - still - named)
    row["shown"] = len(shown & changed)
    row["kept"] = len(still & changed)
    if changed:
        smaller, _ = lines_shown(pack(binary, tree, task, row["after"]))
        row["smaller"] = len(smaller & changed)
    print(f"{name:<24} {row['before']:>6} → {row['after']:<6} {row['after'] / row['before']:.3f}", end="")
    print(f"   changed lines {row['shown']:>4}, kept {row['kept']:>4}, in a smaller pack {row['smaller']:>4}" if changed else "")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", type=pathlib.Path)
    parser.add_argument("repositories", nargs="*")
    parser.add_argument("--cases", type=pathlib.Path)
    parser.add_argument("--budget", type=int, default=8000)
    parser.add_argument("--contextos", default="target/release/contextos")
    arguments = parser.parse_args()
    jobs = []
    for repository in arguments.repositories:
        source = clone(arguments.clones, repository)
        task = git("-C", source, "log", "-1", "--no-merges", "--format=%s")
        commit = git("-C", source, "log", "-1", "--no-merges", "--format=%H")
        jobs.append((repository.split("/")[1], source, commit + "~1", task, set()))
    if arguments.cases:
        for case in map(json.loads, arguments.cases.read_text().splitlines()):
            changed = {(path, line) for path, first, last in case["gold_spans"] for line in range(first, last + 1)}
            jobs.append((case["id"], clone(arguments.clones, case["repo"]), case["parent_sha"], case["task"], changed))
    rows = []
    for name, source, commit, task, changed in jobs:
        with tempfile.TemporaryDirectory() as tree:
            git("clone", "-q", "--shared", "--no-checkout", source, tree)
            git("-C", tree, "checkout", "-q", "--detach", git("-C", source, "rev-parse", commit))
            rows.append(measure(arguments.contextos, tree, name, task, arguments.budget, changed))
    total = {key: sum(row.get(key, 0) for row in rows) for key in ("before", "after", "shown", "kept", "smaller", "unnamed")}
    print(f"{len(rows)} packs: {1 - total['after'] / total['before']:.1%} fewer tokens; {total['unnamed']} lines are neither shown nor named")
    if total["shown"]:
        kept, smaller = total["kept"] / total["shown"], total["smaller"] / total["shown"]
        print(f"changed lines that the packs showed: {total['shown']}; still there {kept:.1%}; in packs of the smaller size {smaller:.1%}")
    return total["unnamed"] > 0


if __name__ == "__main__":
    sys.exit(main())
