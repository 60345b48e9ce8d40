"""comments_api.py FILE: the part of GitHub's API that the Action uses (list, add and replace comments of a pull
request), on a free port of loopback, which it prints. FILE holds the comments, for those who look at them."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FILE = Path(sys.argv[1])
FILE.write_text("[]")


class Handler(BaseHTTPRequestHandler):
    def respond(self, change):
        if self.headers.get("Authorization") != "Bearer example":
            return self.send_error(401)
        comments = json.loads(FILE.read_text())
        length = int(self.headers.get("Content-Length", 0))
        change(comments, json.loads(self.rfile.read(length)) if length else None)
        FILE.write_text(json.dumps(comments))
        body = json.dumps(comments).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        assert self.path == "/repos/example/shop/issues/7/comments?per_page=100", self.path
        self.respond(lambda comments, _: None)

    def do_POST(self):
        assert self.path == "/repos/example/shop/issues/7/comments", self.path
        self.respond(lambda comments, body: comments.append({"id": len(comments) + 1, "body": body["body"]}))

    def do_PATCH(self):
        number = int(self.path.removeprefix("/repos/example/shop/issues/comments/"))
        self.respond(lambda comments, body: comments[number - 1].update(body=body["body"]))


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"port {server.server_port}")
server.serve_forever()
