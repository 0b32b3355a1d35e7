"""FeatBit's words for the reason of an evaluation."""

from __future__ import annotations

REASON_CLIENT_NOT_READY = "client not ready"
REASON_FLAG_NOT_FOUND = "flag not found"
REASON_USER_NOT_SPECIFIED = "user not specified"
REASON_ERROR = "error in evaluation"
REASON_WRONG_TYPE = "wrong type"
REASON_PREREQUISITE_FAILED = "prerequisite failed"
REASON_FLAG_OFF = "flag off"
REASON_TARGET_MATCH = "target match"
REASON_RULE_MATCH = "rule match"
REASON_FALLTHROUGH = "fall through all rules"

FLAG_KEY_UNKNOWN = "flag key unknown"
FLAG_NAME_UNKNOWN = "flag name unknown"
