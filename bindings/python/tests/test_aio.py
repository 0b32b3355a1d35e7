"""burgee.aio."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import CONTEXT, LocalServer, boolean_flag, make_document, run_python

import burgee.aio
from burgee import Change, Status, errors


def test_everything_that_may_block_is_awaited(document: dict[str, Any]) -> None:
    async def run() -> None:
        async with await burgee.aio.open(document=document) as client:
            assert client.boolean("dark", False, CONTEXT) is True
            assert client.string("theme", "", CONTEXT) == "amber"
            assert client.number("number", 0, CONTEXT) == 42
            assert client.object("theme", {}, CONTEXT) == {"hex": "#FFBF00"}
            assert client.details("theme", "", CONTEXT).variant == "amber"
            assert len(client.all(CONTEXT)) == len(client.flags()) == 3
            assert "amber" in str(client.explain("theme", CONTEXT))
            assert client.track("purchase") is False
            assert await client.flush() is True
            assert await client.refresh() is False
            assert (await client.call("status"))["state"] == "READY"
            assert client.status.state == "READY"
        assert client.status.state == "CLOSED"
        with pytest.raises(errors.InvalidConfigError, match="urll"):
            await burgee.aio.open(urll="x")

    asyncio.run(run())


def test_events(server: LocalServer) -> None:
    async def run() -> list[Any]:
        seen = []
        async with await burgee.aio.open(url=server.url, update_interval=3600) as client:
            events = client.events()
            waiting = asyncio.ensure_future(events.__anext__())
            await asyncio.sleep(0)
            server.serve(make_document(boolean_flag("dark", True)))
            assert await client.refresh()
            seen.append(await asyncio.wait_for(waiting, 30))
            server.fail({"kind": "answer", "status": 403, "times": -1})
            with pytest.raises(errors.BurgeeError):
                await client.refresh()
            seen.append(await asyncio.wait_for(events.__anext__(), 30))
            await events.aclose()  # type: ignore[attr-defined]
        return seen

    change, status = asyncio.run(run())
    assert isinstance(change, Change)
    assert change.flags == ("dark", "number", "theme")
    assert isinstance(status, Status)
    assert status.state == "STALE"


def test_the_loop_goes_on_while_a_client_opens(server: LocalServer) -> None:
    server.fail({"kind": "hang", "times": -1})

    async def run() -> int:
        opening = asyncio.ensure_future(burgee.aio.open(url=server.url))
        turns = 0
        for _ in range(50):
            await asyncio.sleep(0.005)
            turns += not opening.done()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        return turns

    assert asyncio.run(run()) == 50


def test_a_cancelled_open_delays_nothing(server: LocalServer, flag_file: Path) -> None:
    server.fail({"kind": "hang", "times": -1})
    code = """
import asyncio, burgee.aio
async def run():
    with_timeout = asyncio.wait_for(burgee.aio.open(url=sys.argv[1], start_wait_ms=3600000), 0.3)
    try:
        await with_timeout
    except asyncio.TimeoutError:
        print("timed out")
asyncio.run(run())
"""
    # An open that went on would keep the process for an hour.
    assert run_python(code, server.url, timeout=60) == "timed out\n"


def test_events_of_a_closed_client_end(flag_file: Path) -> None:
    async def run() -> list[object]:
        client = await burgee.aio.open(file=str(flag_file))
        await client.close()
        return [event async for event in client.events()]

    assert asyncio.run(run()) == []
