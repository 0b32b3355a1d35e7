"""Makes and forgets a million visitors of Flagship: python_flagship_visitors.py WHERE. Prints JSON."""

from __future__ import annotations

import gc
import json
import re
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

COUNT = 1_000_000
WARM_UP = 20_000

CONTEXT = {"country": "FR", "age": 31, "device": "phone", "premium": True, "plan": "gold"}


def resident_kb() -> int:
    """The memory of this process."""
    gc.collect()
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def come_and_go(sdk: Any, count: int) -> None:
    """Each visitor fetches its flags and reads one."""
    for number in range(count):
        visitor = sdk.new_visitor(f"visitor-{number}", context=CONTEXT)
        visitor.fetch_flags()
        visitor.get_flag("color-1", "none").value(False)


def main() -> None:
    """Measures Burgee."""
    from burgee.flagship import Flagship, LogLevel
    from burgee.flagship.config import Bucketing

    url = json.loads(sys.argv[1])["url"]
    options = Bucketing(log_level=LogLevel.NONE, polling_interval=-1, cdn_url=url, disable_events=True)
    Flagship.start("burgee-local", "burgee-local-key", options)
    come_and_go(Flagship, WARM_UP)
    before = resident_kb()
    start = perf_counter()
    come_and_go(Flagship, COUNT)
    each = (perf_counter() - start) / COUNT
    after = resident_kb()
    print(json.dumps({"grown_kb": after - before, "resident_kb": after, "visitor_us": each * 1e6}))
    Flagship.stop()


if __name__ == "__main__":
    main()
