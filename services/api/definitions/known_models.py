"""What is known of models today, and which one an agent has that names none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from shared.flow import Offer
from shared.models import CATALOGUE, Capabilities, PricePeriod, capabilities
from shared.runtime.model_providers import ModelProvider, Providers


def _now() -> datetime:
    return datetime.now(UTC)


async def _no_own(workspace: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Offered:
    """A model that is offered now, by whom, and at which prices; None if they are unknown."""

    provider: str
    known: Capabilities
    prices: PricePeriod | None
    web_search_per_1000: Decimal | None


@dataclass(frozen=True, slots=True)
class KnownModels:
    """The catalogue as it holds now; what it says changes with the day at most."""

    default: str
    providers: tuple[ModelProvider, ...] = Providers().model_providers
    now: Callable[[], datetime] = _now
    own: Callable[[str], Awaitable[str | None]] = _no_own
    is_simulated: bool = False

    async def default_of(self, workspace: str) -> str:
        """The model of this workspace's agents that name none."""
        return await self.own(workspace) or self.default

    @property
    def kinds(self) -> Mapping[str, str]:
        """Of each provider that is known here, of which kind it is."""
        return {each.name: each.kind for each in self.providers}

    @property
    def offer(self) -> Offer:
        """What flows are judged by."""
        return Offer(self.of, self.kinds)

    def needs_key(self, provider: str) -> bool:
        """It cannot be asked without a key."""
        return all(each.needs_key for each in self.providers if each.name == provider)

    def today(self) -> date:
        return self.now().astimezone(UTC).date()

    def of(self, model: str) -> Capabilities | None:
        """What is known of this model; None for one that is not known."""
        return capabilities(model, self.now())

    def offered(self) -> Iterator[Offered]:
        """Every model that is offered, in the catalogue's order."""
        now = self.now()
        for catalogue in CATALOGUE:
            for known in catalogue.models:
                if known.holds(now):
                    prices = next((each for each in known.prices if each.holds(now)), None)
                    search = catalogue.web_search_per_1000
                    yield Offered(catalogue.provider, known, prices, search)
