#!/usr/bin/env python3
"""Checks that a pack doesn't depend on the cache: cold, warm, after `scan`, after edits, with half of the cache gone,
imported into another clone, after kills at random moments, beside other runs, and on a full disk, it has the same bytes.
Each is made twice: so that one that was kept will do, and (with `--report`) so that it is made anew from the index.

    scripts/index-check.py [--program PATH] [--kills N] CLONE…

Each clone is copied (git clone), so that nothing in it changes. The tasks are subjects of its own commits.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = "contextos"


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout


def tasks(folder):
    """Three subjects of commits, and one with a misspelt word, which is looked up among all words."""
    subjects = [line for line in git(folder, "log", "-60", "--no-merges", "--format=%s").splitlines() if len(line) > 20]
    picked = subjects[:: max(1, len(subjects) // 3)][:3] or ["the first thing that fails"]
    return picked + ["confguration of the parsre is worng"]


def pack(folder, task, *flags, **more):
    command = [PROGRAM, "pack", "--repo", folder, "--task", task, "--budget", "8000", *flags]
    run = subprocess.run(command, capture_output=True, **more)
    if run.returncode != 0:
        sys.exit(f"{folder}: {command}: {run.stderr.decode()}")
    return run.stdout


def anew(folder, task, **more):
    """As `pack`, never one that was kept: a report needs what it was chosen from."""
    return pack(folder, task, "--report", os.devnull, **more)


def cache(folder):
    return os.path.join(folder, ".contextos", "cache")


def forget(folder):
    shutil.rmtree(os.path.join(folder, ".contextos"), ignore_errors=True)


class Check:
    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.expected = {}
        for task in tasks(folder):
            forget(folder)
            self.expected[task] = pack(folder, task)

    def same(self, when, folder=None, **more):
        for task, expected in self.expected.items():
            for make in (anew, pack):
                self.count += 1
                if make(folder or self.folder, task, **more) != expected:
                    sys.exit(f"{self.folder}: {when}: another pack for {task!r}")

    def edited(self, other, chance):
        """A few files are changed, added and removed: the packs are those of another clone with the same edits."""
        paths = chance.sample(git(self.folder, "ls-files").splitlines(), 5)
        for folder in (self.folder, other):
            for at, path in enumerate(paths):
                path = os.path.join(folder, path)
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                if at == 0:
                    os.remove(path)
                else:
                    with open(path, "ab") as file:
                        file.write(b"\n// the session cache of the parser\n")
            with open(os.path.join(folder, "added_by_check.md"), "w") as file:
                file.write("# Sessions\n\nThe configuration of the parser.\n")
        for task in self.expected:
            forget(other)
            expected = pack(other, task)
            for make in (anew, pack):
                self.count += 1
                if make(self.folder, task) != expected:
                    sys.exit(f"{self.folder}: edited: another pack for {task!r}")
        for folder in (self.folder, other):
            git(folder, "checkout", "-q", "--", ".")
            os.remove(os.path.join(folder, "added_by_check.md"))
        self.same("edits undone")


def halve(folder, chance):
    """Removes every other file of the cache, or cuts it in half."""
    for at, name in enumerate(sorted(os.listdir(cache(folder)))):
        path = os.path.join(cache(folder), name)
        if chance.random() < 0.5:
            os.remove(path)
        else:
            os.truncate(path, os.path.getsize(path) // 2)


def limited():
    """As on a full disk: no file may grow beyond a few kilobytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def kill_at_random(check, kills, chance):
    paths = git(check.folder, "ls-files").splitlines()
    for at in range(kills):
        if at % 3 == 0:
            forget(check.folder)
        else:
            # Their metadata is other than that in the index, which therefore changes.
            for path in chance.sample(paths, min(3, len(paths))):
                os.utime(os.path.join(check.folder, path), follow_symlinks=False)
        task = chance.choice(list(check.expected))
        command = (
            [PROGRAM, "scan", check.folder]
            if at % 2
            else [PROGRAM, "pack", "--repo", check.folder, "--task", task, "--budget", "8000"]
        )
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.random() * 0.8)
        run.kill()
        run.wait()
        check.count += 1
        if anew(check.folder, task) != check.expected[task]:
            sys.exit(f"{check.folder}: another pack after a kill")


def at_once(check):
    forget(check.folder)
    runs = []
    for task in check.expected:
        command = [PROGRAM, "pack", "--repo", check.folder, "--task", task, "--budget", "8000"]
        runs.append((task, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)))
    scan = subprocess.Popen([PROGRAM, "scan", check.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for task, run in runs:
        check.count += 1
        if run.communicate()[0] != check.expected[task]:
            sys.exit(f"{check.folder}: another pack beside other runs")
    scan.wait()


def main():
    global PROGRAM
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clones", nargs="+", metavar="CLONE")
    arguments.add_argument("--program", default=PROGRAM)
    arguments.add_argument("--kills", type=int, default=5, help="kills for each clone")
    given = arguments.parse_args()
    PROGRAM = given.program
    chance = random.Random(1)
    for clone in given.clones:
        with tempfile.TemporaryDirectory() as scratch:
            folder, other = os.path.join(scratch, "one"), os.path.join(scratch, "two")
            subprocess.run(["git", "clone", "-q", clone, folder], check=True)
            subprocess.run(["git", "clone", "-q", clone, other], check=True)
            check = Check(folder)
            check.same("warm")
            time.sleep(2.1)  # Files that were checked out just now are read again; from now on they aren't.
            check.same("warm, read again")
            check.same("by metadata alone")
            exported = os.path.join(scratch, "index.bin")
            subprocess.run([PROGRAM, "scan", folder, "--export", exported], check=True, capture_output=True)
            check.same("after scan")
            subprocess.run([PROGRAM, "scan", other, "--import", exported], check=True, capture_output=True)
            check.same("imported", other)
            check.edited(other, chance)
            halve(folder, chance)
            check.same("half of the cache gone")
            forget(folder)
            check.same("disk full", preexec_fn=limited)
            at_once(check)
            kill_at_random(check, given.kills, chance)
            print(f"{clone}: {check.count} packs, all the same")


if __name__ == "__main__":
    main()
