"""Times Flagship's fetch_flags() and value() in Python: python_flagship_speed.py burgee|flagship WHERE.

WHERE is the JSON that the local server printed, with the file that it serves. Burgee fetches that file and sends hits
to the server. The vendor's SDK is given the file, and what it sends is taken at once: no time is lost in its HTTP
client. Work comes in bursts that fit into the queues of hits. Prints nanoseconds by name as JSON.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from time import perf_counter_ns, sleep
from typing import Any

BURSTS = 6
VISITORS = 400
READERS = 20  # visitors that read 50 flags each
ROUNDS = 4  # how often they do; all exposures fit into the queue
BUDGET_SECONDS = 3  # of each figure, for a package that takes milliseconds
PAUSE_SECONDS = 0.6  # longer than a hit waits for others

CONTEXT = {"country": "FR", "age": 31, "device": "phone", "premium": True, "plan": "gold"}


class Sink:
    """Has the vendor's file, and takes its hits."""

    status_code = 200
    elapsed = timedelta(0)

    def __init__(self, file: str) -> None:
        self.headers = {"Last-Modified": "now"}
        self.content = Path(file).read_bytes()

    def get(self, **_: Any) -> Sink:
        """The environment file."""
        return self

    def post(self, **_: Any) -> Sink:
        """Takes hits."""
        return self


def start(subject: str, where: dict[str, str]) -> Any:
    """Starts a package with the environment file. Returns its class Flagship."""
    package = "burgee.flagship" if subject == "burgee" else "flagship"
    sdk = import_module(package).Flagship
    config = import_module(f"{package}.config")
    level = import_module(f"{package}.log_manager").LogLevel
    tracking = import_module(f"{package}.tracking_manager").TrackingManagerConfig
    # With an interval below 0 the file is fetched once.
    options: dict[str, Any] = {"log_level": level.NONE, "polling_interval": -1}
    options["tracking_manager_config"] = tracking(max_pool_size=5000, time_interval=200)
    if subject == "burgee":
        url = where["url"]
        options |= {"cdn_url": url, "events_url": url, "decision_url": f"{url}/v2"}
    else:
        import_module("flagship.http_helper").requests = Sink(where["file"])  # type: ignore[attr-defined]
    # The vendor's SDK writes the file to a path of which this is a part; there is no such folder.
    sdk.start("burgee-local" if subject == "burgee" else "no/folder", "burgee-local-key", config.Bucketing(**options))
    return sdk


def best(prepare: Callable[[int], list[Callable[[], object]]], rounds: int = 1) -> float:
    """Nanoseconds of one of the calls that prepare returns: the best of all rounds of all bursts."""
    figures = []
    spent = 0.0
    for burst in range(BURSTS):
        calls = prepare(burst)
        gc.collect()
        for _ in range(rounds):
            start = perf_counter_ns()
            for call in calls:
                call()
            figures.append((perf_counter_ns() - start) / len(calls))
            spent += figures[-1] * len(calls) / 1e9
            if spent > BUDGET_SECONDS:
                return min(figures)
        sleep(PAUSE_SECONDS)
    return min(figures)


def measure(sdk: Any) -> dict[str, float]:
    """The interface that both packages have."""

    def visitor(name: str) -> Any:
        return sdk.new_visitor(name, context=CONTEXT)

    def fetched(name: str) -> Any:
        made = visitor(name)
        made.fetch_flags()
        return made

    def fetches(burst: int) -> list[Callable[[], object]]:
        return [visitor(f"visitor-{burst}-{number}").fetch_flags for number in range(VISITORS)]

    def creations(burst: int) -> list[Callable[[], object]]:
        names = [f"new-{burst}-{number}" for number in range(VISITORS)]
        return [lambda name=name: fetched(name) for name in names]  # type: ignore[misc]

    def values(burst: int) -> list[Callable[[], object]]:
        readers = [fetched(f"reader-{burst}-{number}") for number in range(READERS)]
        keys = [f"color-{number}" for number in range(50)]
        flags = [reader.get_flag(key, "none") for key in keys for reader in readers]
        if burst == 0 and {flag.value(False) for flag in flags} != {"red", "blue"}:
            raise SystemExit("visitors do not have the flags")
        sleep(PAUSE_SECONDS)
        return [flag.value for flag in flags]

    return {"fetch_flags": best(fetches), "new_and_fetch": best(creations), "value": best(values, ROUNDS)}


def main() -> None:
    """Measures one package."""
    subject, text = sys.argv[1:]
    sdk = start(subject, json.loads(text))
    print(json.dumps(measure(sdk)))
    sdk.stop()


if __name__ == "__main__":
    main()
