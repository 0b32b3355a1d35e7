"""Starts what is measured, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
WORK = BUILD / "bench"
SUBJECTS = ROOT / "bench" / "subjects"
LOCAL_SERVER = BUILD / "burgee-local-server"
PEERS = ("flipt", "python fb-python-sdk", "node @featbit", "python flagship", "node @flagship.io")

Figures = dict[str, float]
Subject = Callable[[], Figures]


class BenchError(Exception):
    """Something cannot be measured."""


def run(*command: str | Path, environment: Mapping[str, str] | None = None, timeout: float = 120) -> str:
    """Runs a command and returns its stdout."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{words[0]} took longer than {timeout:.0f} s") from error
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words[:3])} failed: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def figures_of(*command: str | Path, environment: Mapping[str, str] | None = None, timeout: float = 120) -> Figures:
    """Runs a command and reads the last line of its stdout as a JSON object."""
    lines = run(*command, environment=environment, timeout=timeout).strip().splitlines()
    found = json.loads(lines[-1]) if lines else None
    if not isinstance(found, dict):
        raise BenchError(f"{command[0]} printed no figures")
    return found


def alternate(count: int, subjects: Mapping[str, Subject]) -> dict[str, dict[str, list[float]]]:
    """Runs all subjects in turn, count times, so that a noisy minute hits all of them.

    Returns all figures by subject and name. A peer that fails is reported on stderr and left out.
    """
    found: dict[str, dict[str, list[float]]] = {}
    failed: set[str] = set()
    for _ in range(count):
        for name, subject in subjects.items():
            if name in failed:
                continue
            try:
                figures = subject()
            except BenchError as error:
                if not name.startswith(PEERS):
                    raise
                print(f"bench: {name} is left out: {error}", file=sys.stderr)
                failed.add(name)
                found.pop(name, None)
                continue
            for key, value in figures.items():
                found.setdefault(name, {}).setdefault(key, []).append(value)
    return found


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves the documents of a folder. Yields the URL."""
    command = [sys.executable, str(ROOT / "bench" / "server.py"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
