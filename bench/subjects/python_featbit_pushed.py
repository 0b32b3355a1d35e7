"""Times a change from the local server to a listener in Python: python_featbit_pushed.py burgee|fb-python-sdk WHERE.

The time begins when the server is told to change the flag. Prints milliseconds by name as JSON.
"""

from __future__ import annotations

import http.client
import json
import logging
import sys
import threading
from importlib import import_module
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flags import flag_key

CHANGES = 300


def main() -> None:
    """Measures one package."""
    subject, text = sys.argv[1:]
    where = json.loads(text)
    logging.getLogger().setLevel(logging.ERROR)
    package = "burgee.featbit" if subject == "burgee" else "fbclient"
    client_type = import_module(f"{package}.client").FBClient
    config_type = import_module(f"{package}.config").Config
    logging.getLogger("fbclient.utils").setLevel(logging.ERROR)  # only now: the package makes loggers of its own
    client = client_type(config_type(where["secret"], where["url"], where["url"].replace("http", "ws", 1)))
    heard = threading.Semaphore(0)
    arrived = [0.0]

    def listen(_key: str, _value: object) -> None:
        arrived[0] = perf_counter()
        heard.release()

    key = flag_key(7)
    client.flag_tracker.add_flag_value_maybe_changed_listener(key, {"key": "u", "name": "u"}, listen)
    control = http.client.HTTPConnection(urlsplit(where["control"]).netloc)
    delays = []
    for number in range(CHANGES):
        body = json.dumps({"name": f"Flag {number}"})
        start = perf_counter()
        control.request("PATCH", f"/flag?key={key}", body)
        if not heard.acquire(timeout=10):
            raise SystemExit("the listener was not called")
        control.getresponse().read()
        delays.append((arrived[0] - start) * 1000)
    client.stop()
    delays.sort()
    mean = sum(delays) / len(delays)
    print(json.dumps({"mean_ms": mean, "p99_ms": delays[int(len(delays) * 0.99)]}))


if __name__ == "__main__":
    main()
