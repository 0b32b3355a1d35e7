"""Random Flagship environments: one environment file and visitors to decide it for.

Numbers are written as "#1e3#" wherever their spelling counts; ``text`` makes JSON of it. Everything else is JSON already.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from .flagship_deviations import PYTHON
from .flagship_values import (
    ATTRIBUTES,
    FLAGS,
    NUMBERS,
    OPERATORS,
    RESERVED,
    TEXT_NUMBERS,
    VERSION_OPERATORS,
    VERSIONS,
    WIDE,
    WORDS,
)

if TYPE_CHECKING:
    from random import Random

CAMPAIGNS = 30
VISITORS = 2_500


def number(text: str) -> str:
    """A number whose spelling is kept."""
    return f"#{text}#"


def text(value: Any) -> str:
    """JSON, with numbers as they are to be spelled."""
    return re.sub(r'"#([^"#]+)#"', r"\1", json.dumps(value))


class Environment:
    """One random environment."""

    def __init__(self, random: Random, sdk: str) -> None:
        self.random = random
        self.sdk = sdk
        # Rules and contexts draw from the same few values, so that they meet.
        self.values = {name: [self._scalar() for _ in range(6)] for name in ATTRIBUTES}
        self.values["sdk_city"] = random.sample(WORDS, 6)
        self.values["wide"] = WIDE
        self.values["app"] = random.sample(VERSIONS, 8) + random.sample(TEXT_NUMBERS, 2)
        self.ids = list(dict.fromkeys(self._visitor_id() for _ in range(VISITORS)))
        self.groups: dict[str, list[str]] = {}
        make = self._single_rule if self._chance(0.3) else self._campaign
        self.document: dict[str, Any] = {"campaigns": [make(n) for n in range(CAMPAIGNS)]}
        if self._chance(0.4):
            self.document["campaigns"].insert(random.randrange(CAMPAIGNS), self._malformed())
        if self._chance(0.05):
            self.document["panic"] = random.choice([True, False])
        if self._chance(0.3):
            self.document |= {
                "generatedAt": "2026-03-02T08:30:00.000Z",
                "accountSettings": {"enabled1V1T": True},
                "x": None,
            }
        if self._chance(0.02):
            self.document.pop("campaigns")
        self.visitors = [self._visitor(each) for each in self.ids]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _scalar(self) -> Any:
        random = self.random
        return random.choice(
            [
                random.choice(WORDS),
                random.choice(TEXT_NUMBERS),
                number(random.choice(NUMBERS)),
                random.choice([True, False]),
            ]
        )

    def _visitor_id(self) -> str:
        random = self.random
        n = random.randrange(10**6)
        shapes = [
            f"user-{n}",
            str(uuid.UUID(int=random.getrandbits(128))),
            str(n),
            f"ada.{n}@example.org",
            f"é{n}",
            f"日本{n}ÿ",
            f"{n}😀",
            f"\u0301{n}\ue000",
            random.choice(WORDS[1:]),
            f" {n} ",
            f'"{n}\\\n\t',
            "x" * random.randrange(1, 400),
        ]
        return random.choice(shapes[:4]) if self._chance(0.4) else random.choice(shapes)

    def _visitor(self, visitor_id: str) -> dict[str, Any]:
        random = self.random
        context = {name: random.choice(self.values[name]) for name in ATTRIBUTES if name and self._chance(0.7)}
        if self._chance(0.05):
            context[random.choice(["fs_client", "fs_version", "fs_unknown", "other"])] = self._scalar()
        visitor: dict[str, Any] = {"id": visitor_id, "context": context}
        if self.groups and self._chance(0.25):
            known = random.sample(sorted(self.groups), min(len(self.groups), random.randrange(1, 8)))
            visitor["history"] = {group: random.choice([*self.groups[group], "v-gone"]) for group in known}
        return visitor

    def _target(self, name: str) -> Any:
        random = self.random
        pool = self.values.get(name) or [*random.sample(self.ids, 3), random.choice(WORDS)]

        def one() -> Any:
            return random.choice(pool) if self._chance(0.7) else self._scalar()

        if self._chance(0.3):
            return [one() for _ in range(random.choice([0, 1, 2, 3, 3, 12]))]
        return one()

    def _rule(self) -> dict[str, Any]:
        random = self.random
        if self._chance(0.12):
            key = random.choice(RESERVED)
            operators = ["EQUALS", random.choice(random.choice(OPERATORS))]
            rule = {"operator": random.choice(operators), "key": key, "value": self._target(key)}
        else:
            key = random.choice([*ATTRIBUTES, "app", "missing"])
            operator = random.choice(random.choice(OPERATORS[:3] * 2 + OPERATORS[3:]))
            if key == "app" and self._chance(0.7):
                operator = random.choice(VERSION_OPERATORS)
            elif self._chance(0.03):
                operator = random.choice(["equals", "", "IN", "SEMVER", *VERSION_OPERATORS])
            rule = {"operator": operator, "key": key, "value": self._target(key)}
        if self._chance(0.02):
            rule["unknown"] = 1
        return rule

    def _targeting(self) -> dict[str, Any]:
        random = self.random
        lists = random.choice([0, 1, 1, 1, 1, 2, 2, 3])
        counts = [random.choice([0, 1, 1, 1, 1, 2, 2, 3]) for _ in range(lists)]
        if self._chance(0.25):
            everybody = {"operator": "EQUALS", "key": "fs_all_users", "value": random.choice(["", True, []])}
            return {"targetingGroups": [{"targetings": [everybody]}]}
        return {"targetingGroups": [{"targetings": [self._rule() for _ in range(count)]} for count in counts]}

    def _shares(self, count: int) -> list[Any]:
        random = self.random
        kind = random.randrange(6)
        if kind == 0:
            return [
                random.choice([100, 100, number("1e2"), number("100.0"), 99]),
                *[random.choice([0, None, 50])] * count,
            ][:count]
        if kind == 1:
            return [number(f"{100 / count:.2f}")] * count
        if kind == 2:
            return [random.choice([0, 0, 10, 30, 100]) for _ in range(count)]
        if kind == 3:
            return [
                number(random.choice(["0.5", "33.3", "12.000001", "49.999999", "0.0", "5e1"])) for _ in range(count)
            ]
        if kind == 4:
            return [random.choice([-20, 40, 60, None]) for _ in range(count)]
        return [random.randrange(101) for _ in range(count)]

    def _value(self) -> Any:
        random = self.random
        values = [
            self._scalar(),
            self._scalar(),
            None,
            [],
            {},
            [self._scalar(), None, {"b": number("1.0"), "a": [self._scalar()]}],
            {"z": self._scalar(), "a": None, "é": {"k": self._scalar()}},
        ]
        return random.choice(values)

    def _variation(self, variation_id: str, share: Any) -> dict[str, Any]:
        random = self.random
        keys = random.sample(FLAGS, random.choice([0, 1, 1, 2, 3, 4]))
        kind = random.choice(["FLAG", "JSON", "TEXT", "HTML", "NEW"])
        variation = {
            "id": variation_id,
            "name": random.choice(["On", "", "é", None]),
            "reference": self._chance(0.4),
            "modifications": {"type": kind, "value": {key: self._value() for key in keys}},
        }
        if share is not None:
            variation["allocation"] = share
        for name in ("name", "reference"):
            if self._chance(0.1):
                variation.pop(name)
        if self.sdk != PYTHON and self._chance(0.02):
            variation["modifications"] = random.choice(
                [{"value": {"on": 1}}, {"type": "FLAG", "value": None}, {"type": "FLAG"}]
            )
        return variation

    def _group(self, group_id: str) -> dict[str, Any]:
        ids = [f"{group_id}v{n}" for n in range(self.random.choice([0, 1, 1, 2, 2, 3, 4]))]
        self.groups[group_id] = ids
        group = {
            "id": group_id,
            "name": self.random.choice(["Everybody", "", "日本", None]),
            "targeting": self._targeting(),
            "variations": [
                self._variation(each, share) for each, share in zip(ids, self._shares(len(ids) or 1), strict=False)
            ],
        }
        if self._chance(0.1):
            group.pop("name")
        return group

    def _campaign(self, n: int) -> dict[str, Any]:
        random = self.random
        groups = [
            f"{random.choice(['cq0v1f2g3h4i5j6', 'g', 'é', '日', '😀'])}{n}-{m}"
            for m in range(random.choice([0, 1, 1, 2, 3]))
        ]
        campaign = {
            "id": f"campaign-{random.choice([n, n, n, n, 0])}",
            "name": random.choice([f"Campaign {n}", "", "é日本😀", None]),
            "type": random.choice(["ab", "toggle", "perso", "deployment", "custom", ""]),
            "slug": random.choice([f"slug-{n}", "", "é", None]),
            "variationGroups": [self._group(each) for each in groups],
        }
        for name in ("name", "slug"):
            if self._chance(0.1):
                campaign.pop(name)
        if self._chance(0.1):
            campaign["type"] = "é"
        if self._chance(0.1):
            campaign["bucketRanges"] = [{"r": [0, random.choice([0, 50, 100])]}]
        return campaign

    def _single_rule(self, n: int) -> dict[str, Any]:
        """Make a campaign whose flag says what one rule says."""
        targeting = {"targetingGroups": [{"targetings": [self._rule()]}]}
        modifications = {"type": "FLAG", "value": {f"flag-{n}": True}}
        variation = {"id": f"v{n}", "allocation": 100, "modifications": modifications}
        return {
            "id": f"c{n}",
            "type": "ab",
            "variationGroups": [{"id": f"g{n}", "targeting": targeting, "variations": [variation]}],
        }

    def _malformed(self) -> dict[str, Any]:
        """Make a campaign that makes no sense in one of the ways that ``Agreement`` knows."""
        campaign = self._campaign(CAMPAIGNS)
        everybody = {"targetingGroups": [{"targetings": [{"operator": "EQUALS", "key": "fs_all_users", "value": ""}]}]}
        good = self._variation("v", 100)
        broken = [
            {"variationGroups": None},
            {"variationGroups": [{"id": "g", "targeting": everybody}]},
            {"variationGroups": [{"id": "g", "targeting": everybody, "variations": [{"id": "v", "allocation": 100}]}]},
            {"variationGroups": [{"id": "g", "targeting": {"targetingGroups": [{}]}, "variations": [good]}]},
            {"variationGroups": [{"id": "g", "targeting": everybody, "variations": [{**good, "allocation": "100"}]}]},
            {"variationGroups": [{"id": "g", "targeting": everybody, "variations": [{**good, "allocation": None}]}]},
            {"variationGroups": [{"id": "g", "variations": [good]}]},
        ]
        return campaign | self.random.choice(broken)
