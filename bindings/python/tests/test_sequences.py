"""The published HTTP sequences, through burgee.flipt: what is asked of a server, and what evaluation says after each answer."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import TESTDATA, LocalServer

from burgee.flipt import FliptClient
from burgee.flipt.errors import EvaluationError
from burgee.flipt.models import ClientOptions

VECTORS = json.loads((TESTDATA / "vectors" / "flipt" / "16_http_sequences.json").read_text())
UNDECODABLE = "error parsing json: failed to parse response body: error decoding response body"


@pytest.fixture(scope="module")
def scripted() -> Iterator[LocalServer]:
    """A server without flags; each test gives it a script."""
    local = LocalServer()
    yield local
    local.close()


def script_of(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    faults = []
    for step in steps:
        respond = step["respond"]
        body = respond.get("body", "")
        text = json.dumps(VECTORS["documents"][body]) if body in VECTORS["documents"] else body
        headers = {"ETag": respond["etag"]} if "etag" in respond else {}
        faults.append({"kind": "answer", "status": respond["status"], "headers": headers, "body": text})
    return faults


def options_of(sequence: dict[str, Any], url: str) -> ClientOptions:
    options = dict(sequence["options"])
    if options.get("snapshot") == "SEED":
        options["snapshot"] = base64.b64encode(json.dumps(VECTORS["seed_engine_snapshot"]).encode()).decode()
    return ClientOptions(url=url, update_interval=100000, **options)


def refresh(client: FliptClient) -> None:
    """Fetch once. Whether that is an error is not the business of this; that it ends is."""

    def work() -> None:
        with contextlib.suppress(EvaluationError):
            client.refresh()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "refresh() does not return"


def answer(client: FliptClient) -> dict[str, Any]:
    try:
        return {"enabled": client.evaluate_boolean(flag_key="b", entity_id="u", context={}).enabled}
    except EvaluationError as problem:
        text = str(problem)
        # Flipt's engine does not say what is wrong with a document; this one does, after the same words.
        return {"error": UNDECODABLE if text.startswith(UNDECODABLE + ": ") else text}


@pytest.mark.parametrize("sequence", VECTORS["sequences"], ids=[each["name"] for each in VECTORS["sequences"]])
def test_sequence(scripted: LocalServer, sequence: dict[str, Any]) -> None:
    # These two pin an ETag that is kept for a document which could not be read. Here it is forgotten, so that the
    # document is asked for in full: from the fourth request on the header differs.
    forgets = sequence["name"].startswith("undecodable body")
    scripted.control("DELETE", "/requests")
    scripted.fail(*script_of(sequence["steps"]))
    with FliptClient(options_of(sequence, scripted.url)) as client:
        for number, step in enumerate(sequence["steps"]):
            if number > 0:
                refresh(client)
            requests = scripted.requests()
            assert len(requests) == number + 1
            header = None if forgets and number >= 3 else step["if_none_match"]
            assert requests[number]["headers"].get("If-None-Match") == (None if header is None else [header])
            want = {
                name: value.replace("{url}", scripted.url) if name == "error" else value
                for name, value in step["then_boolean_b"].items()
            }
            assert answer(client) == want, f"step {number + 1}"


def test_all_sequences_are_there() -> None:
    assert len(VECTORS["sequences"]) == 15
