"""The table: what was measured beside what is to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

HEADER = ("what", "Burgee", "vendor", "ratio", "to reach", "reached")


@dataclass
class Row:
    """One line. reached is None where nothing is to be reached, or nothing was measured.

    It is "noisy" where the figure is worse than what is to be reached, but so is that of a loop beside it that uses no
    engine: other processes disturbed both.
    """

    what: str
    burgee: str = "not measured"
    vendor: str = ""
    ratio: str = ""
    target: str = ""
    reached: bool | Literal["noisy"] | None = None

    def cells(self) -> tuple[str, ...]:
        """As text."""
        reached = {True: "yes", False: "no", "noisy": "noisy", None: ""}[self.reached]
        return (self.what, self.burgee, self.vendor, self.ratio, self.target, reached)


class Results:
    """Reads the figures, of which any may be missing."""

    def __init__(self, results: dict[str, Any]) -> None:
        self._results = results

    def all(self, section: str, subject: str, name: str) -> list[float]:
        """One figure of every round."""
        found = self._results.get(section, {}).get(subject, {}).get(name, [])
        return [float(figure) for figure in found]

    def best(self, section: str, subject: str, name: str) -> float | None:
        """The lowest: what it takes when nothing disturbs."""
        return min(self.all(section, subject, name), default=None)

    def middle(self, section: str, subject: str, name: str) -> float | None:
        """The median."""
        figures = self.all(section, subject, name)
        return median(figures) if figures else None

    def delays(self, subject: str, kind: str) -> dict[str, Any]:
        """The longest evaluations in the run in which the plain loop was disturbed least; empty if there is none."""
        runs = self._results.get("c_delays", {}).get(f"{subject} {kind}", [])
        return dict(min(runs, key=lambda run: float(run["plain"]["longest_us"]), default={}))


def _compare(
    what: str,
    unit: str,
    burgee: float | None,
    vendor: float | None = None,
    *,
    limit: float | None = None,
    times: float | None = None,
) -> Row:
    """A row about a figure of which less is better: at most limit, and times better than the other one."""
    targets = [f"≤ {limit:,g} {unit}"] if limit is not None else []
    targets += [f"≥ {times:g}×"] if times is not None else []
    row = Row(what, target=", ".join(targets))
    if vendor is not None:
        row.vendor = f"{_number(vendor)} {unit}"
    if burgee is None:
        return row
    row.burgee = f"{_number(burgee)} {unit}"
    if vendor is not None:
        row.ratio = f"{vendor / burgee:.1f}×"
    checks = [burgee <= limit] if limit is not None else []
    if times is not None and vendor is not None:
        checks.append(vendor >= times * burgee)
    row.reached = all(checks) if checks else None
    return row


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


# Benchmarks in Go that have a target: what they measure, and the most nanoseconds.
GO_TARGETS = {
    "backend/flipt BenchmarkResolveNoAlloc": ("evaluation, 1 rule, 3 constraints", 150),
    "backend/flagship BenchmarkDecide50NoAlloc": (
        "Flagship's decision for a visitor, 50 campaigns, 4 targetings",
        15_000,
    ),
}


def _go_rows(results: dict[str, Any]) -> list[Row]:
    rows = []
    for name, figures in results.get("go", {}).items():
        folder, _, benchmark = name.partition(" ")
        other = f"{folder.removeprefix('backend/')}, {benchmark.removeprefix('Benchmark').removesuffix('NoAlloc')}"
        what, limit = GO_TARGETS.get(name, (other, None))
        allocs = max(figures["allocs"])
        row = _compare(f"Go: {what}", "ns", min(figures["ns"]), limit=limit)
        row.burgee += f", {allocs:.0f} allocations"
        row.target = ", ".join(filter(None, [row.target, "0 allocations"]))
        row.reached = allocs == 0 and row.reached is not False
        rows.append(row)
    return sorted(rows, key=lambda row: row.target, reverse=True)


def _threads_row(results: Results) -> Row:
    def scaling(subject: str, prefix: str = "") -> float | None:
        one = results.all("c_threads", subject, prefix + "one")
        two = results.all("c_threads", subject, prefix + "two")
        return max(two) / max(one) if one and two else None

    row = Row("C: throughput of 2 threads, of that of 1", target="≥ 1.9×")
    flipt, burgee, plain = scaling("flipt"), scaling("burgee"), scaling("burgee", "plain_")
    if flipt is not None:
        row.vendor = f"{flipt:.2f}×"
    if burgee is not None and plain is not None:
        row.burgee = f"{burgee:.2f}× (a loop that shares nothing: {plain:.2f}×)"
        row.reached = True if burgee >= 1.9 else "noisy" if plain < 1.9 else False
    return row


def _memory_row(results: Results) -> Row:
    def growth(subject: str) -> float | None:
        full = results.middle("c_open", subject, "resident_kb")
        empty = results.middle("c_empty", subject, "resident_kb")
        return None if full is None or empty is None else (full - empty) * 1024 / 1e6

    return _compare(
        "10,000 flags: resident memory, beyond that without flags", "MB", growth("burgee"), growth("flipt"), limit=12
    )


def _delay_rows(results: Results) -> list[Row]:
    rows = []
    for kind, what in (("quiet", "nothing replaced"), ("replaced", "replaced 5 times a second")):
        row = Row(f"10,000 flags, {what}: longest evaluation")
        tail = Row(f"10,000 flags, {what}: 99.99 % of the evaluations are shorter than")
        for subject in ("burgee", "flipt"):
            found = results.delays(subject, kind)
            if not found:
                continue
            longest, plain = found["evaluation"], found["plain"]
            column = "burgee" if subject == "burgee" else "vendor"
            setattr(
                row, column, f"{longest['longest_us']:,.0f} µs (plain loop beside it: {plain['longest_us']:,.0f} µs)"
            )
            setattr(tail, column, f"{longest['p9999_us']:,.1f} µs")
            if subject == "burgee" and kind == "replaced":
                row.target = "≤ 1,000 µs"
                noisy = plain["longest_us"] > 1000
                row.reached = True if longest["longest_us"] <= 1000 else "noisy" if noisy else False
        rows += [row, tail]
    return rows


def _featbit_rows(r: Results) -> list[Row]:
    def pair(section: str, language: str, peer: str, name: str) -> tuple[float | None, float | None]:
        return r.best(section, f"{language} burgee", name), r.best(section, f"{language} {peer}", name)

    found = []
    for language, peer, times in (("python", "fb-python-sdk", 15), ("node", "@featbit/node-server-sdk", 4)):
        title = f"FeatBit in {language.title()}: "
        names = ("`variation`", "`variation_detail`") if language == "python" else ("`boolVariation`", "its detail")
        speed = [pair("featbit_speed", language, peer, name) for name in ("variation", "variation_detail")]
        pushed = [pair("featbit_pushed", language, peer, name) for name in ("mean_ms", "p99_ms")]
        found += [
            _compare(f"{title}{names[0]}, event queued", "ns", *speed[0], times=times),
            _compare(f"{title}{names[1]}, event queued", "ns", *speed[1]),
            _compare(f"{title}from a change on the server to a listener, average", "ms", *pushed[0], limit=10),
            _compare(f"{title}the same, 99 %", "ms", *pushed[1], limit=50),
        ]
    sent = r.all("featbit_events", "burgee", "per_second")
    row = Row("FeatBit in Python: events through a spool to the server, each second", target="≥ 50,000")
    if sent:
        row.burgee, row.reached = f"{max(sent):,.0f}", max(sent) >= 50_000
    return [*found, row]


def _flagship_rows(r: Results) -> list[Row]:
    found = []
    for language, peer, times, names in (
        ("python", "flagship", 20, ("`fetch_flags()`", "`value()`")),
        ("node", "@flagship.io/js-sdk", 5, ("`fetchFlags()`", "`getValue()`")),
    ):
        title = f"Flagship in {language.title()}: "
        pairs = {
            name: tuple(r.best("flagship_speed", f"{language} {who}", name) for who in ("burgee", peer))
            for name in ("fetch_flags", "new_and_fetch", "value")
        }
        found += [
            _compare(f"{title}{names[0]}, 50 campaigns, 4 targetings", "ns", *pairs["fetch_flags"], times=times),
            _compare(f"{title}a new visitor, and {names[0]}", "ns", *pairs["new_and_fetch"]),
            _compare(f"{title}{names[1]}, exposure queued", "ns", *pairs["value"], limit=1000),
            _visitors_row(r, language, title),
        ]
    for name in ("hits", "exposures"):
        row = Row(f"Flagship in Python: {name} through a spool to the server, each second")
        if sent := r.all("flagship_hits", "burgee", name):
            row.burgee = f"{max(sent):,.0f}"
        found.append(row)
    return found


def _visitors_row(r: Results, language: str, title: str) -> Row:
    row = Row(f"{title}memory that 1,000,000 visitors leave behind")
    grown, resident = (r.middle("flagship_visitors", language, name) for name in ("grown_kb", "resident_kb"))
    if grown is not None and resident is not None:
        row.burgee = f"{grown * 1024 / 1e6:.1f} MB of {resident * 1024 / 1e6:.0f} MB"
    return row


def rows(raw: dict[str, Any]) -> list[Row]:
    """Every line of the table."""
    r = Results(raw)

    def python(name: str) -> tuple[float | None, float | None]:
        return r.best("python_speed", "burgee", name), r.best("python_speed", "flipt-client", name)

    def node(name: str) -> tuple[float | None, float | None]:
        return r.best("node_speed", "burgee", name), r.best("node_speed", "flipt-client-js", name)

    c_speed = r.best("c_speed", "burgee", "ns"), r.best("c_speed", "flipt", "ns")
    c_open = r.best("c_open", "burgee", "ready_ms"), r.best("c_open", "flipt", "ready_ms")
    size = raw.get("library_bytes")
    return [
        *_go_rows(raw),
        _compare("C: `evaluate_variant`, JSON", "ns", *c_speed, limit=700, times=4),
        _threads_row(r),
        _compare("Python: `evaluate_variant`", "ns", *python("evaluate_variant"), times=12),
        _compare("Python: `evaluate_variant`, another context each time", "ns", *python("evaluate_variant_contexts")),
        _compare("Python: `evaluate_variant`, all fields read", "ns", *python("evaluate_variant_read")),
        _compare("Python: `evaluate_boolean`", "ns", *python("evaluate_boolean")),
        _compare("Python: `client.boolean` with a dict", "ns", python("boolean_dict")[0], limit=250),
        _compare("Python: `client.boolean` with an `EvaluationContext`", "ns", python("boolean_context")[0], limit=250),
        _compare("Node: `evaluateVariant`", "ns", *node("evaluate_variant"), times=8),
        _compare("Node: `evaluateVariant`, another context each time", "ns", *node("evaluate_variant_contexts")),
        _compare("Node: `evaluateVariant`, all fields read", "ns", *node("evaluate_variant_read")),
        _compare("Node: `evaluateBoolean`", "ns", *node("evaluate_boolean")),
        _compare("Node: `client.boolean`", "ns", node("boolean")[0]),
        _compare(
            "Node: `evaluate_variant` through koffi, main thread",
            "ns",
            r.best("node_speed", "koffi", "koffi_call"),
            limit=2000,
        ),
        _compare("10,000 flags (7.5 MB): time until ready", "ms", *c_open, limit=60),
        _memory_row(r),
        *_delay_rows(r),
        *_featbit_rows(r),
        *_flagship_rows(r),
        _compare("Python: import", "ms", r.best("first_decision", "python", "import_ms"), limit=10),
        _compare(
            "Python: open a file with 1,000 flags, until the first decision",
            "ms",
            r.best("first_decision", "python", "decision_ms"),
            limit=25,
        ),
        _compare("Node: require", "ms", r.best("first_decision", "node", "import_ms"), limit=10),
        _compare(
            "Node: open a file with 1,000 flags, until the first decision",
            "ms",
            r.best("first_decision", "node", "decision_ms"),
            limit=25,
        ),
        _compare("size of the stripped library", "MB", None if size is None else size / 1e6, limit=8),
    ]


def markdown(lines: list[Row]) -> str:
    """The table for README.md; readable in a terminal, too."""
    cells = [HEADER, *(row.cells() for row in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
