"""What the archives of a release contain, for those who make packages of them."""

import datetime
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"headroom-(\d+\.\d+\.\d+)-((x86_64|aarch64)-(\S+))\.tar\.gz")
# The systems of the targets, as Node.js calls them.
SYSTEMS = {
    "unknown-linux-musl": "linux",
    "apple-darwin": "darwin",
    "pc-windows-msvc": "win32",
    "pc-windows-gnu": "win32",
}
DESCRIPTIONS = {
    "contextos": "Selects the lines of a repository that matter for a task, within a token budget.",
    "headroom": "Compresses text for language models, and gives back any original.",
}
PROGRAMS = tuple(DESCRIPTIONS)


@dataclass(frozen=True)
class Archive:
    """An archive of both programs for one platform."""

    path: Path
    version: str
    target: str
    cpu: str  # x86_64 or aarch64
    system: str  # linux, darwin or win32

    @property
    def suffix(self):
        return ".exe" if self.system == "win32" else ""

    @property
    def sha256(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def read(self, name):
        """A file of the archive, by its path below the archive's folder."""
        with tarfile.open(self.path) as files:
            return files.extractfile(f"{self.path.name.removesuffix('.tar.gz')}/{name}").read()

    def program(self, name):
        return self.read(name + self.suffix)


def read(folder):
    """The archives in a folder, in the order of their names; all of one version."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        if match := NAME.fullmatch(path.name):
            version, target, cpu, system = match.groups()
            found.append(Archive(path, version, target, cpu, SYSTEMS[system]))
    if not found:
        sys.exit(f"{sys.argv[0]}: no archive in {folder}")
    if len({archive.version for archive in found}) > 1:
        sys.exit(f"{sys.argv[0]}: archives of several versions in {folder}")
    return found


def commit_time():
    """Seconds since 1970: SOURCE_DATE_EPOCH, or the time of the commit, as in archive.sh."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(epoch)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=Path(__file__).parent, check=True, capture_output=True).stdout)


def write_zip(path, files, time):
    """Writes a zip of (name, bytes, is a program); the same files and time make the same bytes."""
    stamp = datetime.datetime.fromtimestamp(time, datetime.UTC).timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content, is_program in files:
            info = zipfile.ZipInfo(name, stamp)
            info.create_system = 3  # Unix, wherever this runs, for the mode of programs
            info.external_attr = (0o100755 if is_program else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, content)
