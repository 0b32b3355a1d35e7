"""Times the delivery of Flagship's hits through a spool: python_flagship_hits.py WHERE. Prints figures per second."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any

SECONDS = 3
BURST = 500
ROOM = 20_000  # half of what may wait


def per_second(client: Any, make: Callable[[int], object]) -> float:
    """Makes hits as fast as they leave, so that none is dropped."""
    sent = client.call("status")["events"]["sent"]
    start = perf_counter()
    made = 0
    while perf_counter() - start < SECONDS:
        for number in range(made, made + BURST):
            make(number)
        made += BURST
        while client.call("status")["events"]["pending"] > ROOM:
            sleep(0.001)
    client.flush(60)
    seconds = perf_counter() - start
    events = client.call("status")["events"]
    if events["sent"] - sent < made:
        raise SystemExit(f"{made} hits made, {events}")
    return made / seconds


def main() -> None:
    """Measures what a program says, and what flags say when they are read."""
    import burgee

    url = json.loads(sys.argv[1])["url"]
    with tempfile.TemporaryDirectory() as spool:
        client = burgee.open(
            "flagship",
            env_id="burgee-local",
            api_key="burgee-local-key",
            decision_mode="bucketing",
            cdn_url=url,
            events_url=url,
            decision_url=f"{url}/v2",
            spool_path=spool,
            tracking={"pool_max_size": 1000, "batch_interval": 1, "batch_activations": True},
            hit_deduplication_time=0,
        )
        attributes = {"country": "FR", "age": 31, "device": "phone", "premium": True}
        context = burgee.EvaluationContext("visitor-1", attributes)
        figures = {
            "hits": per_second(client, lambda number: client.track("purchase", number, context)),
            "exposures": per_second(client, lambda number: client.string(f"color-{number % 50}", "", context)),
        }
        client.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
