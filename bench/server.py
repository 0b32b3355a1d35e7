"""Serves the documents of a folder as a Flipt server does, without compression: what is measured is the client.

Prints its URL, and ends when its stdin is closed. A stream of a namespace that has a second document alternates between
both.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SNAPSHOT = "/internal/v1/evaluation/snapshot/namespace/"
STREAM = "/client/v2/environments/default/namespaces/"


class Handler(BaseHTTPRequestHandler):
    """Answers from documents in memory."""

    protocol_version = "HTTP/1.1"
    documents: dict[str, bytes]
    replace_seconds: float
    ended = threading.Event()

    def do_GET(self) -> None:
        """Snapshot or stream; anything else is 404."""
        path = self.path.partition("?")[0]
        if path.startswith(SNAPSHOT):
            self._snapshot(self.documents.get(path[len(SNAPSHOT) :]))
        elif path.startswith(STREAM) and path.endswith("/stream"):
            self._stream(path[len(STREAM) : -len("/stream")])
        else:
            self._answer(404, b"")

    def _snapshot(self, document: bytes | None) -> None:
        if document is None:
            self._answer(404, b"")
            return
        etag = hashlib.sha1(document).hexdigest()
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", etag)
        else:
            self._answer(200, document, etag)

    def _answer(self, status: int, body: bytes, etag: str = "") -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        if status != 304:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, namespace: str) -> None:
        lines = [self.documents[name] for name in (namespace, namespace + ".next") if name in self.documents]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        sent = 0
        try:
            while lines and (sent == 0 or len(lines) > 1):
                self.wfile.write(b'{"result":' + lines[sent % len(lines)] + b"}\n")
                sent += 1
                if self.ended.wait(self.replace_seconds):
                    return
            self.ended.wait()
        except OSError:
            pass  # the client has gone
        self.close_connection = True

    def log_message(self, _format: str, *args: object) -> None:
        """Requests are not logged."""


def main() -> None:
    """Serves until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--replace-seconds", type=float, default=0.2)
    arguments = parser.parse_args()
    Handler.documents = {path.stem: path.read_bytes() for path in arguments.folder.glob("*.json")}
    Handler.replace_seconds = arguments.replace_seconds
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    Handler.ended.set()
    server.shutdown()


if __name__ == "__main__":
    main()
