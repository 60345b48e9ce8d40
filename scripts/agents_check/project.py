"""A made-up project for agents to look at, large enough that results of tools are worth compressing."""

import json
import os
import random
import subprocess
from pathlib import Path

# Always the same project, down to the hashes of its commits and the times of its files: what tools say must
# not depend on when the check runs, or on how long git takes.
SEED = 7
BEGAN = 1_767_603_600  # 2026-01-05 09:00 UTC
BETWEEN_COMMITS = 5_400


def make(folder):
    """Lays the project into `folder`, with a history."""
    chance = random.Random(SEED)
    folder = Path(folder)
    for path, text in {
        "src/big.py": source(chance),
        "data.json": data(chance),
        "build.log": log(chance),
        "tests/test_all.py": tests(),
        "tests/__init__.py": "",
        "README.md": "# Orders\n\nRoutes, and the handlers behind them.\n",
    }.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "init", "--quiet")
    for at in range(40):
        (folder / "README.md").open("a").write(f"\nNote {at}.\n")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"Handle case {at} of the orders", at=at)
    for path in folder.rglob("*"):
        if ".git" not in path.parts:
            os.utime(path, (BEGAN, BEGAN))


def git(folder, *args, at=0):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "gc.auto=0"]
    date = f"{BEGAN + at * BETWEEN_COMMITS} +0000"
    subprocess.run(
        ["git", *identity, *args],
        cwd=folder,
        env={**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        check=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def source(chance):
    parts = ['"""Routes of the orders."""\n\nimport logging\n\nlog = logging.getLogger(__name__)\n']
    for at in range(70):
        name = chance.choice(["order", "invoice", "parcel", "refund"])
        parts.append(
            f"\n\ndef {name}_route_{at}(request, limit={chance.randint(1, 99)}):\n"
            f'    """Serves {name} {at}."""\n'
            f"    rows = request.store.find({name!r}, limit=limit)\n"
            f"    total = 0\n"
            f"    for row in rows:\n"
            f"        if row.state == {chance.choice(['open', 'closed', 'lost'])!r}:\n"
            f"            total += row.amount * {chance.randint(2, 9)}\n"
            f'    log.info("served %s rows of {name}", len(rows))\n'
            f"    return {{'rows': rows, 'total': total, 'page': {at}}}\n"
        )
    return "".join(parts)


def data(chance):
    rows = [
        {
            "id": at,
            "name": f"Order {at}",
            "state": chance.choice(["open", "closed", "lost"]),
            "amount": chance.randint(1, 10_000),
            "address": {"street": f"Street {chance.randint(1, 400)}", "city": "Springfield"},
        }
        for at in range(240)
    ]
    return json.dumps({"items": rows, "total": len(rows)}, indent=2)


def log(chance):
    lines = []
    for at in range(900):
        moment = f"2026-01-05T10:{at // 60:02}:{at % 60:02}Z"
        took = chance.randint(1, 900)
        lines.append(f"{moment} INFO worker-{at % 7} compiled unit {at} of 900 in {took} ms")
        if at == 611:
            lines.append(f"{moment} ERROR worker-2 unit 611: undefined symbol order_total")
    return "\n".join(lines) + "\n"


def tests():
    lines = ["import unittest\n\n\nclass Orders(unittest.TestCase):\n"]
    for at in range(120):
        expected = at + 1 if at in (31, 77) else at
        lines.append(f"    def test_case_{at}(self):\n        self.assertEqual({at}, {expected})\n\n")
    return "".join(lines)
