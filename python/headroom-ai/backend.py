"""The build backend of the wheel: maturin's, with the `headroom` executable built first.

The wheel holds two things made of the same crates: the module `headroom_ai._native` and the program
`headroom`. maturin builds the module. The program is built here and put into `headroom_ai.data/scripts`,
from which maturin takes what is to be installed among the executables; so `headroom` starts without a
Python interpreter.

Two settings (`pip wheel --config-settings NAME=VALUE`), for those who try a wheel and don't publish it:
`profile` is a profile of cargo's in place of `release`, `executable` a `headroom` that is built already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import maturin
from maturin import (  # noqa: F401  (hooks that are maturin's own)
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "headroom_ai.data" / "scripts"


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Let maturin write the metadata, for which the folder of the executable has to be there."""
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Build the executable and the wheel."""
    settings = _place_executable(config_settings)
    return maturin.build_wheel(wheel_directory, settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Build the executable and a wheel that refers to this folder."""
    settings = _place_executable(config_settings)
    return maturin.build_editable(wheel_directory, settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    """Refuse: the sources are the whole workspace."""
    raise RuntimeError("headroom-ai is built from a checkout of its repository; see README.md")


def _place_executable(config_settings) -> dict:
    """Put `headroom` where maturin takes it from; gives back the settings for maturin."""
    settings = dict(config_settings or {})
    profile = settings.pop("profile", "release")
    given = settings.pop("executable", None)
    executable = Path(given).resolve() if given else _build_executable(profile)
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    for old in SCRIPTS.iterdir():
        old.unlink()
    shutil.copy2(executable, SCRIPTS / executable.name)
    settings.setdefault("build-args", f"--profile {profile}")
    return settings


def _build_executable(profile: str) -> Path:
    """Build `headroom` for the target that maturin will build for."""
    command = ["cargo", "build", "--profile", profile, "-p", "headroom", "--message-format", "json"]
    target = os.environ.get("CARGO_BUILD_TARGET")
    if target:
        command += ["--target", target]
    built = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, check=True)
    return _executable(built.stdout.decode())


def _executable(messages: str) -> Path:
    """The path of `headroom` in cargo's messages."""
    for line in messages.splitlines():
        message = json.loads(line)
        is_program = message.get("target", {}).get("name") == "headroom"
        if is_program and message.get("executable"):
            return Path(message["executable"])
    raise RuntimeError("cargo built no executable `headroom`")
