#!/usr/bin/env python3
"""Makes many packs of checkouts, and checks what must hold for each.

    scripts/packs-check.py [--packs 300] [--contextos PATH] CHECKOUT...

The tasks are subjects of each checkout's own commits; budgets alternate. Of each pack it checks that
- it is made twice with the same bytes,
- it is within its budget, by the program's own count,
- every span has something other than blanks,
- it fills 90 % of its budget, or says why it doesn't: nothing else matches, or `--explain` lists what doesn't fit.
"""

import argparse
import itertools
import json
import re
import subprocess
import sys

BUDGETS = [2_000, 4_000, 8_000, 16_000, 32_000]
COUNTED = re.compile(r"^pack: (?:about )?([\d,]+) of ([\d,]+) tokens(: [a-z ]+)?", re.MULTILINE)


def subjects(checkout):
    """The checkout's latest subjects, endlessly."""
    log = subprocess.run(
        ["git", "-C", checkout, "log", "--no-merges", "-n", "200", "--format=%s"],
        capture_output=True, text=True, check=True,
    )
    return itertools.cycle([line for line in log.stdout.splitlines() if len(line.split()) >= 3])


def run(arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def faults(contextos, checkout, task, budget):
    """What is wrong with one pack."""
    arguments = [contextos, "pack", checkout, f"--task={task}", "--budget", str(budget)]
    made = [run([*arguments, "--format", "json", "--out", "-"]) for _ in range(2)]
    if made[0].returncode:
        return [f"failed: {made[0].stderr.strip()}"]
    out = []
    if made[0].stdout != made[1].stdout:
        out.append("two runs differ")
    counted = COUNTED.search(made[0].stderr)
    tokens, of = (int(number.replace(",", "")) for number in counted.groups()[:2])
    if tokens > of:
        out.append(f"{tokens} of {of} tokens")
    for file in json.loads(made[0].stdout)["files"]:
        blank = [span["start"] for span in file["spans"] if not span["text"].strip()]
        out += [f"blank: {file['path']}:{line}" for line in blank]
    if tokens < 0.9 * of and not counted.group(3):
        explained = run([*arguments, "--format", "json", "--explain"])
        left = of - tokens
        prices = [chunk["price"] for chunk in json.loads(explained.stdout)["unchosen"]]
        if any(price <= left for price in prices):
            out.append(f"only {tokens} of {of} tokens, and something else fits")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packs", type=int, default=300, help="how many packs in all")
    parser.add_argument("--contextos", default="contextos", help="the program")
    parser.add_argument("checkouts", nargs="+")
    args = parser.parse_args()
    tasks = {checkout: subjects(checkout) for checkout in args.checkouts}
    rounds = zip(range(args.packs), itertools.cycle(args.checkouts), itertools.cycle(BUDGETS))
    wrong = 0
    for _, checkout, budget in rounds:
        task = next(tasks[checkout])
        found = faults(args.contextos, checkout, task, budget)
        wrong += bool(found)
        for fault in found:
            print(f"{checkout}, {budget} tokens, {task!r}: {fault}")
    print(f"{args.packs} packs, {wrong} with faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
