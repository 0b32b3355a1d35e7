"""What is measured of FeatBit, beside its own SDKs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from flags import COUNT, flag_key
from processes import LOCAL_SERVER, SUBJECTS, Figures, Subject, alternate, figures_of

SECRET = "Zk3Q0v1rTUmYw7c2b9eXoA9XqL4nGmT0iRkVd5uWjEsQ"
PEERS = {"python": "fb-python-sdk", "node": "@featbit/node-server-sdk"}


def _condition(name: str, operator: str, value: str) -> dict[str, str]:
    return {"property": name, "op": operator, "value": value}


def _flag(number: int) -> dict[str, Any]:
    # The users of the benchmark meet all three conditions, and a hash decides what they are served.
    key = flag_key(number)
    served = [(f"{key}-on", "true", 0, 0.5), (f"{key}-off", "false", 0.5, 1)]
    return {
        "id": key,
        "key": key,
        "name": f"Flag {number}",
        "variationType": "boolean",
        "variations": [{"id": each, "name": each, "value": value} for each, value, _, _ in served],
        "targetUsers": [],
        "rules": [
            {
                "id": f"rule-{number}",
                "name": "Germans and French",
                "dispatchKey": None,
                "includedInExpt": True,
                "conditions": [
                    _condition("plan", "Equal", "pro"),
                    _condition("age", "BiggerEqualThan", str(number % 40)),
                    _condition("country", "IsOneOf", json.dumps(["de", "fr", f"x{number}"])),
                ],
                "variations": [
                    {"id": each, "rollout": [low, high], "exptRollout": 0.25} for each, _, low, high in served
                ],
            }
        ],
        "isEnabled": True,
        "disabledVariationId": served[1][0],
        "fallthrough": {
            "dispatchKey": None,
            "includedInExpt": False,
            "variations": [{"id": served[1][0], "rollout": [0, 1], "exptRollout": 1}],
        },
        "exptIncludeAllTargets": False,
        "updatedAt": "2026-01-02T03:04:05.678Z",
        "isArchived": False,
    }


def write(path: Path) -> None:
    """Writes an environment of COUNT flags, as FeatBit's server answers it."""
    data = {"eventType": "full", "featureFlags": [_flag(number) for number in range(COUNT)], "segments": []}
    path.write_text(json.dumps({"messageType": "data-sync", "data": data}))


@contextmanager
def serving(document: Path) -> Iterator[dict[str, str]]:
    """Runs the local server. Yields its addresses: url, and control, which changes flags."""
    command = [str(LOCAL_SERVER), "--backend", "featbit", "--file", str(document), "--secret", SECRET]
    with subprocess.Popen(
        [*command, "--count-events", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            addresses: dict[str, str] = json.loads(server.stdout.readline())
            yield addresses
        finally:
            server.stdin.close()


class FeatBit:
    """Measures Burgee and FeatBit's SDKs against one local server."""

    def __init__(self, addresses: dict[str, str], rounds: int, node: dict[str, str]) -> None:
        self._where = json.dumps({**addresses, "secret": SECRET})
        self._rounds = min(rounds, 2)  # the pauses for delivery take their time
        self._node_environment = node

    def _run(self, language: str, script: str, subject: str) -> Figures:
        if language == "python":
            return figures_of(sys.executable, SUBJECTS / f"{script}.py", subject, self._where)
        return figures_of("node", SUBJECTS / f"{script}.cjs", subject, self._where, environment=self._node_environment)

    def _both(self, script: str) -> dict[str, dict[str, list[float]]]:
        """All figures by "<language> <subject>" and name."""
        subjects: dict[str, Subject] = {}
        for language, peer in PEERS.items():
            for subject in ("burgee", peer):
                subjects[f"{language} {subject}"] = partial(self._run, language, f"{language}_{script}", subject)
        return alternate(self._rounds, subjects)

    def speed(self) -> dict[str, dict[str, list[float]]]:
        """Evaluation with the event queued."""
        return self._both("featbit_speed")

    def pushed(self) -> dict[str, dict[str, list[float]]]:
        """From a change on the server to a listener."""
        return self._both("featbit_pushed")

    def events(self) -> dict[str, dict[str, list[float]]]:
        """Events each second, through a spool to the server."""
        run = partial(figures_of, sys.executable, SUBJECTS / "python_featbit_events.py", self._where)
        return alternate(2, {"burgee": run})
