"""Sends one request to a Headroom server, with the standard library: no proxies, no redirects."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ._errors import HeadroomUnavailableError

DEFAULT_URL = "http://127.0.0.1:8787"
CONNECT_SECONDS = 2.0
CALL_SECONDS = 60.0
MAX_RESPONSE_BYTES = 256 << 20


def compress(text: str, *, budget: int, base_url: str | None) -> str:
    """See ``headroom_ai.compress``."""
    named = base_url or os.environ.get("HEADROOM_BASE_URL")
    url = (named or DEFAULT_URL).rstrip("/")
    body: dict[str, object] = {"text": text, "budget": budget}
    task = _task(text)
    if task:
        body["task"] = task
    request = json.dumps(body, ensure_ascii=False).encode()
    try:
        status, reply = _post(url, request)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if not named and not _is_installed():
            raise HeadroomUnavailableError.not_installed() from error
        raise HeadroomUnavailableError.not_responding(url) from error
    response = _object(reply)
    if status == 200 and isinstance(response.get("text"), str) and "tokens_after" in response:
        return response["text"]
    message = _message(response)
    if status >= 400 and message is not None:
        raise HeadroomUnavailableError.refused(url, status, message)
    raise HeadroomUnavailableError.not_responding(url)


def _task(text: str) -> str | None:
    """The task at the beginning of a pack of the Python program contextos.

    With a task, the server can elide code that doesn't match it; without one, code stays complete.
    """
    found = re.match(r"# [^\n]*\bContext\b[^\n]*\n(?:(?!#)[^\n]*\n){0,20}## (?:Current )?Task\s+(\S.*)", text)
    return found[1].strip() if found else None


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    """The status and the body of the response to a POST to the server at *url*."""
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise ValueError(f"not an http URL: {url}")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(_call_seconds())
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = os.environ.get("HEADROOM_API_KEY")
        if key:
            headers["Authorization"] = f"Bearer {key}"
        connection.request("POST", f"{parts.path}/v1/compress", body, headers)
        response = connection.getresponse()
        reply = response.read(MAX_RESPONSE_BYTES + 1)
        if len(reply) > MAX_RESPONSE_BYTES:
            raise ValueError("the response is too large")
        if response.length:
            raise ValueError("the response was cut short")
        return response.status, reply
    finally:
        connection.close()


def _call_seconds() -> float:
    try:
        seconds = float(os.environ.get("HEADROOM_TIMEOUT", ""))
    except ValueError:
        return CALL_SECONDS
    return seconds if 0 < seconds < 86400 else CALL_SECONDS


def _object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _message(response: dict[str, object]) -> str | None:
    error = response.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else None


def _is_installed() -> bool:
    """Whether there is a ``headroom`` executable in ``PATH`` or where installers put one."""
    home = Path.home()
    places = [
        Path(sys.executable).parent,
        home / ".headroom-venv" / ("Scripts" if os.name == "nt" else "bin"),
        home / ".local" / "bin",
        home / ".cargo" / "bin",
    ]
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, places)])
    return shutil.which("headroom", path=path) is not None
