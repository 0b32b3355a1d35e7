"""What visitors did. A hit is copied when it is sent, so that one may be sent for many visitors."""

from __future__ import annotations

from enum import Enum

from ._checks import check
from ._hit_fields import NAMES, HitFields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    H = TypeVar("H", bound="Hit")

__all__ = ["Event", "EventCategory", "Hit", "HitFields", "HitType", "Item", "Page", "Screen", "Transaction"]


class HitType(Enum):
    """What a hit reports."""

    PAGE = "PAGEVIEW"
    SCREEN = "SCREENVIEW"
    EVENT = "EVENT"
    TRANSACTION = "TRANSACTION"
    ITEM = "ITEM"


class EventCategory(Enum):
    """What kind of event it was."""

    ACTION_TRACKING = "Action Tracking"
    USER_ENGAGEMENT = "User Engagement"


_NUMBER = [int, float]


class Hit:
    """Something that a visitor did.

    Methods and constructors raise ParamTypeError for an argument of the wrong type.

    Attributes:
        hit_data: the hit's members, by HitFields.
    """

    def __init__(self, hit_type: HitType) -> None:
        self.hit_data: dict[str, Any] = {HitFields.type: check("Hit", "hit_type", hit_type, HitType).value}

    def with_ip(self: H, ip: str) -> H:
        """Say from which IP address; the vendor keeps it anonymized."""
        return self._with("with_ip", "ip", ip, str, HitFields.ip)

    def with_resolution(self: H, width: int, height: int) -> H:
        """Say how large the screen is, in pixels. Ignored unless both are positive."""
        check("with_resolution", "width", width, int)
        check("with_resolution", "height", height, int)
        if width > 0 and height > 0:
            self.hit_data[HitFields.resolution] = f"{width}x{height}"
        return self

    def with_session_number(self: H, number: int) -> H:
        """Say which session of the visitor it is."""
        return self._with("with_session_number", "number", number, int, HitFields.session)

    def with_locale(self: H, locale: str) -> H:
        """Say in which language, such as "fr-FR"."""
        return self._with("with_locale", "locale", locale, str, HitFields.locale)

    def _with(self: H, function: str, name: str, value: Any, expected: Any, field: str) -> H:
        self.hit_data[field] = check(function, name, value, expected)
        return self

    def _members(self) -> dict[str, Any]:
        """Return a copy of the hit as the engine has it."""
        return {NAMES[field]: value for field, value in self.hit_data.items() if field in NAMES}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.hit_data!r})"


class Page(Hit):
    """A web page was seen. origin is its URL, with scheme and host."""

    def __init__(self, origin: str) -> None:
        super().__init__(HitType.PAGE)
        self._with("Page", "origin", origin, str, HitFields.origin)


class Screen(Hit):
    """A part of a program was seen. origin is its name."""

    def __init__(self, origin: str) -> None:
        super().__init__(HitType.SCREEN)
        self._with("Screen", "origin", origin, str, HitFields.origin)


class Event(Hit):
    """Something happened. action is its name, and that of the KPI in reports.

    category is an EventCategory, its value or its name.
    """

    def __init__(self, category: EventCategory | str, action: str) -> None:
        super().__init__(HitType.EVENT)
        check("Event", "category", category, [EventCategory, str])
        self._with("Event", "action", action, str, HitFields.event_action)
        if not isinstance(category, EventCategory) and category in EventCategory.__members__:
            category = EventCategory[category]
        text = category.value if isinstance(category, EventCategory) else category
        self.hit_data[HitFields.event_category] = text

    def with_event_label(self, label: str) -> Event:
        """Describe it."""
        return self._with("with_event_label", "label", label, str, HitFields.event_label)

    def with_event_value(self, value: int) -> Event:
        """Give it a value: a whole number."""
        return self._with("with_event_value", "value", value, int, HitFields.event_value)


class Transaction(Hit):
    """Something was bought. affiliation is the name of the KPI in reports."""

    def __init__(self, transaction_id: str, affiliation: str) -> None:
        super().__init__(HitType.TRANSACTION)
        self._with("Transaction", "transaction_id", transaction_id, str, HitFields.transaction_id)
        self._with("Transaction", "affiliation", affiliation, str, HitFields.transaction_affiliation)

    def with_total_revenue(self, revenue: float) -> Transaction:
        """Say how much was paid, taxes and shipping included."""
        return self._with("with_total_revenue", "revenue", revenue, _NUMBER, HitFields.transaction_revenue)

    def with_shipping_cost(self, shipping: float) -> Transaction:
        """Say what the shipping cost."""
        return self._with("with_shipping_cost", "shipping", shipping, _NUMBER, HitFields.transaction_shipping)

    def with_shipping_method(self, shipping_method: str) -> Transaction:
        """Say how it was shipped."""
        field = HitFields.transaction_shipping_method
        return self._with("with_shipping_method", "shipping_method", shipping_method, str, field)

    def with_taxes(self, taxes: float) -> Transaction:
        """Say how high the taxes were."""
        return self._with("with_taxes", "taxes", taxes, _NUMBER, HitFields.transaction_tax)

    def with_currency(self, currency: str) -> Transaction:
        """Say in which currency, as an ISO 4217 code."""
        return self._with("with_currency", "currency", currency, str, HitFields.transaction_currency)

    def with_payment_method(self, payment: str) -> Transaction:
        """Say how it was paid."""
        return self._with("with_payment_method", "payment", payment, str, HitFields.transaction_payment_method)

    def with_item_count(self, item_nb: int) -> Transaction:
        """Say how many items were bought."""
        return self._with("with_item_count", "item_nb", item_nb, int, HitFields.transaction_item_count)

    def with_coupon_code(self, coupon: str) -> Transaction:
        """Say with which coupon."""
        return self._with("with_coupon_code", "coupon", coupon, str, HitFields.transaction_coupon)


class Item(Hit):
    """Something belongs to a transaction, which is to be sent before."""

    def __init__(self, transaction_id: str, product_name: str, product_sku: str) -> None:
        super().__init__(HitType.ITEM)
        self._with("Item", "transaction_id", transaction_id, str, HitFields.transaction_id)
        self._with("Item", "product_name", product_name, str, HitFields.item_name)
        self._with("Item", "product_sku", product_sku, str, HitFields.item_code)

    def with_price(self, price: float | None) -> Item:
        """Say what one costs."""
        return self._with("with_price", "price", price, [int, float, None], HitFields.item_price)

    def with_item_quantity(self, item_quantity: int) -> Item:
        """Say how many."""
        return self._with("with_item_quantity", "item_quantity", item_quantity, int, HitFields.item_quantity)

    def with_item_category(self, category: str) -> Item:
        """Say what kind of product it is."""
        return self._with("with_item_category", "category", category, str, HitFields.item_category)
