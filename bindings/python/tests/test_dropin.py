"""Flipt's own Python client, unmodified, with our library in place of its own."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LocalServer

from burgee._session import library_path

SCRIPT = """
import sys
from flipt_client import FliptClient
from flipt_client.models import ClientOptions, ClientTokenAuthentication, EvaluationRequest
from flipt_client.errors import EvaluationError, ValidationError

context = {"plan": "pro", "country": "DE", "items": "12"}
client = FliptClient(opts=ClientOptions(url=sys.argv[1], authentication=ClientTokenAuthentication(client_token="t"),
                                        update_interval=5, request_timeout=5))
variant = client.evaluate_variant("theme", "u", context)
assert (variant.match, variant.segment_keys, variant.variant_key) == (True, ["pros"], "amber"), variant
assert variant.variant_attachment == '{"hex":"#FFBF00"}'
assert client.evaluate_boolean("dark", "u", context).enabled is True
batch = client.evaluate_batch([EvaluationRequest(flag_key=k, entity_id="u", context=context)
                               for k in ("theme", "dark", "missing")])
assert [one.type.split("_")[0] for one in batch.responses] == ["VARIANT", "BOOLEAN", "ERROR"], batch
assert [flag.key for flag in client.list_flags()] == ["dark", "number", "theme"]
assert client.list_flags()[0].description == ""
try:
    client.evaluate_variant("missing", "u", context)
    raise AssertionError
except EvaluationError as problem:
    assert str(problem) == "invalid request: failed to get flag information default/missing", problem
try:
    client.evaluate_variant("", "u", context)
    raise AssertionError
except ValidationError as problem:
    assert str(problem) == "flag_key cannot be empty or null"
snapshot = client.get_snapshot()
client.close()
try:
    client.evaluate_variant("theme", "u", context)
    raise AssertionError
except EvaluationError as problem:
    assert str(problem) == "error engine null pointer"
offline = FliptClient(opts=ClientOptions(url="http://127.0.0.1:9", snapshot=snapshot, error_strategy="fallback"))
assert offline.evaluate_variant("theme", "u", context).variant_key == "amber"
offline.close()
print("drop-in", "flipt" in sys.modules["flipt_client"].__file__)
"""


def test_flipt_client_works_with_our_library(server: LocalServer, tmp_path: Path) -> None:
    flipt_client = pytest.importorskip("flipt_client")
    package = Path(flipt_client.__file__).parent
    shutil.copytree(package, tmp_path / "flipt_client")
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}.get(platform.machine())
    if system is None or machine is None:
        pytest.skip("flipt-client has no library for this machine")
    name = "libfliptengine.dylib" if system == "darwin" else "libfliptengine.so"
    target = tmp_path / "ext" / f"{system}_{machine}"
    target.mkdir(parents=True)
    shutil.copyfile(library_path(), target / name)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, server.url],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("drop-in")
