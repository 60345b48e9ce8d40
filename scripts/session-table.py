#!/usr/bin/env python3
"""What whole sessions of a coding agent cost through a proxy, as a table for BENCHMARKS.md.

    session-table SESSION PROXY CHECKOUT... [--seeds 1,2,3] [--python PYTHON]

SESSION is a program that runs one scripted session on a checkout and prints its figures as a JSON object
(it takes --repo, --seed, --json, --proxy, --baseline, --restart-at, --wipe). PROXY is the command that
starts the proxy, with {port} in it. Each session runs straight, through the proxy, with a restart in the
middle, and with a restart that finds nothing of what was kept; one after the other, so that the times of
one row can be compared. Ends with 1 if a session is worse than it may be.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

MODES = {"": [], "restarted": ["--restart-at", "12"], "restarted, kept nothing": ["--restart-at", "12", "--wipe"]}
NEVER = ["errors", "tool_ids_changed", "streams_rewritten", "answers_spoiled", "needles_lost"]


def figures(command: list[str], output: Path) -> dict:
    subprocess.run([*command, "--json", str(output)], check=True, stdout=subprocess.DEVNULL)
    return json.loads(output.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("session")
    parser.add_argument("proxy")
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--python", default=sys.executable)
    arguments = parser.parse_args()
    print("| sessions | relative cost, mean | least, most | above 0.58 | prefix breaks | needles kept, given back, lost | retrievals | added p50, ms |")
    print("|---|---|---|---|---|---|---|---|")
    is_bad = False
    with tempfile.TemporaryDirectory() as folder:
        base, through = Path(folder) / "base.json", Path(folder) / "through.json"
        rows: dict[str, list[dict]] = {mode: [] for mode in MODES}
        for checkout in arguments.checkouts:
            for seed in arguments.seeds.split(","):
                command = [arguments.python, arguments.session, "--repo", str(checkout), "--seed", seed]
                direct = figures(command, base)
                for mode, more in MODES.items():
                    row = figures([*command, "--proxy", arguments.proxy, "--baseline", str(base), *more], through)
                    row["added"] = row["latency_ms_p50"] - direct["latency_ms_p50"]
                    rows[mode].append(row)
                    bad = [name for name in NEVER if row[name]]
                    may_break = row["retrievals"] if mode.endswith("nothing") else 0
                    bad += ["prefix_breaks"] if row["prefix_breaks"] > may_break else []
                    if bad:
                        is_bad = True
                        print(f"{checkout.name}, seed {seed}{', ' if mode else ''}{mode}: {bad}", file=sys.stderr)
    for mode, sessions in rows.items():
        total = lambda name: sum(session[name] for session in sessions)  # noqa: E731
        costs = [session["relative_cost"] for session in sessions]
        added = sorted(session["added"] for session in sessions)[len(sessions) // 2]
        print(f"| {len(sessions)}{', ' if mode else ''}{mode} | {sum(costs) / len(costs):.3f} | {min(costs):.3f}, {max(costs):.3f} "
              f"| {sum(cost > 0.58 for cost in costs)} | {total('prefix_breaks')} "
              f"| {total('needles_kept')}, {total('needles_given_back')}, {total('needles_lost')} | {total('retrievals')} | {added:.1f} |")
    sys.exit(is_bad)


if __name__ == "__main__":
    main()
