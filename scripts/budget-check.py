#!/usr/bin/env python3
"""Makes packs of checkouts with every flag of `contextos pack`, and checks each pack's budget and content.

    scripts/budget-check.py [--contextos PATH] [--headroom PATH] [--only CASE] CHECKOUT...

Every case (budget_check/cases.py) is run with six budgets and three models on each checkout, whose HEAD must be checked
out. Of each pack it checks that
- an independent tokenizer (`pip install bpe-openai`) counts no more tokens than the budget, and as many as the program,
- the flag did what it says: the content is compared with the files, git's diff and the other outputs,
- a run that fails does so because the budget is smaller than the minimum that the message names.
"""

import argparse
import itertools
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from budget_check.cases import CASES
from budget_check.program import Checkout, Fault, Program, tokens

BUDGETS = [300, 700, 1_500, 3_000, 6_000, 12_000]
# The encoding of each model, and its tokens for one of the encoding.
MODELS = {None: ("o200k_base", 1.0), "gpt-4": ("cl100k_base", 1.0), "claude-sonnet-4": ("o200k_base", 1.3)}
TOO_SMALL = re.compile(r"a budget of ([\d,]+) tokens is too small(: the minimum is ([\d,]+)| for an overview)")


def check_budget(made, budget, model):
    """The budget, by the other tokenizer and by the program's own count."""
    encoding, factor = MODELS[model]
    counted = tokens(encoding, made.text)
    if counted * factor > budget:
        raise Fault(f"{counted * factor:.0f} tokens of {budget}")
    compression = made.summary.get("compression")
    said = compression["after"] if compression else made.summary["tokens"]
    if counted != said:
        raise Fault(f"{counted} tokens, but the summary says {said}")
    if made.summary["tokens"] > made.summary["budget"]:
        raise Fault(f"{made.summary['tokens']} tokens of {made.summary['budget']} before compression")


def is_too_small(error, budget):
    """Whether a run failed because there is no pack that small."""
    found = TOO_SMALL.search(error)
    if not found:
        return False
    minimum = found.group(3)
    return minimum is None or int(minimum.replace(",", "")) > budget


def outcome(case, program, checkout, budget, model):
    """What came of one run: "right", "too small", or what is wrong."""
    try:
        made = case.run(program, checkout, budget, model)
    except Fault as fault:
        return "too small" if is_too_small(str(fault), budget) else str(fault)
    try:
        if case.is_pack:
            check_budget(made, budget, model)
        case.check(made, checkout, budget)
    except Fault as fault:
        return str(fault)
    return "right"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contextos", default="contextos", help="the program")
    parser.add_argument("--headroom", help="the program, for --compress headroom")
    parser.add_argument("--only", action="append", help="the name of a case; may be given more than once")
    parser.add_argument("checkouts", nargs="+")
    args = parser.parse_args()
    runs = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(args.contextos, args.headroom, Path(scratch))
        models = itertools.cycle(MODELS)
        try:
            for path in args.checkouts:
                checkout = Checkout(path, program)
                cases = [case for case in CASES if not args.only or case.name in args.only]
                for case in cases if args.headroom else [case for case in cases if not case.needs_headroom]:
                    for budget in BUDGETS if case.has_budget else BUDGETS[-1:]:
                        model = next(models) if case.is_pack else None
                        found = outcome(case, program, checkout, budget, model)
                        runs[found if found in ("right", "too small") else "wrong"] += 1
                        if found not in ("right", "too small"):
                            print(f"{checkout.name}, {case.name}, {budget} tokens of {model}: {found}", flush=True)
        finally:
            program.stop()
    print(f"{runs.total()} runs: {runs['right']} right, {runs['too small']} below the minimum, {runs['wrong']} wrong")
    return 1 if runs["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
