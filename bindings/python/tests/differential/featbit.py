"""Random FeatBit environments: one data-sync message and users to evaluate its flags for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

FLAGS = 40
SEGMENTS = 8
USERS = 150

START = datetime(2024, 3, 5, tzinfo=timezone.utc)
WORDS = [
    "",
    "a",
    "A",
    "fr",
    "FR",
    "pro",
    "free",
    "1",
    "18",
    "1.0",
    "café",
    "éa",
    "x y",
    "true",
    "True",
    "FALSE",
    "null",
]
NUMBERS = [
    "0",
    "1",
    "18",
    "18.0",
    "18.000001",
    "18.00002",
    "-3",
    "1e3",
    ".5",
    "1_000",
    "inf",
    "nan",
    " 7 ",
    "12abc",
    "0x10",
]
PATTERNS = ["^a", "a$", "(?i)fr", r"\d+", r"\bpro\b", "[", "(?=f)f", "(.)\\1", "^$", "é"]
ATTRIBUTES = ["plan", "age", "country", "score", "tag"]
BUILT_IN = ["keyId", "keyid", "KEY", "name", "Name", "key"]
TEXT_OPERATORS = ["Equal", "NotEqual", "Contains", "NotContain", "StartsWith", "EndsWith"]
LIST_OPERATORS = ["IsOneOf", "NotOneOf"]
BOOLEAN_OPERATORS = ["IsTrue", "IsFalse"]
NUMBER_OPERATORS = ["BiggerThan", "BiggerEqualThan", "LessThan", "LessEqualThan", "OtherThan"]
PATTERN_OPERATORS = ["MatchRegex", "NotMatchRegex"]
TYPES = {
    "string": WORDS,
    "boolean": ["true", "false", "True", "1", "yes"],
    "number": ["0", "1", "2.5", "10.0", "1e3", "-0.0", "abc", "9007199254740993", "nan"],
    "json": ['{"a":1}', "[1, 2.0]", '"x"', "5", "{", '{"a":1,"a":2}', "true"],
    "String": WORDS,
}


class Environment:
    """One random environment. ``plain`` leaves out everything in which FeatBit's Node SDK is known to differ."""

    def __init__(self, random: Random, *, plain: bool = False) -> None:
        self.random = random
        self.plain = plain
        self.clock = START
        # A segment tests only earlier ones: the time that the vendor's SDK takes for circles grows beyond all bounds.
        self.segment_ids: list[str] = []
        segments = [self._segment(f"seg-{n}") for n in range(SEGMENTS)]
        flags = [self._flag(f"flag-{n}") for n in range(FLAGS)]
        self.message = {
            "messageType": "data-sync",
            "data": {"eventType": "full", "featureFlags": flags, "segments": segments},
        }
        self.users = [self._user(n) for n in range(USERS)]

    def as_dict(self) -> dict[str, Any]:
        return {"message": self.message, "users": self.users}

    def _now(self) -> str:
        self.clock += timedelta(milliseconds=self.random.randint(1, 5000))
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _user_key(self) -> str:
        return f"user-{self.random.randrange(USERS * 2)}"

    def _user(self, n: int) -> dict[str, Any]:
        random = self.random
        user: dict[str, Any] = {"key": f"user-{n}", "name": random.choice(["Ada", "Grace", "a", "é"])}
        if not self.plain and self._chance(0.03):
            user["key"] = random.choice(["", "  ", None, 7])
        if not self.plain and self._chance(0.03):
            user.pop("name")
        for attribute in ATTRIBUTES:
            if self.plain:
                user[attribute] = str(random.randrange(40)) if attribute == "age" else random.choice(WORDS[1:])
            elif self._chance(0.75):
                user[attribute] = random.choice(
                    [*WORDS, *NUMBERS, True, False, 0, 18, 18.0, 2.5, 1e20, 1e-7, -3, None, ["a"]]
                )
        return user

    def _segment(self, segment_id: str) -> dict[str, Any]:
        segment = {
            "id": segment_id,
            "name": segment_id.upper(),
            "included": [self._user_key() for _ in range(self.random.randrange(8))],
            "excluded": [self._user_key() for _ in range(self.random.randrange(8))],
            "rules": [self._rule(nested=not self.plain, served=False) for _ in range(self.random.randrange(3))],
            "isArchived": not self.plain and self._chance(0.1),
            "updatedAt": self._now(),
        }
        self.segment_ids.append(segment_id)
        return segment

    def _condition(self, *, nested: bool) -> dict[str, Any]:
        random = self.random
        if nested and self._chance(0.25):
            known = [*self.segment_ids, "seg-unknown"]
            ids = random.sample(known, random.randrange(1, min(4, len(known) + 1)))
            value = json.dumps(ids)
            if not self.plain and self._chance(0.05):
                value = random.choice(["[", "null", "[]", '"seg-1"'])
            wanted = random.choice(["User is in segment", "User is not in segment"])
            return {"property": wanted, "op": None, "value": value}
        attribute = random.choice(ATTRIBUTES if self.plain else [*ATTRIBUTES, *ATTRIBUTES, *BUILT_IN, "unknown"])
        kinds = [TEXT_OPERATORS, LIST_OPERATORS, BOOLEAN_OPERATORS]
        kinds += [] if self.plain else [NUMBER_OPERATORS, PATTERN_OPERATORS, ["equal", ""]]
        operator = random.choice(random.choice(kinds))
        if self.plain and attribute == "age":
            operator = random.choice(NUMBER_OPERATORS[:4])
        return {"property": attribute, "op": operator, "value": self._operand(operator, attribute)}

    def _operand(self, operator: str, attribute: str) -> Any:
        random = self.random
        if self.plain and attribute == "age":
            return str(random.randrange(40))
        if not self.plain and self._chance(0.03):
            return None
        if operator in LIST_OPERATORS:
            values = json.dumps(random.sample(WORDS, 4))
            return values if self.plain or self._chance(0.9) else random.choice(["[", "null", "[1, 18]", "fr"])
        if operator in PATTERN_OPERATORS:
            return random.choice(PATTERNS)
        if operator in NUMBER_OPERATORS:
            return random.choice(NUMBERS)
        return random.choice(WORDS)

    def _rollouts(self, variations: list[str]) -> list[dict[str, Any]]:
        random = self.random
        if self._chance(0.4):
            return [{"id": random.choice(variations), "rollout": [0, 1], "exptRollout": random.choice([0, 0.5, 1])}]
        # Bounds beyond any hash's precision, so that whose bound is inclusive does not matter.
        cuts = sorted(round(random.random(), 3) + 0.00012345 for _ in range(len(variations) - 1))
        bounds = [0.0, *cuts, 1.0]
        rollouts = [
            {"id": variation, "rollout": [low, high], "exptRollout": round(random.random() * (high - low), 4)}
            for variation, low, high in zip(variations, bounds, bounds[1:], strict=False)
        ]
        if not self.plain and self._chance(0.2):
            rollouts.pop(random.randrange(len(rollouts)))
        if not self.plain and self._chance(0.03):
            rollouts.append({"id": "var-unknown", "rollout": [0, 1], "exptRollout": 1})
        return rollouts

    def _rule(self, *, nested: bool, served: bool, variations: list[str] | None = None) -> dict[str, Any]:
        random = self.random
        rule: dict[str, Any] = {
            "id": f"rule-{random.randrange(10**9)}",
            "name": random.choice(["one", "two", "Drei"]),
            "conditions": [
                self._condition(nested=nested) for _ in range(random.randrange(0 if not self.plain else 1, 4))
            ],
        }
        if served and variations is not None:
            rule["dispatchKey"] = random.choice([None, None, "", *ATTRIBUTES, "keyId"][: 3 if self.plain else None])
            rule["includedInExpt"] = self._chance(0.5)
            rule["variations"] = self._rollouts(variations)
        return rule

    def _flag(self, key: str) -> dict[str, Any]:
        random = self.random
        kind = random.choice(list(TYPES)[: 4 if self.plain else None])
        values = {"boolean": ["true", "false"], "number": ["0", "1", "2.5"], "json": ['{"a":1}', "[1,2]"]}
        choices = values.get(kind, WORDS) if self.plain else TYPES[kind]
        ids = [f"{key}-v{n}" for n in range(random.randrange(1, 5))]
        return {
            "id": f"id-{key}",
            "key": key,
            "name": key.title(),
            "variationType": kind,
            "variations": [{"id": each, "name": each, "value": random.choice(choices)} for each in ids],
            "targetUsers": [
                {"keyIds": [self._user_key() for _ in range(random.randrange(6))], "variationId": random.choice(ids)}
                for _ in range(random.randrange(3))
            ],
            "rules": [self._rule(nested=True, served=True, variations=ids) for _ in range(random.randrange(4))],
            "isEnabled": self._chance(0.9),
            "disabledVariationId": random.choice(ids),
            "fallthrough": {
                "dispatchKey": None,
                "includedInExpt": self._chance(0.5),
                "variations": self._rollouts(ids),
            },
            "exptIncludeAllTargets": self._chance(0.3),
            "isArchived": not self.plain and self._chance(0.05),
            "updatedAt": self._now(),
        }
