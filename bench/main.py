"""Measures Burgee and its peers, prints the table, writes build/bench.json. bench/run installs what this needs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import featbit
import flags
import flagship
from measure import LIBRARY, Hosts, flipt_library, go
from processes import BUILD, ROOT, WORK, BenchError, run, serving
from table import Row, markdown, rows

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def machine() -> dict[str, str]:
    """What the figures depend on."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "go": run("go", "env", "GOVERSION").strip().removeprefix("go"),
        "python": platform.python_version(),
        "node": run("node", "--version").strip().removeprefix("v"),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def measure(rounds: int) -> dict[str, Any]:
    """Everything, by section."""
    results: dict[str, Any] = {"machine": machine(), "library_bytes": LIBRARY.stat().st_size}
    folder = WORK / "flags"
    flags.write_all(folder)
    if flipt_library() is None:
        print("bench: flipt-client is left out: it needs Python 3.11 on x86-64 or arm64", file=sys.stderr)
    environment = WORK / "featbit.json"
    featbit.write(environment)
    campaigns = WORK / "flagship.json"
    flagship.write(campaigns)
    with serving(folder) as url, featbit.serving(environment) as addresses, flagship.serving(campaigns) as where:
        hosts = Hosts(url, rounds)
        vendor = featbit.FeatBit(addresses, rounds, hosts.node)
        visitors = flagship.Flagship(where, rounds, hosts.node)
        sections: dict[str, Callable[[], Any]] = {
            "go": go,
            "c_speed": hosts.c_speed,
            "c_threads": hosts.c_threads,
            "python_speed": hosts.python_speed,
            "node_speed": hosts.node_speed,
            "c_empty": hosts.c_empty,
            "c_open": hosts.c_open,
            "c_delays": hosts.c_delays,
            "first_decision": lambda: hosts.first_decision(folder / "boolean.json"),
            "featbit_speed": vendor.speed,
            "featbit_pushed": vendor.pushed,
            "featbit_events": vendor.events,
            "flagship_speed": visitors.speed,
            "flagship_visitors": visitors.visitors,
            "flagship_hits": visitors.hits,
        }
        for name, section in sections.items():
            start = monotonic()
            try:
                results[name] = section()
            except BenchError as error:
                print(f"bench: {name}: {error}", file=sys.stderr)
                results.setdefault("failed", []).append(name)
            print(f"bench: {name}: {monotonic() - start:.0f} s", file=sys.stderr)
    return results


def write_readme(results: dict[str, Any], table: str) -> None:
    """Puts the table between the marks of README.md."""
    path = ROOT / "README.md"
    head, begin, rest = path.read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"README.md has no {BEGIN} ... {END}")
    about = results["machine"]
    note = (
        f"Measured with `make bench` on {about['cores']} cores of {about['processor']} ({about['system']}), "
        f"Go {about['go']}, Python {about['python']}, Node {about['node']}, beside flipt-client 1.4.3 with its native "
        "engine, @flipt-io/flipt-client-js 0.5.1, fb-python-sdk 1.1.7, @featbit/node-server-sdk 1.3.0, flagship 3.0.0 "
        "and @flagship.io/js-sdk 5.1.6."
    )
    path.write_text(f"{head}{BEGIN}\n{table}\n\n{note}\n{END}{tail}")


def allocating(lines: dict[str, Any]) -> list[str]:
    """The Go benchmarks that must not allocate, and do."""
    return [name for name, figures in lines.items() if max(figures["allocs"]) > 0]


def main() -> int:
    """Returns 1 when evaluation allocates or a section could not be measured."""
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--rounds", type=int, default=4, help="how often everything is measured (default 4)")
    parser.add_argument("--readme", action="store_true", help="also put the table into README.md")
    arguments = parser.parse_args()
    results = measure(arguments.rounds)
    lines: list[Row] = rows(results)
    table = markdown(lines)
    print(table)
    results["table"] = [
        dict(zip(("what", "burgee", "vendor", "ratio", "target", "reached"), row.cells())) for row in lines
    ]
    (BUILD / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    if arguments.readme:
        write_readme(results, table)
    for name in allocating(results.get("go", {})):
        print(f"bench: {name} allocates", file=sys.stderr)
        return 1
    return 1 if results.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main())
