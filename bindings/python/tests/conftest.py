"""What the tests share: places, the local server as a process, and fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "testdata"
SERVER = ROOT / "build" / ("burgee-local-server.exe" if os.name == "nt" else "burgee-local-server")

THREE_CONSTRAINTS = [
    {"type": "STRING_CONSTRAINT_COMPARISON_TYPE", "property": "plan", "operator": "eq", "value": "pro"},
    {"type": "STRING_CONSTRAINT_COMPARISON_TYPE", "property": "country", "operator": "isoneof", "value": '["FR","DE"]'},
    {"type": "NUMBER_CONSTRAINT_COMPARISON_TYPE", "property": "items", "operator": "gte", "value": "10"},
]
CONTEXT = {"plan": "pro", "country": "DE", "items": "12"}


def segment(key: str) -> dict[str, Any]:
    return {"key": key, "matchType": "ALL_SEGMENT_MATCH_TYPE", "constraints": THREE_CONSTRAINTS}


def variant_flag(key: str, variant: str = "amber", attachment: str = '{"hex":"#FFBF00"}') -> dict[str, Any]:
    rule = {
        "segments": [segment("pros")],
        "segmentOperator": "OR_SEGMENT_OPERATOR",
        "distributions": [{"variantKey": variant, "variantAttachment": attachment, "rollout": 100}],
    }
    return {
        "key": key,
        "name": "",
        "description": "",
        "enabled": True,
        "type": "VARIANT_FLAG_TYPE",
        "rules": [rule],
        "rollouts": [],
    }


def boolean_flag(key: str, enabled: bool = False) -> dict[str, Any]:
    rollout = {
        "segment": {"value": not enabled, "segmentOperator": "OR_SEGMENT_OPERATOR", "segments": [segment("pros")]}
    }
    return {
        "key": key,
        "name": "",
        "description": "",
        "enabled": enabled,
        "type": "BOOLEAN_FLAG_TYPE",
        "rules": [],
        "rollouts": [rollout],
    }


def make_document(*flags: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
    return {"namespace": {"key": namespace}, "flags": list(flags)}


DOCUMENT = make_document(variant_flag("theme"), variant_flag("number", "42", "null"), boolean_flag("dark"))


@pytest.fixture
def document() -> dict[str, Any]:
    """A document with the variant flags theme and number and the boolean flag dark."""
    return DOCUMENT


class LocalServer:
    """The local vendor server as a process, and its control endpoint."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [str(SERVER), "--quiet", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = json.loads(self.process.stdout.readline())
        self.url: str = line["url"]
        self._control: str = line["control"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._control + path, data=data, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def serve(self, document: dict[str, Any], namespace: str = "default") -> None:
        self.control("PUT", f"/document?namespace={namespace}", document)

    def fail(self, *faults: dict[str, Any]) -> None:
        self.control("PUT", "/faults", list(faults))

    def requests(self) -> Any:
        return self.control("GET", "/requests")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def flag_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DOCUMENT as a file."""
    path = tmp_path_factory.mktemp("flags") / "flags.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


@pytest.fixture
def server(flag_file: Path) -> Iterator[LocalServer]:
    """A server that answers DOCUMENT."""
    local = LocalServer("--file", str(flag_file))
    yield local
    local.close()


PRELUDE = """
import os, sys
sys.path.insert(0, {tests!r})
import burgee
from conftest import CONTEXT, DOCUMENT
from burgee.flipt import FliptClient
from burgee.flipt.models import ClientOptions
"""


def start_python(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start a fresh interpreter with the code after PRELUDE."""
    script = PRELUDE.format(tests=str(Path(__file__).parent)) + textwrap.dedent(code)
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, *options.pop("flags", ()), "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )


def run_python(code: str, *arguments: str, status: int = 0, timeout: float = 120, **options: Any) -> str:
    """Run code in a fresh interpreter. Returns what it printed; fails unless it ends with the status."""
    process = start_python(code, *arguments, **options)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"still running after {timeout} s\nstdout: {out}\nstderr: {err}")
    assert process.returncode == status, f"status {process.returncode}\nstdout: {out}\nstderr: {err}"
    assert "Fatal Python error" not in err, err
    return out
