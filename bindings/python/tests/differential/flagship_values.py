"""What rules and visitors of random Flagship environments are made of."""

from __future__ import annotations

WORDS = [
    "",
    " ",
    "a",
    "A",
    "fr",
    "FR",
    "ab",
    "x y",
    "é",
    "E\u0301",
    "ÿ",
    "Ā",
    "日本",
    "😀",
    "\ue000",
    "\ufeff",
    '"q"',
    "\\",
]
WORDS += ["true", "True", "false", "null", "None", "undefined", "NaN", "nan", "Infinity", "-Infinity", "[1]", "{}"]
TEXT_NUMBERS = [
    "0",
    "1",
    "9",
    "10",
    "10.0",
    "-5",
    "+5",
    "1e3",
    "1E+3",
    ".5",
    "5.",
    " 7 ",
    "\u00a07\ufeff",
    "0x10",
    "0b11",
    "0o17",
]
TEXT_NUMBERS += ["-0x1", "1_000", "12a", "1e400", "٣", "1e-7", "1e+21"]
NUMBERS = [
    "0",
    "-0",
    "0.0",
    "1",
    "1.0",
    "9",
    "10",
    "10.0",
    "1e1",
    "1E3",
    "1000",
    "0.1",
    "0.30000000000000004",
    "-5",
    "-5.0",
]
NUMBERS += [
    "1e21",
    "1e-7",
    "0.000001",
    "123456789012345680000",
    "9007199254740993",
    "1e16",
    "1.5e300",
    "0.0001",
    "1e-5",
]
# Ordered in one way by UTF-16 units and in another by code points.
WIDE = ["😀", "\ue000", "\uffff", "a😀", "a\ufeff", "日本"]
VERSIONS = [
    "1.2.3",
    "v1.2.3",
    "1.2",
    "1",
    "1.10.0",
    "1.2.3-alpha",
    "1.2.3-alpha.1",
    "1.2.3-10",
    "1.2.3+b1",
    "01.2.3",
    "1.2.3.4",
]
TEXT_OPERATORS = ["CONTAINS", "NOT_CONTAINS", "STARTS_WITH", "ENDS_WITH"]
ORDER_OPERATORS = ["GREATER_THAN", "LOWER_THAN", "GREATER_THAN_OR_EQUALS", "LOWER_THAN_OR_EQUALS"]
VERSION_OPERATORS = [f"SEMVER_{name}" for name in ["EQUALS", "NOT_EQUALS", *ORDER_OPERATORS]]
OPERATORS = [["EQUALS", "NOT_EQUALS"], TEXT_OPERATORS, ORDER_OPERATORS, ["EXISTS", "NOT_EXISTS"]]
ATTRIBUTES = [
    "plan",
    "age",
    "city",
    "score",
    "vip",
    "Plan",
    "",
    "clé",
    "日本",
    "a b",
    "sdk_city",
    "sdk_free",
    "app",
    "wide",
]
RESERVED = ["fs_all_users", "fs_users", "fs_client", "fs_unknown", "FS_USERS"]
FLAGS = [
    "color",
    "Color",
    "size",
    "btn_label",
    "é",
    "日本",
    "😀",
    "a b",
    "on",
    "json",
    "list",
    "nothing",
    "mixed",
    '"',
    "fs_users",
]
