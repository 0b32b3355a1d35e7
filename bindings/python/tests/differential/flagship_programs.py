"""Compares what Burgee and Flagship's SDKs decide, each in a process of its own, because each has one SDK for a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .flagship import Environment, number, text
from .flagship_deviations import JAVASCRIPT, PYTHON, Agreement
from .flagship_shrinking import shrink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random
    from types import TracebackType

HERE = Path(__file__).resolve().parent
NODE = HERE.parents[2] / "node" / "test" / "differential_flagship.mjs"
COMMANDS = {JAVASCRIPT: ["node", str(NODE)], PYTHON: [sys.executable, "-m", f"{__package__}.flagship_answers"]}
PACKAGES = {JAVASCRIPT: ("@flagship.io/js-sdk", "burgee/flagship"), PYTHON: ("flagship", "burgee.flagship")}


class Program:
    """A process that decides environments with one package."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=HERE.parent, stdin=pipe, stdout=pipe, text=True)

    def ask(self, document: Any, visitors: list[dict[str, Any]], *, full: bool) -> None:
        """Have it decide; ``answers`` waits for that."""
        assert self._process.stdin is not None
        self._process.stdin.write(text({"document": text(document), "visitors": visitors, "full": full}) + "\n")
        self._process.stdin.flush()

    def answers(self) -> list[str]:
        """What was decided for each visitor: a digest, or with full all that can be seen."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"{self._process.args!r} ended with {self._process.wait()}")
        answers: list[str] = json.loads(line)
        return answers

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Comparison:
    """Both programs of a language."""

    def __init__(self, sdk: str) -> None:
        self._sdk = sdk
        self._programs = [Program([*COMMANDS[sdk], package]) for package in PACKAGES[sdk]]
        self.reasons: Counter[str] = Counter()

    def __enter__(self) -> Comparison:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for program in self._programs:
            program.close()

    def both(self, document: Any, visitors: list[dict[str, Any]], *, full: bool = False) -> tuple[list[str], list[str]]:
        """What the vendor's SDK and Burgee decide."""
        agreement = Agreement(document, self._sdk)
        theirs, ours = self._programs
        ours.ask(document, visitors, full=full)
        theirs.ask(agreement.document, [{**each, "context": agreement.context(each)} for each in visitors], full=full)
        self.reasons += agreement.reasons
        return theirs.answers(), ours.answers()

    def smallest(self, environment: Environment, visitor: dict[str, Any]) -> dict[str, Any]:
        """A case that a person can read: an environment file, and a visitor for whom it is decided differently."""

        def differs(case: dict[str, Any]) -> bool:
            theirs, ours = self.both(case["document"], [case["visitor"]])
            return theirs != ours

        return shrink({"document": environment.document, "visitor": visitor}, differs)

    def report(self, case: dict[str, Any]) -> None:
        """Print a case as a line to paste, and from where on both differ."""
        theirs, ours = (answers[0] for answers in self.both(case["document"], [case["visitor"]], full=True))
        at = next((n for n, (a, b) in enumerate(zip(theirs, ours)) if a != b), min(len(theirs), len(ours)))
        print(f"flagship in {self._sdk}: --flagship {self._sdk} '{text(case)}'")
        print(f"  theirs: {theirs[max(0, at - 100) : at + 200]}\n  ours:   {ours[max(0, at - 100) : at + 200]}")


def compare(sdk: str, visitors: int, numbers: Random) -> int:
    """Compare the decisions for at least so many visitors. Returns for how many they differ."""
    done = wrong = environments = 0
    with Comparison(sdk) as comparison:
        while done < visitors and wrong == 0:
            environment = Environment(numbers, sdk)
            theirs, ours = comparison.both(environment.document, environment.visitors)
            differing = [each for each, a, b in zip(environment.visitors, theirs, ours) if a != b]
            environments += 1
            done += len(environment.visitors)
            wrong += len(differing)
            if differing:
                comparison.report(comparison.smallest(environment, differing[0]))
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(comparison.reasons.items()))
    print(f"flagship in {sdk}: {done} visitors of {environments} environments, {wrong} differ; told apart: {reasons}")
    return wrong


def show(sdk: str, case: str) -> int:
    """Compare one case as ``compare`` printed it. Returns whether it differs."""
    with Comparison(sdk) as comparison:
        given = json.loads(case, parse_float=number, parse_int=number)
        theirs, ours = comparison.both(given["document"], [given["visitor"]])
        comparison.report(given)
        return int(theirs != ours)
