"""What is known of models, with dates: what each can do, and what its tokens cost.

    {provider}.json --read once, checked--> CATALOGUE --capabilities, price--> what one model is

A name is found as it stands, or with the date of a snapshot behind it, as in
`claude-haiku-4-5-20251001`; one of another provider than Anthropic is `PROVIDER/MODEL`. A model
that is not here works too: nothing is known of it, and its price is unknown.
"""

from shared.models.capability import Capabilities, Effort, Thinking
from shared.models.catalogue import (
    CATALOGUE,
    Catalogue,
    capabilities,
    default_max_tokens,
    default_thinking,
    exact_price,
    price,
)
from shared.models.cost import Group, exact_cost, group_of, priced_since, unit_prices
from shared.models.names import UNSAID, ModelName, named
from shared.models.pricing import Counts, PricePeriod, Tier, in_dollars

__all__ = [
    "CATALOGUE",
    "UNSAID",
    "Capabilities",
    "Catalogue",
    "Counts",
    "Effort",
    "Group",
    "ModelName",
    "PricePeriod",
    "Thinking",
    "Tier",
    "capabilities",
    "default_max_tokens",
    "default_thinking",
    "exact_cost",
    "exact_price",
    "group_of",
    "in_dollars",
    "named",
    "price",
    "priced_since",
    "unit_prices",
]
