"""The names of the members of hits."""

from __future__ import annotations


class HitFields:
    """The names of a hit's members on their way to the vendor."""

    type = "t"
    ds = "ds"
    origin = "dl"
    ip = "uip"
    resolution = "sr"
    locale = "ul"
    session = "sn"
    event_category = "ec"
    event_action = "ea"
    event_label = "el"
    event_value = "ev"
    item_name = "in"
    item_price = "ip"
    item_quantity = "iq"
    item_code = "ic"
    item_category = "iv"
    transaction_id = "tid"
    transaction_affiliation = "ta"
    transaction_revenue = "tr"
    transaction_shipping = "ts"
    transaction_tax = "tt"
    transaction_currency = "tc"
    transaction_payment_method = "pm"
    transaction_shipping_method = "sm"
    transaction_item_count = "icn"
    transaction_coupon = "tcc"


# What the engine calls them.
NAMES = {
    HitFields.type: "type",
    HitFields.origin: "documentLocation",
    HitFields.ip: "userIp",
    HitFields.resolution: "screenResolution",
    HitFields.locale: "locale",
    HitFields.session: "sessionNumber",
    HitFields.event_category: "category",
    HitFields.event_action: "action",
    HitFields.event_label: "label",
    HitFields.event_value: "value",
    HitFields.item_name: "productName",
    HitFields.item_price: "itemPrice",
    HitFields.item_quantity: "itemQuantity",
    HitFields.item_code: "productSku",
    HitFields.item_category: "itemCategory",
    HitFields.transaction_id: "transactionId",
    HitFields.transaction_affiliation: "affiliation",
    HitFields.transaction_revenue: "totalRevenue",
    HitFields.transaction_shipping: "shippingCosts",
    HitFields.transaction_tax: "taxes",
    HitFields.transaction_currency: "currency",
    HitFields.transaction_payment_method: "paymentMethod",
    HitFields.transaction_shipping_method: "shippingMethod",
    HitFields.transaction_item_count: "itemCount",
    HitFields.transaction_coupon: "couponCode",
}
