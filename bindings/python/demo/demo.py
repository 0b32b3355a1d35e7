"""Evaluates a few flags from Python: with Flipt's names, and with Burgee's own.

Usage: demo.py FILE, or demo.py URL of a Flipt server.
"""

from __future__ import annotations

import sys

import burgee
from burgee.flipt import FliptClient
from burgee.flipt.models import ClientOptions, EvaluationRequest


def main(where: str) -> None:
    """Print what the flags say."""
    place = {"url": where} if "://" in where else {"file": where}

    with FliptClient(opts=ClientOptions(**place)) as flipt:
        variant = flipt.evaluate_variant(flag_key="flag1", entity_id="entity", context={"fizz": "buzz"})
        print("  variant ", variant.variant_key, variant.reason, variant.segment_keys)
        boolean = flipt.evaluate_boolean(flag_key="flag_boolean", entity_id="entity", context={"fizz": "buzz"})
        print("  boolean ", boolean.enabled, boolean.reason)
        batch = flipt.evaluate_batch(
            [
                EvaluationRequest(flag_key="flag1", entity_id="entity", context={}),
                EvaluationRequest(flag_key="no-such-flag", entity_id="entity", context={}),
            ]
        )
        print("  batch   ", [response.type for response in batch.responses])

    with burgee.open(backend="flipt", **place) as client:
        context = {"targetingKey": "entity", "fizz": "buzz"}
        print("  unified ", client.string("flag1", "fallback", context), client.boolean("flag_boolean", False, context))
        print("  explain ", str(client.explain("flag1", context)).replace("\n", "\n           ").rstrip())


if __name__ == "__main__":
    main(sys.argv[1])
