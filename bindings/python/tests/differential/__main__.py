"""Compare decisions of Burgee with those of the vendors' own SDKs, for random flags and users.

Run it with ``make differential``. It fails on the first environment with a difference that is not listed in the
specification of Burgee's backends, and leaves that environment in build/differential for a second look; of a Flagship
environment it prints what is left when nothing more can be left out, as an argument for the next run.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from . import featbit, featureflagco, flagship_programs
from .flagship_deviations import JAVASCRIPT, PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pair = tuple[str, Any, str, str]  # flag key, user, their decision, our decision

ROOT = Path(__file__).resolve().parents[4]
KEPT = ROOT / "build" / "differential"
NODE = ROOT / "bindings" / "node" / "test" / "differential.mjs"

# A default that no variation has.
DEFAULT = "the default"

# What both vendors' SDKs raise at their caller where nothing is served; Burgee answers the default with this reason.
NOTHING_SERVED = "error in evaluation"


def recorder(interface: type[Any]) -> type[Any]:
    """Make an event processor that keeps what the vendor would be told."""

    class Recorder(interface):
        told: ClassVar[list[Any]] = []

        def __init__(self, *_: Any) -> None:
            """Take whatever the SDK passes."""

        def send_event(self, event: Any) -> None:
            told = event.to_json_dict()
            for each in told.get("variations", []) + told.get("userVariations", []):
                each.pop("timestamp")
            self.told.append(told)

        def flush(self) -> None:
            """Do nothing: there is nothing to wait for."""

        def stop(self) -> None:
            """Do nothing."""

    return Recorder


def decide(client: Any, recorded: type[Any], key: str, user: dict[str, Any]) -> str:
    """Return a decision and what the vendor is told of it as text that can be compared: the types and NaN count."""
    recorded.told.clear()
    try:
        decision = client.variation_detail(key, user, DEFAULT).to_json_dict()
    except AttributeError:
        return NOTHING_SERVED
    return json.dumps([decision, recorded.told], sort_keys=True)


def same(theirs: str, ours: str) -> bool:
    if theirs == NOTHING_SERVED:
        return NOTHING_SERVED in ours and DEFAULT in ours
    return theirs == ours


def pairs_of(theirs: Any, ours: Any, recorders: tuple[Any, Any], keys: list[str], users: list[Any]) -> Iterator[Pair]:
    """Evaluate every flag for every user with both."""
    for key in keys:
        for user in users:
            yield key, user, decide(theirs, recorders[0], key, user), decide(ours, recorders[1], key, user)


def featbit_pairs(environment: featbit.Environment) -> Iterator[Pair]:
    """Decide with fb-python-sdk and with burgee.featbit."""
    from fbclient.client import FBClient as TheirClient
    from fbclient.config import Config as TheirConfig
    from fbclient.interfaces import EventProcessor as TheirProcessor

    from burgee.featbit.client import FBClient
    from burgee.featbit.config import Config
    from burgee.featbit.interfaces import EventProcessor

    where = ("secret", "http://localhost", "ws://localhost")
    message = json.dumps(environment.message)
    recorders = recorder(TheirProcessor), recorder(EventProcessor)
    with (
        TheirClient(TheirConfig(*where, offline=True, event_processor_imp=recorders[0])) as theirs,
        FBClient(Config(*where, offline=True, event_processor_imp=recorders[1])) as ours,
    ):
        assert theirs.initialize_from_external_json(message)
        assert ours.initialize_from_external_json(message)
        keys = [flag["key"] for flag in environment.message["data"]["featureFlags"]]
        yield from pairs_of(theirs, ours, recorders, keys, environment.users)


def featureflagco_pairs(environment: featureflagco.Environment) -> Iterator[Pair]:
    """Decide with ffc-server-python-sdk and with burgee.featureflagco."""
    import ffcclient.category as their_category
    import ffcclient.config as their_config
    import ffcclient.data_storage as their_storage
    from ffcclient.client import FFCClient as TheirClient
    from ffcclient.interfaces import EventProcessor as TheirProcessor

    from burgee.featureflagco import category, config, data_storage
    from burgee.featureflagco.client import FFCClient
    from burgee.featureflagco.interfaces import EventProcessor

    # Offline a storage is the only way in.
    def configured(category: Any, config: Any, data_storage: Any, processor: Any) -> Any:
        data = environment.message["data"]
        kinds = {category.FFC_FEATURE_FLAGS: data["featureFlags"], category.FFC_SEGMENTS: data["segments"]}
        storage = data_storage.InMemoryDataStorage()
        storage.init({kind: {item["id"]: item for item in items} for kind, items in kinds.items()}, 1)
        secret = featureflagco.SECRET
        return config.Config(secret, offline=True, data_storage=storage, event_processor_imp=processor)

    recorders = recorder(TheirProcessor), recorder(EventProcessor)
    with (
        TheirClient(configured(their_category, their_config, their_storage, recorders[0])) as theirs,
        FFCClient(configured(category, config, data_storage, recorders[1])) as ours,
    ):
        yield from pairs_of(theirs, ours, recorders, environment.keys, environment.users)


def compare(
    name: str, pairs: int, numbers: random.Random, make: Callable[..., Any], decisions: Callable[..., Any]
) -> int:
    """Compare at least so many pairs. Returns how many differ."""
    done = wrong = served = 0
    while done < pairs and wrong == 0:
        environment = make(numbers)
        for key, user, theirs, ours in decisions(environment):
            done += 1
            served += DEFAULT not in ours
            if same(theirs, ours):
                continue
            wrong += 1
            if wrong <= 3:
                flag = next(
                    f
                    for f in environment.message["data"]["featureFlags"]
                    if key in (f.get("key"), f.get("ff", {}).get("keyName"))
                )
                print(f"{name}: {key} for {user!r}\n  theirs: {theirs}\n  ours:   {ours}\n  flag:   {json.dumps(flag)}")
        if wrong:
            keep(name, environment)
    print(f"{name}: {done} pairs, {served} of them served a variation, {wrong} differ")
    return wrong


def keep(name: str, environment: Any) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"message": environment.message, "users": environment.users}, indent=1)
    (KEPT / f"{name}.json").write_text(text)


def compare_node(pairs: int, numbers: random.Random) -> int:
    """Compare Burgee's Node package with FeatBit's Node SDK on environments in which their lists differ nowhere."""
    folder = KEPT / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    count = -(-pairs // (featbit.FLAGS * featbit.USERS))
    for n in range(count):
        environment = featbit.Environment(numbers, plain=True)
        (folder / f"{n:03}.json").write_text(json.dumps(environment.as_dict()))
    return subprocess.run(["node", str(NODE), str(folder)], check=False).returncode


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--pairs", type=int, default=100_000, help="pairs of a flag and a user, or Flagship's visitors"
    )
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    arguments.add_argument("--flagship", nargs=2, metavar=("SDK", "CASE"), help="only a case that was printed")
    given = arguments.parse_args()
    if given.flagship:
        return flagship_programs.show(*given.flagship)
    logging.disable(logging.CRITICAL)
    print(f"seed {given.seed}")
    numbers = random.Random(given.seed)
    wrong = compare("featbit", given.pairs, numbers, featbit.Environment, featbit_pairs)
    wrong += compare("featureflagco", given.pairs, numbers, featureflagco.Environment, featureflagco_pairs)
    wrong += compare_node(given.pairs, numbers)
    wrong += flagship_programs.compare(JAVASCRIPT, given.pairs, numbers)
    wrong += flagship_programs.compare(PYTHON, given.pairs // 10, numbers)  # that SDK takes its time
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
