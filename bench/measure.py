"""What is measured, and how."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flags import CONTEXT, COUNT, MANY
from processes import BUILD, ROOT, SUBJECTS, WORK, BenchError, Figures, Subject, alternate, figures_of, run

LIBRARY = BUILD / "libburgee.so"
NODE_MODULES = BUILD / "bench-node" / "node_modules"
FLIPT_PLATFORMS = {"x86_64": "linux_x86_64", "aarch64": "linux_aarch64"}
DELAY_SECONDS = 2
DELAY_RUNS = 3
BENCHMARK = re.compile(
    r"^pkg: \S+?/burgee/(?:engine/)?(\S+)|^(Benchmark\w+)\S*\s+\d+\s+([\d.]+) ns/op\s+(\d+) B/op\s+(\d+) allocs/op",
    re.MULTILINE,
)


def flipt_library() -> Path | None:
    """Flipt's native engine, which comes with its Python package; None where there is no such package."""
    package = find_spec("flipt_client")
    platform = FLIPT_PLATFORMS.get(os.uname().machine)
    if package is None or package.origin is None or platform is None:
        return None
    library = Path(package.origin).parent.parent / "ext" / platform / "libfliptengine.so"
    return library if library.is_file() else None


def go() -> dict[str, dict[str, list[float]]]:
    """Runs the benchmarks that must not allocate. Returns ns, bytes and allocs by "<folder> <name>"."""
    tests = [path for top in ("engine", "ffi") for path in (ROOT / top).rglob("*_test.go")]
    folders = {f"./{path.parent.relative_to(ROOT)}" for path in tests if "NoAlloc(b *testing.B)" in path.read_text()}
    if not folders:
        raise BenchError("there is no Go benchmark whose name ends with NoAlloc")
    flags = ["-run", "^$", "-bench", "NoAlloc$", "-benchmem", "-benchtime", "20ms", "-count", "20"]
    found: dict[str, dict[str, list[float]]] = {}
    package = ""
    for folder, name, ns, size, allocs in BENCHMARK.findall(run("go", "test", *flags, *sorted(folders), timeout=300)):
        package = folder or package
        if not name:
            continue
        figures = found.setdefault(f"{package} {name}", {"ns": [], "bytes": [], "allocs": []})
        figures["ns"].append(float(ns))
        figures["bytes"].append(float(size))
        figures["allocs"].append(float(allocs))
    if not found:
        raise BenchError("go test printed no benchmark")
    return found


class Hosts:
    """Measures engines through C, Python and Node, with flags from one server."""

    def __init__(self, url: str, rounds: int) -> None:
        self._url = url
        self._rounds = rounds
        flipt = flipt_library()
        self._libraries = {"burgee": LIBRARY} | ({"flipt": flipt} if flipt else {})
        self.node = {**os.environ, "NODE_PATH": str(NODE_MODULES)}

    def _options(self, namespace: str, **more: str) -> str:
        return json.dumps({"url": self._url, "namespace": namespace, **more})

    def _abi(self, mode: str, library: Path, options: str, count: int, *more: str) -> Figures:
        return figures_of(WORK / "abi", mode, library, options, json.dumps(CONTEXT), str(count), *more)

    def _both(self, rounds: int, mode: str, namespace: str, count: int) -> dict[str, dict[str, list[float]]]:
        subjects: dict[str, Subject] = {
            name: partial(self._abi, mode, library, self._options(namespace), count)
            for name, library in self._libraries.items()
        }
        return alternate(rounds, subjects)

    def c_speed(self) -> dict[str, dict[str, list[float]]]:
        """One thread."""
        return self._both(self._rounds, "speed", "variant", COUNT)

    def c_threads(self) -> dict[str, dict[str, list[float]]]:
        """One thread and two."""
        return self._both(self._rounds, "threads", "variant", COUNT)

    def c_open(self) -> dict[str, dict[str, list[float]]]:
        """Opening 10,000 flags."""
        return self._both(self._rounds, "open", "many", 1)

    def c_empty(self) -> dict[str, dict[str, list[float]]]:
        """Opening no flags, for comparison."""
        return self._both(2, "open", "empty", 0)

    def c_delays(self) -> dict[str, list[Any]]:
        """The longest evaluations, with and without replacement of the flags: all runs, by subject and kind."""
        found: dict[str, list[Any]] = {}
        for _ in range(DELAY_RUNS):
            for name, library in self._libraries.items():
                for kind, namespace in (("quiet", "many"), ("replaced", "replaced")):
                    options = self._options(namespace, fetch_mode="streaming")
                    figures = self._abi("delays", library, options, MANY, str(DELAY_SECONDS))
                    found.setdefault(f"{name} {kind}", []).append(figures)
        return found

    def python_speed(self) -> dict[str, dict[str, list[float]]]:
        """Both packages."""
        subjects: dict[str, Subject] = {"burgee": partial(self._python_speed, "burgee")}
        if "flipt" in self._libraries:
            subjects["flipt-client"] = partial(self._python_speed, "flipt-client")
        return alternate(self._rounds, subjects)

    def _python_speed(self, subject: str) -> Figures:
        return figures_of(sys.executable, SUBJECTS / "python_speed.py", subject, self._url)

    def node_speed(self) -> dict[str, dict[str, list[float]]]:
        """Both packages, and a caller with stacks of its own."""
        return alternate(
            self._rounds,
            {name: partial(self._node_speed, name) for name in ("burgee", "flipt-client-js", "koffi")},
        )

    def _node_speed(self, subject: str) -> Figures:
        return figures_of("node", SUBJECTS / "node_speed.cjs", subject, self._url, LIBRARY, environment=self.node)

    def first_decision(self, flag_file: Path) -> dict[str, dict[str, list[float]]]:
        """Import, open of a file, first decision, each in a fresh process."""
        return alternate(
            self._rounds + 2,
            {
                "python": partial(figures_of, sys.executable, SUBJECTS / "python_open.py", flag_file),
                "node": partial(figures_of, "node", SUBJECTS / "node_open.cjs", flag_file, environment=self.node),
            },
        )
