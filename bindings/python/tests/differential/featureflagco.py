"""Random featureflag.co environments: one data-sync message and users to evaluate its flags for."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from .featbit import (
    BOOLEAN_OPERATORS,
    LIST_OPERATORS,
    NUMBER_OPERATORS,
    NUMBERS,
    PATTERN_OPERATORS,
    PATTERNS,
    TEXT_OPERATORS,
    WORDS,
)

if TYPE_CHECKING:
    from random import Random

FLAGS = 40
SEGMENTS = 8
USERS = 150

SECRET = base64.b64encode(b"k3y-20240305__41__52__63__default_9c1").decode()
PREFIX = "FF__41__52__63__"
ATTRIBUTES = ["plan", "age", "country", "score"]
BUILT_IN = ["KeyId", "Name", "Email", "Country", "key", "keyid", "name", "email", "country", "keyId", "NAME"]


class Environment:
    """One random environment."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.clock = 1651829400000
        # A segment tests only earlier ones: the time that the vendor's SDK takes for circles grows beyond all bounds.
        self.segment_ids: list[str] = []
        self.keys = [f"flag-{n}" for n in range(FLAGS)]
        segments = [self._segment(f"seg-{n}") for n in range(SEGMENTS)]
        flags = [self._flag(n) for n in range(FLAGS)]
        self.message = {
            "messageType": "data-sync",
            "data": {"eventType": "full", "featureFlags": flags, "segments": segments},
        }
        self.users = [self._user(n) for n in range(USERS)]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _now(self) -> int:
        self.clock += self.random.randint(1, 5000)
        return self.clock

    def _user_key(self) -> str:
        return f"user-{self.random.randrange(USERS * 2)}"

    def _user(self, n: int) -> dict[str, Any]:
        random = self.random
        user: dict[str, Any] = {"key": f"user-{n}"}
        for name in ("name", "email", "country"):
            if self._chance(0.7):
                user[name] = random.choice(["a", "Ada", "x@example.org", "FR", "", None])
            elif self._chance(0.05):
                user[name] = random.choice([" ", 7])
        if self._chance(0.03):
            user["key"] = random.choice(["", " ", None])
        for attribute in ATTRIBUTES[:2] + ATTRIBUTES[3:]:
            if self._chance(0.75):
                user[attribute] = random.choice([*WORDS, *NUMBERS, True, False, 0, 18, 18.0, 2.5, 1e20, None])
        return user

    def _segment(self, segment_id: str) -> dict[str, Any]:
        segment: dict[str, Any] = {
            "id": segment_id,
            "isArchived": False,
            "timestamp": self._now(),
            "included": [self._user_key() for _ in range(self.random.randrange(8))],
            "excluded": [self._user_key() for _ in range(self.random.randrange(8))],
        }
        if self._chance(0.8):
            segment["rules"] = [
                {"ruleId": f"r{n}", "ruleName": "", "ruleJsonContent": self._clauses(1)}
                for n in range(self.random.randrange(3))
            ]
        self.segment_ids.append(segment_id)
        return segment

    def _clauses(self, fewest: int) -> list[dict[str, Any]]:
        return [self._clause() for _ in range(self.random.randrange(fewest, 4))]

    def _clause(self) -> dict[str, Any]:
        random = self.random
        if self._chance(0.25):
            known = [*self.segment_ids, "seg-unknown"]
            ids = random.sample(known, random.randrange(1, min(4, len(known) + 1)))
            wanted = random.choice(["User is in segment", "User is not in segment"])
            return {"property": wanted, "operation": None, "value": json.dumps(ids)}
        kinds = [TEXT_OPERATORS, LIST_OPERATORS, BOOLEAN_OPERATORS, NUMBER_OPERATORS, PATTERN_OPERATORS, ["equal"]]
        operator = random.choice(random.choice(kinds))
        attribute = random.choice([*ATTRIBUTES, *BUILT_IN, "unknown"])
        return {"property": attribute, "operation": operator, "value": self._operand(operator)}

    def _operand(self, operator: str) -> Any:
        random = self.random
        if self._chance(0.03):
            return None
        if operator in LIST_OPERATORS:
            return json.dumps(random.sample(WORDS, 4)) if self._chance(0.9) else random.choice(["[", "null", "[1]"])
        if operator in PATTERN_OPERATORS:
            return random.choice(PATTERNS)
        if operator in NUMBER_OPERATORS:
            return random.choice(NUMBERS)
        return random.choice(WORDS)

    def _option(self, number: int) -> dict[str, Any]:
        return {"localId": number, "displayOrder": number, "variationValue": ["on", "off", "true", "blue"][number - 1]}

    def _rollouts(self, count: int) -> list[dict[str, Any]]:
        random = self.random
        bounds = [0, 1] if self._chance(0.4) else [0.0, *sorted(random.random() for _ in range(count - 1)), 1.0]
        rollouts = [
            {
                "exptRollout": random.choice([None, 0, round(random.random() * (high - low), 4)]),
                "rolloutPercentage": [low, high],
                "valueOption": self._option(number % count + 1),
            }
            for number, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False))
        ]
        if self._chance(0.15):
            rollouts.pop(random.randrange(len(rollouts)))
        return rollouts

    def _flag(self, n: int) -> dict[str, Any]:
        random = self.random
        key, count = self.keys[n], random.randrange(1, 5)
        included = [None, True, False]
        return {
            "_id": PREFIX + key,
            "id": PREFIX + key,
            "environmentId": 63,
            "isArchived": self._chance(0.05),
            "ff": {
                "id": PREFIX + key,
                "name": key.title(),
                "type": 1,
                "keyName": key,
                "environmentId": 63,
                "status": "Enabled" if self._chance(0.9) else "Disabled",
                "isDefaultRulePercentageRolloutsIncludedInExpt": random.choice(included),
                "defaultRulePercentageRollouts": self._rollouts(count),
                "variationOptionWhenDisabled": self._option(random.randrange(count) + 1),
            },
            # Only on earlier flags: a circle makes the vendor's SDK recurse until Python gives up. The member has the
            # spelling that the SDK reads.
            "ffp": [
                {
                    "prerequisiteFeatureFlagId": PREFIX + random.choice([*self.keys[:n], key, "flag-unknown"]),
                    "ValueOptionsVariationValue": self._option(random.randrange(4) + 1),
                }
                for _ in range(random.choice([0, 0, 1]))
            ],
            "fftuwmtr": [
                {
                    "ruleId": f"r{rule}",
                    "ruleName": "",
                    "isIncludedInExpt": random.choice(included),
                    "ruleJsonContent": self._clauses(0),
                    "valueOptionsVariationRuleValues": self._rollouts(count),
                }
                for rule in range(random.randrange(4))
            ],
            "targetIndividuals": [
                {
                    "individuals": [{"id": "x", "keyId": self._user_key()} for _ in range(random.randrange(6))],
                    "valueOption": self._option(random.randrange(count) + 1),
                }
                for _ in range(random.randrange(3))
            ],
            "variationOptions": [self._option(number + 1) for number in range(count)],
            "exptIncludeAllRules": random.choice(included),
            "timestamp": self._now(),
        }
