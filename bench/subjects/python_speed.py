"""Times evaluations in Python: python_speed.py burgee|flipt-client URL. Prints nanoseconds by name as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flags import CONTEXT, COUNT, entity_id, flag_key

BATCHES = 60
BATCH_NS = 5_000_000

KEYS = [(flag_key(number), entity_id(number)) for number in range(COUNT)]

# For those who evaluate one flag for each of many users: nothing that is kept from one call to the next helps.
CONTEXTS = [{**CONTEXT, "device": f"phone-{number}", "version": f"1.2.{number}"} for number in range(COUNT)]


def best(run_all: Callable[[], object]) -> float:
    """Nanoseconds of one of the COUNT evaluations of run_all: the best of some batches."""
    run_all()
    figures = []
    for _ in range(BATCHES):
        count = 0
        start = now = perf_counter_ns()
        while now - start < BATCH_NS:
            run_all()
            count += COUNT
            now = perf_counter_ns()
        figures.append((now - start) / count)
    return min(figures)


def read_all(client: Any) -> Callable[[], object]:
    """Evaluates and reads every field of the response."""

    def run_all() -> None:
        evaluate = client.evaluate_variant
        for key, entity in KEYS:
            found = evaluate(key, entity, CONTEXT)
            _ = (
                found.match,
                found.segment_keys,
                found.reason,
                found.flag_key,
                found.variant_key,
                found.variant_attachment,
                found.request_duration_millis,
                found.timestamp,
            )

    return run_all


def flipt(module: Any, url: str) -> dict[str, float]:
    """The interface that both packages have."""
    figures = {}
    variants = module.FliptClient(opts=module.models.ClientOptions(url=url, namespace="variant"))
    if not all(variants.evaluate_variant(key, entity, CONTEXT).match for key, entity in KEYS):
        raise SystemExit("a flag does not match")

    def run_variants() -> None:
        evaluate = variants.evaluate_variant
        for key, entity in KEYS:
            evaluate(key, entity, CONTEXT)

    figures["evaluate_variant"] = best(run_variants)

    def run_contexts() -> None:
        evaluate = variants.evaluate_variant
        for (key, entity), context in zip(KEYS, CONTEXTS):
            evaluate(key, entity, context)

    figures["evaluate_variant_contexts"] = best(run_contexts)
    figures["evaluate_variant_read"] = best(read_all(variants))
    variants.close()
    booleans = module.FliptClient(opts=module.models.ClientOptions(url=url, namespace="boolean"))
    if not all(booleans.evaluate_boolean(key, entity, CONTEXT).enabled for key, entity in KEYS):
        raise SystemExit("a flag is not enabled")

    def run_booleans() -> None:
        evaluate = booleans.evaluate_boolean
        for key, entity in KEYS:
            evaluate(key, entity, CONTEXT)

    figures["evaluate_boolean"] = best(run_booleans)
    booleans.close()
    return figures


def unified(url: str) -> dict[str, float]:
    """The interface that only Burgee has."""
    import burgee

    with burgee.open(url=url, namespace="boolean") as client:
        boolean = client.boolean
        as_dict = {"targetingKey": entity_id(0), **CONTEXT}
        as_context = burgee.EvaluationContext(entity_id(0), CONTEXT)
        keys: Iterable[str] = [key for key, _ in KEYS]
        if not all(boolean(key, False, as_dict) and boolean(key, False, as_context) for key in keys):
            raise SystemExit("a flag is not on")

        def run_dict() -> None:
            for key in keys:
                boolean(key, False, as_dict)

        def run_context() -> None:
            for key in keys:
                boolean(key, False, as_context)

        return {"boolean_dict": best(run_dict), "boolean_context": best(run_context)}


def main() -> None:
    """Measures one package."""
    subject, url = sys.argv[1:]
    if subject == "burgee":
        import burgee.flipt
        import burgee.flipt.models

        figures = {**flipt(burgee.flipt, url), **unified(url)}
    else:
        import flipt_client
        import flipt_client.models

        figures = flipt(flipt_client, url)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
