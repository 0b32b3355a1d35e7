"""Decides Flagship environments with one package: ``python -m differential.flagship_answers flagship|burgee.flagship``.

Each line of stdin is {document, visitors: [{id, context, history}], full}; each line of stdout has one text for each
visitor: a digest of everything that a program can see of the visitor, or, with full, all of it. Nothing uses the network.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from threading import Thread
from typing import Any, ClassVar

PACKAGE = sys.argv[1]
Flagship: Any = import_module(PACKAGE).Flagship
Bucketing: Any = import_module(f"{PACKAGE}.config").Bucketing
LogManager: Any = import_module(f"{PACKAGE}.log_manager").LogManager
cache_manager: Any = import_module(f"{PACKAGE}.cache_manager")


class Histories(cache_manager.CacheManager, cache_manager.VisitorCacheImplementation):
    """A cache that knows which variations visitors had."""

    def __init__(self, visitors: list[dict[str, Any]]) -> None:
        super().__init__(timeout=10_000)
        self._known = {each["id"]: each["history"] for each in visitors if "history" in each}

    def open_database(self, env_id: str) -> None:
        """Do nothing: everything is there."""

    def close_database(self) -> None:
        """Do nothing."""

    async def lookup_visitor(self, visitor_id: str) -> Any:
        history = self._known.get(visitor_id)
        if history is None:
            return None
        record = {
            "visitorId": visitor_id,
            "anonymousId": None,
            "isAuthenticated": False,
            "consent": True,
            "context": {},
        }
        return {"version": 1, "data": {**record, "campaigns": [], "assignationHistory": history}}

    async def cache_visitor(self, visitor_id: str, data: Any) -> None:
        """Do nothing: each visitor is asked for once."""

    async def flush_visitor(self, visitor_id: str) -> None:
        """Do nothing."""


class Silence(LogManager):
    """Drops messages: both packages have one for each flag that a visitor lacks."""

    def log(self, *_: Any) -> None:
        """Do nothing."""

    def exception(self, *_: Any) -> None:
        """Do nothing."""


class Downloaded:
    """An environment file, in place of the network that the vendor's SDK uses."""

    headers: ClassVar = {"Last-Modified": "now"}
    status_code = 200
    elapsed = timedelta(0)

    def __init__(self, document: bytes) -> None:
        self.content = document

    def get(self, **_: Any) -> Downloaded:
        return self

    post = get


class Server(BaseHTTPRequestHandler):
    """Serves an environment file to Burgee."""

    document: ClassVar[bytes]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Last-Modified", "Mon, 02 Mar 2026 08:30:00 GMT")
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, *_: Any) -> None:
        """Requests are not logged."""


@cache
def served() -> str:
    """Return where Burgee finds the environment file."""
    server = HTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def start(document: bytes, visitors: list[dict[str, Any]]) -> None:
    # With an interval below 0 the file is fetched once, and start() waits for it.
    options = {"log_manager": Silence(), "polling_interval": -1, "cache_manager": Histories(visitors)}
    if PACKAGE == "flagship":
        import_module("flagship.http_helper").requests = Downloaded(document)  # type: ignore[attr-defined]
    else:
        Server.document = document
        options |= {"disable_events": True, "strict_types": True, "cdn_url": served(), "timeout": 60_000}
    Flagship.start("no/file", "key", Bucketing(**options))


def values_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the value of each flag, by the variation that gives it."""
    found: dict[str, dict[str, Any]] = {}
    for campaign in document.get("campaigns", []):
        for group in campaign.get("variationGroups") or []:
            for variation in group.get("variations", []):
                for key, value in (variation.get("modifications", {}).get("value") or {}).items():
                    found.setdefault(key, {})[variation["id"]] = value
    return found


def other(value: Any) -> Any:
    """Return another value of the same type, as a default that both packages replace."""
    if isinstance(value, bool):
        return not value
    return {int: -77, float: -77.5, str: "the default", dict: {"the": "default"}, list: ["the default"]}.get(
        type(value)
    )


def seen(visitor: Any, key: str, values: dict[str, Any]) -> list[Any]:
    """Return everything about a flag."""
    metadata = visitor.get_flag(key, None).metadata()
    flag = visitor.get_flag(key, other(values.get(metadata.variation_id)))
    value = flag.value(False) if flag.exists() else None
    return [flag.exists(), value, metadata.toJson()]


def decide(each: dict[str, Any], values: dict[str, dict[str, Any]]) -> str:
    visitor = Flagship.new_visitor(each["id"], context=each["context"], consent="history" in each)
    visitor.fetch_flags()
    flags = {key: seen(visitor, key, by_variation) for key, by_variation in values.items()}
    decided = {"flags": flags, "assignations": dict(sorted(visitor.assignations.items()))}
    return json.dumps({"status": Flagship.status().name, **decided})


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        start(request["document"].encode(), request["visitors"])
        values = values_of(json.loads(request["document"]))
        answers = [decide(each, values) for each in request["visitors"]]
        if not request["full"]:
            answers = [hashlib.md5(answer.encode()).hexdigest() for answer in answers]
        Flagship.stop()
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
