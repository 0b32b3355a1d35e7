"""Times the first decision in a fresh process: python_open.py FLAG_FILE. Prints milliseconds as JSON."""

from __future__ import annotations

import json
import sys
from time import perf_counter

file = sys.argv[1]

start = perf_counter()
import burgee

imported = perf_counter()
client = burgee.open("file", file=file)
opened = perf_counter()
decision = client.boolean("flag-7", False, {"targetingKey": "user-1", "plan": "pro", "age": "42", "country": "fr"})
decided = perf_counter()
client.close()
if decision is not True:
    raise SystemExit("flag-7 is not on")
print(
    json.dumps(
        {
            "import_ms": (imported - start) * 1e3,
            "decision_ms": (decided - imported) * 1e3,
            "first_call_ms": (decided - opened) * 1e3,
        }
    )
)
