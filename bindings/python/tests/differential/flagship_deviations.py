"""What Burgee does differently from Flagship's SDKs on purpose, in words that those SDKs understand.

The environments of a comparison go to Burgee as they are, and to a vendor's SDK with every listed deviation spelled out: what
Burgee leaves out is left out, and an operator that only Burgee knows becomes an attribute that says what it should
find. So the answers must be the same to the last bit.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from typing import Any, Callable

JAVASCRIPT, PYTHON = "javascript", "python"

VERSION = re.compile(
    r"v?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "SEMVER_EQUALS": lambda a, b: bool(a == b),
    "SEMVER_NOT_EQUALS": lambda a, b: bool(a != b),
    "SEMVER_GREATER_THAN": lambda a, b: bool(a > b),
    "SEMVER_LOWER_THAN": lambda a, b: bool(a < b),
    "SEMVER_GREATER_THAN_OR_EQUALS": lambda a, b: bool(a >= b),
    "SEMVER_LOWER_THAN_OR_EQUALS": lambda a, b: bool(a <= b),
}


def version(text: Any) -> tuple[Any, ...] | None:
    """What a version is ordered by; None if it is none."""
    found = VERSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    parts = [] if found[4] is None else found[4].split(".")
    if any(part == "" or re.fullmatch("0[0-9]+", part) for part in parts):
        return None
    earlier = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return int(found[1]), int(found[2] or 0), int(found[3] or 0), found[4] is None, earlier


def meets_version(operator: str, value: Any, target: Any) -> bool:
    """Evaluate an operator on versions as the decision API does; of a list one version is enough."""
    if isinstance(target, list):
        quantifier = all if operator == "SEMVER_NOT_EQUALS" else any
        return quantifier(meets_version(operator, value, each) for each in target)
    ours, theirs = version(value), version(target)
    return ours is not None and theirs is not None and COMPARISONS[operator](ours, theirs)


class Agreement:
    """An environment file as a vendor's SDK has to read it, to decide what Burgee decides of the original."""

    def __init__(self, document: dict[str, Any], sdk: str) -> None:
        self.reasons: Counter[str] = Counter()
        self._sdk = sdk
        self._questions: list[tuple[str, dict[str, Any]]] = []
        self.document = copy.deepcopy(document)
        if "campaigns" in document:
            campaigns = [self._campaign(each) for each in self.document["campaigns"]]
            self.document["campaigns"] = [each for each in campaigns if each is not None]

    def context(self, visitor: dict[str, Any]) -> dict[str, Any]:
        """The visitor's context with the answers that the SDK cannot find."""
        context = dict(visitor["context"])
        if self._sdk == "python":
            context["fs_users"] = visitor["id"]  # JavaScript sets it by itself
        for name, rule in self._questions:
            if rule["key"] in context:
                context[name] = meets_version(rule["operator"], context[rule["key"]], rule["value"])
        return context

    def _campaign(self, campaign: dict[str, Any]) -> dict[str, Any] | None:
        groups = campaign.get("variationGroups")
        makes_sense = groups is not None and all(
            "variations" in group and all("modifications" in each for each in group["variations"]) for group in groups
        )
        if not makes_sense:
            self.reasons["a campaign that makes no sense is left out"] += 1
            return None
        kept = [group for group in groups if self._group(group)]
        return {**campaign, "variationGroups": kept}

    def _group(self, group: dict[str, Any]) -> bool:
        for variation in group["variations"]:
            share = variation.get("allocation", 0)
            if share is None or (isinstance(share, str) and not share.startswith("#")):
                self.reasons["an allocation that is no number is 0"] += 1
                variation.pop("allocation")
        if "targeting" not in group:
            if self._sdk == PYTHON:
                self.reasons["a group without a targeting is for nobody"] += 1
            return self._sdk != PYTHON
        lists = group["targeting"].get("targetingGroups", [])
        kept = [each for each in lists if "targetings" in each]
        if len(kept) < len(lists):
            self.reasons["a list without rules is for nobody"] += 1
            group["targeting"]["targetingGroups"] = kept
        for each in kept:
            each["targetings"] = [self._rule(rule) for rule in each["targetings"]]
        return True

    def _rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        if rule["operator"] not in COMPARISONS or self._sdk == PYTHON or rule["key"] == "fs_all_users":
            return rule
        self.reasons["the operators on versions are evaluated"] += 1
        name = f"question {len(self._questions)}"
        self._questions.append((name, rule))
        return {"operator": "EQUALS", "key": name, "value": True}
