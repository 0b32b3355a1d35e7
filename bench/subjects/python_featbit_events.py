"""Times the delivery of events through a spool: python_featbit_events.py WHERE. Prints events per second as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flags import COUNT, flag_key

SECONDS = 4
ROOM = 100_000


def main() -> None:
    """Evaluates as fast as events leave, so that none is dropped."""
    import burgee

    where = json.loads(sys.argv[1])
    keys = [flag_key(number) for number in range(COUNT)]
    with tempfile.TemporaryDirectory() as spool:
        client = burgee.open(
            "featbit",
            env_secret=where["secret"],
            event_url=where["url"],
            streaming_url=where["url"],
            spool_path=spool,
            events_max_in_queue=ROOM,
        )
        context = burgee.EvaluationContext("user-1", {"name": "Ada", "plan": "pro", "age": "42", "country": "fr"})
        start = perf_counter()
        made = 0
        while perf_counter() - start < SECONDS:
            for key in keys:
                client.boolean(key, False, context)
            made += COUNT
            while client.call("status")["events"]["pending"] > ROOM // 2:
                sleep(0.001)
        client.flush(60)
        seconds = perf_counter() - start
        events = client.call("status")["events"]
        client.close()
    if events["sent"] != made:
        raise SystemExit(f"{made} events made, {events}")
    print(json.dumps({"per_second": made / seconds}))


if __name__ == "__main__":
    main()
