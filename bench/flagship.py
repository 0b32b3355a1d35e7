"""What is measured of AB Tasty Flagship, beside its own SDKs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from processes import LOCAL_SERVER, SUBJECTS, Figures, Subject, alternate, figures_of

CAMPAIGNS = 50
LONGEST = 600  # seconds that a million visitors may take
PEERS = {"python": "flagship", "node": "@flagship.io/js-sdk"}


def _rule(key: str, operator: str, value: Any) -> dict[str, Any]:
    return {"key": key, "operator": operator, "value": value}


def _campaign(number: int) -> dict[str, Any]:
    # The visitors of the benchmark meet all four targetings, and a hash decides which variation they have.
    targetings = [
        _rule("country", "EQUALS", ["DE", "FR", "ES"]),
        _rule("age", "GREATER_THAN", 18),
        _rule("device", "STARTS_WITH", "ph"),
        _rule("premium", "EQUALS", True),
    ]
    variations = [
        {
            "id": f"{name}{number}",
            "name": name.upper(),
            "reference": name == "a",
            "allocation": 50,
            "modifications": {"type": "FLAG", "value": {f"color-{number}": color, f"size-{number}": size}},
        }
        for name, color, size in (("a", "red", 1), ("b", "blue", 2))
    ]
    group = {
        "id": f"cq0v1f2g3h4i5j{number}",
        "name": "Group",
        "targeting": {"targetingGroups": [{"targetings": targetings}]},
        "variations": variations,
    }
    return {
        "id": f"campaign-{number}",
        "name": f"Campaign {number}",
        "type": "ab",
        "slug": None,
        "variationGroups": [group],
    }


def write(path: Path) -> None:
    """Writes an environment of CAMPAIGNS campaigns with four targetings each, which give two flags each."""
    path.write_text(json.dumps({"campaigns": [_campaign(number) for number in range(CAMPAIGNS)]}))


@contextmanager
def serving(document: Path) -> Iterator[dict[str, str]]:
    """Runs the local server. Yields its addresses and the file that it serves."""
    command = [str(LOCAL_SERVER), "--backend", "flagship", "--file", str(document), "--count-events", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            addresses: dict[str, str] = json.loads(server.stdout.readline())
            yield {**addresses, "file": str(document)}
        finally:
            server.stdin.close()


class Flagship:
    """Measures Burgee, which asks a local server, and Flagship's SDKs, which are spared the network."""

    def __init__(self, where: dict[str, str], rounds: int, node: dict[str, str]) -> None:
        self._where = json.dumps(where)
        self._rounds = min(rounds, 2)  # the pauses for delivery take their time
        self._node_environment = node

    def _python(self, script: str, *subject: str) -> Figures:
        command: tuple[str | Path, ...] = (
            sys.executable,
            SUBJECTS / f"python_flagship_{script}.py",
            *subject,
            self._where,
        )
        return figures_of(*command, timeout=LONGEST)

    def _node(self, script: str, *subject: str) -> Figures:
        command: tuple[str | Path, ...] = (
            "node",
            "--expose-gc",
            SUBJECTS / f"node_flagship_{script}.cjs",
            *subject,
            self._where,
        )
        return figures_of(*command, environment=self._node_environment, timeout=LONGEST)

    def speed(self) -> dict[str, dict[str, list[float]]]:
        """Fetching flags and reading them, by "<language> <subject>" and name."""
        subjects: dict[str, Subject] = {}
        for language, run in (("python", self._python), ("node", self._node)):
            for subject in ("burgee", PEERS[language]):
                subjects[f"{language} {subject}"] = partial(run, "speed", subject)
        return alternate(self._rounds, subjects)

    def visitors(self) -> dict[str, dict[str, list[float]]]:
        """A million visitors that come and go."""
        return alternate(1, {"python": partial(self._python, "visitors"), "node": partial(self._node, "visitors")})

    def hits(self) -> dict[str, dict[str, list[float]]]:
        """Hits each second, through a spool to the server."""
        return alternate(2, {"burgee": partial(self._python, "hits")})
