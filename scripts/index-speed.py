#!/usr/bin/env python3
"""CPU time, memory and size of the index, by the size of the repository.

    scripts/index-speed.py [--program PATH] [--runs N] FOLDER…

For each folder: a pack without an index, the same again (which is kept), the same made anew from the index (as with
`--report`), packs for other tasks for the first time, and
`rg --count-matches '\\w+'` over the same files, which walks, reads and splits them into words. CPU time is that of the
program and of what it runs (git), user and system; medians. Folders for this are made by
`cargo run --release -p testkit --example monorepo FOLDER FILES`.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys

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


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", metavar="FOLDER")
    arguments.add_argument("--program", default="contextos")
    arguments.add_argument("--runs", type=int, default=5)
    given = arguments.parse_args()
    print("| files | source | rg | cold | ratio | peak | warm | made anew | other task | cache | of the source |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for folder in given.folders:
        state = os.path.join(folder, ".contextos")
        forget = lambda: shutil.rmtree(state, ignore_errors=True)
        listed = subprocess.run(["git", "-C", folder, "ls-files", "-z"], capture_output=True, check=True).stdout
        paths = [os.path.join(folder, path.decode()) for path in listed.split(b"\0")[:-1]]
        source = sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
        pack = lambda task: [given.program, "pack", "--repo", folder, "--task", task, "--budget", "8000"]
        words, _ = median(["rg", "--count-matches", r"\w+", folder], given.runs) if shutil.which("rg") else (0, 0)
        cold, peak = median(pack(TASK), given.runs, forget)
        for _ in range(2):
            cpu(pack(TASK))
        warm, _ = median(pack(TASK), given.runs)
        anew, _ = median([*pack(TASK), "--report", os.devnull], given.runs)
        other = statistics.median(cpu(pack(task))[0] for task in OTHERS)
        size = sum(os.path.getsize(os.path.join(state, "cache", name)) for name in os.listdir(os.path.join(state, "cache")))
        ratio = f"{cold / words:.1f} ×" if words else "?"
        print(
            f"| {len(paths):,} | {source / 1e6:.0f} MB | {words:.2f} s | {cold:.2f} s | {ratio} | {peak:.0f} MB |"
            f" {warm * 1000:.0f} ms | {anew * 1000:.0f} ms | {other * 1000:.0f} ms | {size / 1e6:.1f} MB | {size * 100 / source:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
