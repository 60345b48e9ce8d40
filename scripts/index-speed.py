#!/usr/bin/env python3
"""CPU time, memory and size of the index, by the size of the repository.

    scripts/index-speed.py [--program PATH] [--runs N] [--peer PATH] FOLDER…
    scripts/index-speed.py --commands [--program PATH] [--runs N] FOLDER

For each folder: a pack without an index, the same again (which is kept), the same made anew from the index (as with
`--report`), packs for other tasks for the first time, and
`rg --count-matches '\\w+'` over the same files, which walks, reads and splits them into words. CPU time is that of the
program and of what it runs (git), user and system; medians. Folders for this are made by
`cargo run --release -p testkit --example monorepo FOLDER FILES`.

With `--peer`, the `contextos` of rm-contextos (`pip install rm-contextos` in an environment of its own), wall time is
compared instead: both programs by turns make the same pack, without what they kept, and then again.

With `--commands`, the CPU time of every command that makes no pack.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

TASK = "the cache of sessions isn't cleared when a token expires"
OTHERS = [
    "parse the configuration file of the server lazily",
    "the documentation of errors lacks examples",
    "add an option to limit the number of retries",
    "rename the type of results and move it to its own module",
    "a test of the parser fails with an empty input",
]


def cpu(command):
    """Seconds of CPU, and the peak of memory in megabytes."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        os.write(write, f"{code} {used} {after.ru_maxrss / 1024}".encode())
        os._exit(0)
    os.close(write)
    code, used, memory = os.read(read, 100).decode().split()
    os.close(read)
    os.waitpid(child, 0)
    if code not in ("0", "1"):
        sys.exit(f"{command}: exit code {code}")
    return float(used), float(memory)


def median(command, runs, before=lambda: None):
    results = []
    for _ in range(runs):
        before()
        results.append(cpu(command))
    return statistics.median(used for used, _ in results), max(memory for _, memory in results)


def pack(program, folder, task):
    return [program, "pack", "--repo", folder, "--task", task, "--budget", "8000"]


def wall(command, folder):
    """Seconds until the command has ended."""
    begun = time.monotonic()
    code = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    if code:
        sys.exit(f"{command}: exit code {code}")
    return time.monotonic() - begun


def compare(given):
    """A table of both programs' wall times. rm-contextos keeps nothing between packs, so that its pack is always cold."""
    print("| folder | files | rm-contextos | cold | ratio | warm | ratio |")
    print("|---|---|---|---|---|---|---|")
    for folder in given.folders:
        folder = os.path.abspath(folder)
        state = os.path.join(folder, ".contextos")
        own = pack(given.program, folder, TASK)
        peer = [given.peer, "pack", folder, "--task", TASK, "--budget", "8000"]
        times = {"peer": [], "cold": [], "warm": []}
        for _ in range(given.runs):
            shutil.rmtree(state, ignore_errors=True)
            times["peer"].append(wall(peer, folder))
            shutil.rmtree(state, ignore_errors=True)
            times["cold"].append(wall(own, folder))
            # Files and caches that were written within two seconds are looked at again.
            time.sleep(2.5)
            wall(own, folder)
            times["warm"].append(wall(own, folder))
        peer, cold, warm = (statistics.median(times[name]) for name in ("peer", "cold", "warm"))
        files = len(subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, check=True).stdout.splitlines())
        print(
            f"| {os.path.basename(folder)} | {files:,} | {peer:.2f} s | {cold * 1000:.0f} ms | {peer / cold:.0f} × |"
            f" {warm * 1000:.1f} ms | {peer / warm:.0f} × |",
            flush=True,
        )


COMMANDS = [
    ["--version"],
    ["--help"],
    ["pack", "--help"],
    ["config", "show"],
    ["task", "show"],
    ["memory", "list"],
    ["mcp", "status"],
    ["completions", "bash"],
    ["man"],
    ["hooks", "status", "--agent", "claude"],
    ["doctor"],
]


def commands(given):
    """A table of the CPU time of commands that make no pack, in a checkout without and with a kept history."""
    folder = os.path.abspath(given.folders[0])
    os.chdir(folder)
    print("| command | nothing kept | after a pack |")
    print("|---|---|---|")
    shutil.rmtree(".contextos", ignore_errors=True)
    before = {tuple(command): median([given.program, *command], given.runs)[0] for command in COMMANDS}
    cpu(pack(given.program, folder, TASK))
    for command in COMMANDS:
        after, _ = median([given.program, *command], given.runs)
        print(f"| `{' '.join(command)}` | {before[tuple(command)] * 1000:.1f} ms | {after * 1000:.1f} ms |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", metavar="FOLDER")
    arguments.add_argument("--program", default="contextos")
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--peer")
    arguments.add_argument("--commands", action="store_true")
    given = arguments.parse_args()
    if given.peer:
        return compare(given)
    if given.commands:
        return commands(given)
    print("| files | source | rg | cold | ratio | peak | warm | made anew | other task | cache | of the source |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for folder in given.folders:
        state = os.path.join(folder, ".contextos")
        forget = lambda: shutil.rmtree(state, ignore_errors=True)
        listed = subprocess.run(["git", "-C", folder, "ls-files", "-z"], capture_output=True, check=True).stdout
        paths = [os.path.join(folder, path.decode()) for path in listed.split(b"\0")[:-1]]
        source = sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
        own = lambda task: pack(given.program, folder, task)
        words, _ = median(["rg", "--count-matches", r"\w+", folder], given.runs) if shutil.which("rg") else (0, 0)
        cold, peak = median(own(TASK), given.runs, forget)
        for _ in range(2):
            cpu(own(TASK))
        warm, _ = median(own(TASK), given.runs)
        anew, _ = median([*own(TASK), "--report", os.devnull], given.runs)
        other = statistics.median(cpu(own(task))[0] for task in OTHERS)
        size = sum(os.path.getsize(os.path.join(state, "cache", name)) for name in os.listdir(os.path.join(state, "cache")))
        ratio = f"{cold / words:.1f} ×" if words else "?"
        print(
            f"| {len(paths):,} | {source / 1e6:.0f} MB | {words:.2f} s | {cold:.2f} s | {ratio} | {peak:.0f} MB |"
            f" {warm * 1000:.0f} ms | {anew * 1000:.0f} ms | {other * 1000:.0f} ms | {size / 1e6:.1f} MB | {size * 100 / source:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
