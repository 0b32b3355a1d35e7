"""The local server in the role of FeatBit or featureflag.co, and what tests with it share."""

from __future__ import annotations

import threading
from typing import Any

from conftest import LocalServer

from burgee.featbit.status_types import StateType

FEATBIT_SECRET = "burgee-local-secret-00local-environment-0000"
FEATUREFLAGCO_SECRET = "YnVyZ2VlX180MV9fNTJfXzYzX19sb2NhbA=="
PATIENCE = 25.0  # seconds, for what takes milliseconds on an idle machine


class DataSyncServer(LocalServer):
    """A server of either vendor as a process."""

    def __init__(self, backend: str, *arguments: str) -> None:
        super().__init__("--backend", backend, *arguments)
        self.socket_url = self.url.replace("http", "ws", 1)

    def replace(self, message: dict[str, Any]) -> None:
        self.control("PUT", "/document", message)

    def change_flag(self, key: str, /, **members: Any) -> None:
        self.control("PATCH", f"/flag?key={key}", members)

    def change_segment(self, key: str, /, **members: Any) -> None:
        self.control("PATCH", f"/segment?id={key}", members)

    def close_sockets(self, code: int, reason: str = "") -> None:
        self.control("POST", "/close", {"code": code, "reason": reason})

    def push(self, text: str) -> None:
        self.control("POST", "/push", text)

    def sockets(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.control("GET", "/sockets")
        return listed

    def wait(self, **counts: int) -> None:
        """Wait until there are as many streams, sockets, requests or events."""
        query = "&".join(f"{name}={count}" for name, count in counts.items())
        self.control("GET", f"/wait?{query}&timeout_ms={int(PATIENCE * 1000)}")

    def events(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The elements of all payloads, in the order of their arrival, once there are enough."""
        self.wait(events=at_least)
        return [event["body"] for event in self.control("GET", "/events")]

    def event_users(self, at_least: int = 0) -> dict[str, int]:
        """How often events came for each user."""
        self.wait(events=at_least)
        users: dict[str, int] = self.control("GET", "/events/users")
        return users

    def forget_events(self) -> None:
        self.control("DELETE", "/events")


def message(flags: list[dict[str, Any]], segments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "messageType": "data-sync",
        "data": {"eventType": "full", "featureFlags": flags, "segments": segments or []},
    }


def featbit_flag(key: str, value: str = "A", variation_type: str = "string", **members: Any) -> dict[str, Any]:
    """A flag with one value for all, but another one for users in the segment s."""
    in_segment = {"property": "User is in segment", "op": None, "value": '["s"]'}
    everybody = {"rollout": [0, 1], "exptRollout": 1}
    rule = {"name": "R", "dispatchKey": None, "includedInExpt": False, "conditions": [in_segment]}
    return {
        "id": f"id-{key}",
        "key": key,
        "name": f"Flag {key}",
        "variationType": variation_type,
        "variations": [{"id": "v", "name": "", "value": value}, {"id": "s", "name": "", "value": "in segment"}],
        "targetUsers": [],
        "rules": [{**rule, "variations": [{"id": "s", **everybody}]}],
        "isEnabled": True,
        "disabledVariationId": "v",
        "fallthrough": {"dispatchKey": None, "includedInExpt": False, "variations": [{"id": "v", **everybody}]},
        "exptIncludeAllTargets": False,
        "isArchived": False,
        "updatedAt": "2024-03-05T09:30:00.123Z",
        **members,
    }


def featbit_segment(**members: Any) -> dict[str, Any]:
    return {
        "id": "s",
        "name": "S",
        "included": ["member"],
        "excluded": [],
        "rules": [],
        "isArchived": False,
        "updatedAt": "2024-03-05T09:29:00Z",
        **members,
    }


FEATBIT_MESSAGE = message([featbit_flag("a"), featbit_flag("b", "B")], [featbit_segment()])


def wait_for_state(client: Any, state: StateType) -> None:
    cell = client.update_status_provider._cell
    with cell._changed:
        assert cell._changed.wait_for(lambda: cell.type is state, PATIENCE), f"still {cell.type}"


class Calls:
    """A callback that keeps its arguments, and waits for them."""

    def __init__(self) -> None:
        self.arguments: list[tuple[Any, ...]] = []
        self._more = threading.Condition()

    def __call__(self, *arguments: Any) -> None:
        with self._more:
            self.arguments.append(arguments)
            self._more.notify_all()

    def wait(self, count: int) -> list[tuple[Any, ...]]:
        with self._more:
            enough = self._more.wait_for(lambda: len(self.arguments) >= count, PATIENCE)
            assert enough, f"only {self.arguments}"
            return list(self.arguments)
