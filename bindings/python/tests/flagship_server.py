"""The local server in the role of AB Tasty Flagship."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from conftest import TESTDATA, LocalServer

ENV_ID = "burgee-local"
API_KEY = "burgee-local-key"
PATIENCE = 25.0  # seconds, for what takes milliseconds on an idle machine
DEMO = TESTDATA / "flags" / "demo.flagship.json"


class FlagshipServer(LocalServer):
    """The vendor's four services as a process. Serves DEMO unless there are other arguments."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("--backend", "flagship", *(arguments or ("--file", str(DEMO))))
        self.cdn_url = f"{self.url}/cdn"
        self.decision_url = f"{self.url}/decision/v2"
        self.events_url = f"{self.url}/events"
        self.segments_url = f"{self.url}/segments"

    def replace(self, document: dict[str, Any]) -> None:
        """Serve another environment file, at least a second younger than the one before."""
        self.control("PUT", "/document", document)

    def remove(self) -> None:
        self.control("DELETE", "/document")

    def set_environment(self, env_id: str = "", api_key: str = "") -> None:
        self.control("PUT", "/auth", {"env_id": env_id, "api_key": api_key})

    def set_segments(self, visitor: str, *segments: dict[str, str]) -> None:
        """Set what other vendors know of the visitor: objects with partner, segment and value."""
        self.control("PUT", f"/segments?visitor={urllib.parse.quote(visitor)}", list(segments))

    def refuse(self, *visitors: str, status: int = 400) -> None:
        """Refuse requests with hits or activations of these visitors."""
        self.control("PUT", "/refuse", {"visitors": visitors, "status": status})

    def set_file_headers(self, last_modified: bool = True, etag: bool = False) -> None:
        self.control("PUT", "/file-headers", {"last_modified": last_modified, "etag": etag})

    def forget_assignments(self) -> None:
        self.control("DELETE", "/assignments")

    def wait(self, **counts: int) -> None:
        """Wait until there are as many requests, events, hits or activations."""
        query = "&".join(f"{name}={count}" for name, count in counts.items())
        self.control("GET", f"/wait?{query}&timeout_ms={int(PATIENCE * 1000)}")

    def events(self, at_least: int = 0, kind: str = "") -> list[dict[str, Any]]:
        """All hits and activations, or those of a kind, in the order of their arrival, once there are enough in all."""
        self.wait(events=at_least)
        return [event for event in self.control("GET", "/events") if kind in ("", event["kind"])]

    def activations(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The bodies of all activations, once there are enough."""
        self.wait(activations=at_least)
        return [event["body"] for event in self.events(kind="activation")]

    def hits(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The bodies of all hits, those for consent and context included, once there are enough."""
        self.wait(hits=at_least)
        return [event["body"] for event in self.events() if event["kind"] != "activation"]

    def event_users(self, at_least: int = 0) -> dict[str, int]:
        """How often events came for each visitor."""
        self.wait(events=at_least)
        users: dict[str, int] = self.control("GET", "/events/users")
        return users

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The requests whose path contains this. The member json has the body, decoded, where there is one."""
        found = [request for request in self.requests() if path in request["path"]]
        return [{**request, "json": json.loads(request["body"])} if "body" in request else request for request in found]

    def forget(self) -> None:
        """Forget requests and events."""
        self.control("DELETE", "/requests")
        self.control("DELETE", "/events")


def demo() -> dict[str, Any]:
    """A copy of DEMO."""
    document: dict[str, Any] = json.loads(DEMO.read_text())
    return document


def campaign(
    flag: str, value: Any, *, targetings: list[dict[str, Any]] | None = None, **members: Any
) -> dict[str, Any]:
    """A campaign that gives one flag a value, to everybody unless there are targetings."""
    everybody = [{"operator": "EQUALS", "key": "fs_all_users", "value": ""}]
    group = {
        "id": f"vg-{flag}",
        "name": f"Group {flag}",
        "targeting": {"targetingGroups": [{"targetings": targetings or everybody}]},
        "variations": [
            {
                "id": f"va-{flag}",
                "name": f"Variation {flag}",
                "reference": False,
                "allocation": 100,
                "modifications": {"type": "FLAG", "value": {flag: value}},
            }
        ],
    }
    return {
        "id": f"c-{flag}",
        "name": f"Campaign {flag}",
        "slug": None,
        "type": "toggle",
        "variationGroups": [group],
        **members,
    }


def environment(*campaigns: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An environment file."""
    return {"campaigns": list(campaigns), **members}
