"""Times FeatBit's variation() in Python, events queued: python_featbit_speed.py burgee|fb-python-sdk WHERE.

WHERE is the JSON that the local server printed, with the secret. Evaluations come in bursts that fit into the queue of
events, and what is queued is sent before the next burst. Prints nanoseconds by name as JSON.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter_ns, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flags import COUNT, flag_key

BURSTS = 4
PER_BURST = 4  # times COUNT evaluations; both queues hold 10,000 events
PAUSE_SECONDS = 1.2  # longer than an event waits for others

KEYS = [flag_key(number) for number in range(COUNT)]
USERS = [
    {"key": f"user-{number}", "name": "Ada", "plan": "pro", "age": 42, "country": "fr", "device": f"phone-{number}"}
    for number in range(COUNT)
]


def best(client: Any, run_all: Callable[[], object]) -> float:
    """Nanoseconds of one of the COUNT evaluations of run_all: the best of all bursts."""
    figures = []
    for _ in range(BURSTS):
        for _ in range(PER_BURST):
            start = perf_counter_ns()
            run_all()
            figures.append((perf_counter_ns() - start) / COUNT)
        client.flush()
        sleep(PAUSE_SECONDS)
    return min(figures)


def measure(client: Any) -> dict[str, float]:
    """The interface that both packages have."""
    if not client.initialize:
        raise SystemExit("no flags")
    served = [client.variation_detail(key, user, None).reason for key, user in zip(KEYS, USERS)]
    if set(served) != {"rule match"}:
        raise SystemExit(f"not every user meets the conditions: {set(served)}")

    def run_all() -> None:
        variation = client.variation
        for key, user in zip(KEYS, USERS):
            variation(key, user, False)

    def run_details() -> None:
        variation_detail = client.variation_detail
        for key, user in zip(KEYS, USERS):
            variation_detail(key, user, False)

    figures = {"variation": best(client, run_all), "variation_detail": best(client, run_details)}
    client.stop()
    return figures


def main() -> None:
    """Measures one package."""
    subject, text = sys.argv[1:]
    where = json.loads(text)
    logging.getLogger().setLevel(logging.ERROR)
    package = "burgee.featbit" if subject == "burgee" else "fbclient"
    client_type = import_module(f"{package}.client").FBClient
    config_type = import_module(f"{package}.config").Config
    logging.getLogger("fbclient.utils").setLevel(logging.ERROR)  # only now: the package makes loggers of its own
    streaming = where["url"].replace("http", "ws", 1)
    print(json.dumps(measure(client_type(config_type(where["secret"], where["url"], streaming)))))


if __name__ == "__main__":
    main()
