"""Times FeatBit's variation() in Python, events queued: python_featbit_speed.py burgee|fb-python-sdk WHERE.

WHERE is the JSON that the local server printed, with the secret. Prints nanoseconds by name as JSON.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flags import COUNT, flag_key

sys.path.insert(0, str(Path(__file__).resolve().parent))

from python_speed import best

KEYS = [flag_key(number) for number in range(COUNT)]
USERS = [
    {"key": f"user-{number}", "name": "Ada", "plan": "pro", "age": 42, "country": "fr", "device": f"phone-{number}"}
    for number in range(COUNT)
]


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

    figures = {"variation": best(run_all), "variation_detail": best(run_details)}
    client.stop()
    return figures


def main() -> None:
    """Measures one package."""
    subject, text = sys.argv[1:]
    where = json.loads(text)
    logging.getLogger().setLevel(logging.ERROR)
    if subject == "burgee":
        from burgee.featbit.client import FBClient
        from burgee.featbit.config import Config
    else:
        from fbclient.client import FBClient
        from fbclient.config import Config

        logging.getLogger("fbclient.utils").setLevel(logging.ERROR)
    streaming = where["url"].replace("http", "ws", 1)
    print(json.dumps(measure(FBClient(Config(where["secret"], where["url"], streaming)))))


if __name__ == "__main__":
    main()
