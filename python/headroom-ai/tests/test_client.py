"""``headroom_ai.compress`` against servers of all kinds, on loopback."""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import headroom_ai
from headroom_ai import HeadroomUnavailableError

NOT_INSTALLED = """\
headroom-ai is not installed.
Run: pip install headroom-ai
Then: headroom serve

To proceed without compression, omit --compress."""

NOT_RESPONDING = """\
Headroom proxy at {} is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress."""


class Server:
    """An HTTP server that answers every POST alike and remembers what it was asked."""

    def __init__(self, status, body, headers=()):
        requests = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                requests.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        serve = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def answer(text, **more):
    fields = {"text": text, "tokens_before": 9, "tokens_after": 3, "tokens_saved": 6, **more}
    return json.dumps(fields).encode()


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Compress(unittest.TestCase):
    def setUp(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HEADROOM_")}
        patch = mock.patch.dict(os.environ, kept, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_task_of_a_pack_is_what_its_code_is_read_for(self):
        pack = "# ContextOS Context Pack\n\n> 1 secret\n\n## Task\n\nfix it\n\n## Context Files\n"
        with Server(200, answer("small")) as server:
            headroom_ai.compress(pack, budget=5, base_url=server.url)
            headroom_ai.compress("# Notes\n\n## Task\n\nfix it\n", budget=5, base_url=server.url)
        self.assertEqual(server.requests[0][2], {"text": pack, "budget": 5, "task": "fix it"})
        self.assertNotIn("task", server.requests[1][2])

    def refusal(self, **arguments):
        with self.assertRaises(HeadroomUnavailableError) as caught:
            headroom_ai.compress("text", budget=100, **arguments)
        return str(caught.exception)

    def test_sends_the_text_and_returns_the_smaller_one(self):
        os.environ["HEADROOM_API_KEY"] = "token"
        os.environ["http_proxy"] = f"http://127.0.0.1:{closed_port()}"
        with Server(200, answer("kürzer")) as server:
            result = headroom_ai.compress("länger", budget=8000, base_url=server.url + "/base/")
        self.assertEqual(result, "kürzer")
        path, headers, body = server.requests[0]
        self.assertEqual(path, "/base/v1/compress")
        self.assertEqual(body, {"text": "länger", "budget": 8000})
        self.assertEqual(headers["Authorization"], "Bearer token")

    def test_the_address_comes_from_the_environment(self):
        with Server(200, answer("short")) as server:
            os.environ["HEADROOM_BASE_URL"] = server.url
            provider = headroom_ai.HeadroomCompressionProvider()
            self.assertEqual(provider.compress("text", budget=1), "short")
        self.assertEqual(provider.name(), "headroom")

    def test_nobody_there(self):
        url = f"http://127.0.0.1:{closed_port()}"
        self.assertEqual(self.refusal(base_url=url), NOT_RESPONDING.format(url))
        os.environ["HEADROOM_BASE_URL"] = url + "/"
        self.assertEqual(self.refusal(), NOT_RESPONDING.format(url))

    def test_nobody_there_and_nothing_installed(self):
        from headroom_ai import _client

        url = f"http://127.0.0.1:{closed_port()}"
        with tempfile.TemporaryDirectory() as empty, mock.patch.object(
            _client, "DEFAULT_URL", url
        ), mock.patch.object(sys, "executable", os.path.join(empty, "python")):
            os.environ.update(HOME=empty, USERPROFILE=empty, PATH=empty)
            self.assertEqual(self.refusal(), NOT_INSTALLED)
            program = os.path.join(empty, "headroom")
            with open(program, "w") as file:
                file.write("#!/bin/sh\n")
            os.chmod(program, 0o755)
            self.assertEqual(self.refusal(), NOT_RESPONDING.format(url))

    def test_what_is_no_headroom_server(self):
        redirect = [("Location", "http://127.0.0.1:1/v1/compress")]
        for status, body, headers in [
            (200, b"<html>", ()),
            (200, b"[]", ()),
            (200, b'{"text": "other"}', ()),
            (200, answer(7), ()),
            (302, b"", redirect),
            (404, b"not here", ()),
        ]:
            with self.subTest(status=status, body=body), Server(status, body, headers) as server:
                self.assertEqual(
                    self.refusal(base_url=server.url), NOT_RESPONDING.format(server.url)
                )

    def test_errors_of_a_server_are_passed_on(self):
        body = json.dumps({"error": {"type": "configuration_error", "message": "is off"}}).encode()
        with Server(503, body) as server:
            message = self.refusal(base_url=server.url)
        self.assertIn(f"{server.url} answered 503: is off\n\nTo proceed without", message)

    def test_half_an_answer(self):
        with Server(200, answer("short"), [("Content-Length", "100000")]) as server:
            message = self.refusal(base_url=server.url)
        self.assertEqual(message, NOT_RESPONDING.format(server.url))

    def test_silence_is_cut_short(self):
        os.environ["HEADROOM_TIMEOUT"] = "0.2"
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            self.assertEqual(self.refusal(base_url=url), NOT_RESPONDING.format(url))

    def test_what_is_no_address(self):
        for url in ["127.0.0.1:8787", "file:///etc/passwd", "http://", "http://a:port"]:
            with self.subTest(url=url):
                self.assertEqual(self.refusal(base_url=url), NOT_RESPONDING.format(url.rstrip("/")))


class Module(unittest.TestCase):
    def test_importing_loads_nothing_heavy(self):
        heavy = "http.client", "urllib.request", "json", "ssl", "socket", "headroom_ai._native"
        program = f"import sys, headroom_ai; print([m for m in {heavy!r} if m in sys.modules])"
        command = [sys.executable, "-S", "-c", program]
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, "PYTHONPATH": paths}
        loaded = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        self.assertEqual(loaded.stdout.strip(), "[]")

    def test_providers(self):
        self.assertEqual(headroom_ai.NoOpCompressionProvider().compress("as it is", budget=1), "as it is")
        self.assertEqual(headroom_ai.NoOpCompressionProvider().name(), "noop")
        with self.assertRaises(TypeError):
            headroom_ai.CompressionProvider()

    def test_a_version_above_the_other_package(self):
        self.assertGreater([int(part) for part in headroom_ai.__version__.split(".")[:2]], [0, 42])


if __name__ == "__main__":
    unittest.main()
