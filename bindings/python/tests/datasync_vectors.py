"""The vectors of FeatBit and featureflag.co: reading them, and comparing as they mean it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from conftest import TESTDATA


def load(vendor: str, name: str) -> Any:
    return json.loads((TESTDATA / "vectors" / vendor / name).read_text(), object_hook=_unwrap)


def _unwrap(members: dict[str, Any]) -> Any:
    """Numbers that JSON cannot express are written as objects."""
    return float(members["$float"]) if set(members) == {"$float"} else members


def same(first: Any, second: Any) -> bool:
    """Equality in which 1, 1.0 and True differ, and nan equals itself."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) and math.isnan(first):
        return math.isnan(second)
    return bool(first == second)


class Deviations:
    """What Burgee answers differently on purpose. Each has to be met, so that none stays when it is no longer true."""

    def __init__(self, vendor: str, prefix: str) -> None:
        entries = load(vendor, "deviations.json")["cases"]
        self._wants = {entry["case"]: entry["want"] for entry in entries if entry["case"].startswith(prefix)}
        self._left = set(self._wants)

    def want(self, case: str, otherwise: Any) -> Any:
        self._left.discard(case)
        return self._wants.get(case, otherwise)

    def check_done(self) -> None:
        assert not self._left, f"deviations that name no case: {sorted(self._left)}"


def evaluations(vendor: str) -> list[Any]:
    """Every case of eval/*.json with the data it belongs to and what is wanted, as parameters of a test."""
    deviations = Deviations(vendor, "eval/")
    params = []
    for path in sorted((TESTDATA / "vectors" / vendor / "eval").glob("*.json")):
        file = load(vendor, f"eval/{path.name}")
        for case in file["cases"]:
            want = deviations.want(f"eval/{case['id']}", case["expect"])
            params.append(pytest.param(path, case, want, id=case["id"]))
    deviations.check_done()
    return params


def data_of(path: Path) -> str:
    return json.dumps(json.loads(path.read_text())["data"])


def without_times(payload: Any) -> Any:
    """The vectors have 0 for every time."""
    if isinstance(payload, dict):
        return {key: 0 if key == "timestamp" else without_times(value) for key, value in payload.items()}
    return [without_times(value) for value in payload] if isinstance(payload, list) else payload
