"""Attributes of visitors whose names and types the vendor has fixed."""

from __future__ import annotations

from enum import Enum

__all__ = ["FlagshipContext"]


class FlagshipContext(Enum):
    """Attributes that the vendor's platform knows; they can be used as keys of a context.

    A value is the name in contexts, the default and the type. Whole numbers are as good as float, and the version code
    may be a text as well.
    """

    DEVICE_LOCALE = ("sdk_deviceLanguage", "", str)
    """Language of the device, as an ISO 3 code."""
    DEVICE_TYPE = ("sdk_deviceType", "", str)
    DEVICE_MODEL = ("sdk_deviceModel", "", str)
    LOCATION_CITY = ("sdk_city", "", str)
    LOCATION_REGION = ("sdk_region", "", str)
    LOCATION_COUNTRY = ("sdk_country", "", str)
    LOCATION_LAT = ("sdk_lat", "", float)
    LOCATION_LONG = ("sdk_long", "", float)
    OS_NAME = ("sdk_osName", "", str)
    OS_VERSION = ("sdk_osVersionName", "", str)
    CARRIER_NAME = ("sdk_carrierName", "", str)
    INTERNET_CONNECTION = ("sdk_internetConnection", "", str)
    APP_VERSION_NAME = ("sdk_versionName", "", str)
    APP_VERSION_CODE = ("sdk_versionCode", "", int)
    INTERFACE_NAME = ("sdk_interfaceName", "", str)
    FLAGSHIP_CLIENT = ("fs_client", "python", str)
    """Reserved: the SDK sets it."""
    FLAGSHIP_VERSION = ("fs_version", "3.0.0", str)
    """Reserved: the SDK sets it."""
