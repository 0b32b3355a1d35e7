"""Where a flag comes from."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["FlagMetadata"]


class FlagMetadata:
    """The campaign that a flag comes from. Everything is empty for a flag that the visitor does not have.

    Attributes:
        campaign_id: of the campaign.
        variation_group_id: of the scenario.
        variation_id: of the variation.
        is_reference: whether that is the variation to compare with.
        campaign_type: such as "ab" or "toggle".
        campaign_slug: the campaign's name for programs; None: it has none.
    """

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self.campaign_id: str = metadata.get("campaignId") or ""
        self.variation_group_id: str = metadata.get("variationGroupId") or ""
        self.variation_id: str = metadata.get("variationId") or ""
        self.is_reference: bool = metadata.get("isReference") or False
        self.campaign_type: str = metadata.get("campaignType") or ""
        self.campaign_slug: str | None = metadata.get("slug", "")

    def exists(self) -> bool:
        """Whether the visitor has the flag."""
        return bool(self.campaign_id and self.variation_group_id and self.variation_id)

    def toJson(self) -> dict[str, Any]:  # noqa: N802 - the vendor's name
        """Return everything, by the names of the vendor's servers."""
        return {
            "campaignId": self.campaign_id,
            "variationGroupId": self.variation_group_id,
            "variationId": self.variation_id,
            "isReference": self.is_reference,
            "campaignType": self.campaign_type,
            "campaignSlug": self.campaign_slug,
        }

    def __repr__(self) -> str:
        return f"FlagMetadata({self.toJson()!r})"
