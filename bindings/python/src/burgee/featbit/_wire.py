"""FeatBit's items in messages and in storages.

A storage holds a flag under its key, with its id as _id and its key as id, with the time of its last change in
Unix milliseconds and with the values of its variations by their ids. Of an archived item it holds nothing else.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .._datasync.wire import Wire
from .category import FEATURE_FLAGS, SEGMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .category import Category

    Item = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ADDED = ("_id", "timestamp", "variationMap", "cat")


def check_message(message: Any) -> bool:
    """Tell whether something is a message with flags and segments. Raises KeyError for an item that lacks a member."""
    data = message.get("data") if isinstance(message, dict) else None
    if (
        not isinstance(data, dict)
        or message.get("messageType") != "data-sync"
        or data.get("eventType") not in ("full", "patch")
        or not isinstance(data.get("featureFlags"), list)
        or not isinstance(data.get("segments"), list)
    ):
        return False
    for kind, needed in (("featureFlags", ("variations", "key")), ("segments", ())):
        for item in data[kind]:
            for name in ("updatedAt", *needed, "id", "isArchived"):
                item[name]
    return True


class FeatBitWire(Wire):
    """FeatBit's items."""

    flags = FEATURE_FLAGS
    segments = SEGMENTS

    def stored(self, kind: Category, item: Item) -> tuple[str, Item]:
        """Return an item as a storage holds it, and under which key."""
        key = item["key"] if kind is FEATURE_FLAGS else item["id"]
        timestamp = milliseconds(item["updatedAt"])
        if item["isArchived"]:
            return key, {"id": key, "timestamp": timestamp, "isArchived": True}
        prepared = {**item, "id": key, "timestamp": timestamp}
        if kind is FEATURE_FLAGS:
            prepared["_id"] = item["id"]
            prepared["variationMap"] = {variation["id"]: variation["value"] for variation in item["variations"]}
        return key, prepared

    def sent(self, kind: Category, key: str, item: Item) -> Item:
        """Return an item as a message holds it."""
        sent = {name: value for name, value in item.items() if name not in _ADDED}
        sent["id"] = item.get("_id", item["id"])
        sent["updatedAt"] = (_EPOCH + timedelta(milliseconds=item["timestamp"])).isoformat()
        if kind is FEATURE_FLAGS:
            sent["key"] = key
            values = item.get("variationMap", {})
            sent.setdefault("variations", [{"id": id_, "value": value} for id_, value in values.items()])
        return sent


WIRE = FeatBitWire()


_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)


def milliseconds(text: object) -> int:
    """Return a time of the server's in Unix milliseconds, rounded; 0 for what is no time."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    year, month, day, hour, minute, second, fraction, utc, zone_hours, zone_minutes = found.groups(default="")
    since_midnight = timedelta(
        hours=int(hour or 0),
        minutes=int(minute or 0),
        seconds=int(second or 0),
        microseconds=int(fraction[:6].ljust(6, "0")),
    )
    try:
        when = datetime(int(year), int(month), int(day)) + since_midnight
        if utc or zone_hours:
            zone = timedelta(hours=int(zone_hours or 0), minutes=int(zone_hours[:1] + (zone_minutes or "0") or 0))
            when = when.replace(tzinfo=timezone(zone))
        return round((when.astimezone() - _EPOCH) / timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        return 0
