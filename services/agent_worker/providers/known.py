"""The providers that this worker knows, by the names that models have before their slash."""

from collections.abc import Iterable, Mapping

from services.agent_worker.providers.provider import Provider
from shared.errors import AttemptFailed

UNKNOWN_PROVIDER = "unknown_provider"


class UnknownProvider(AttemptFailed):
    """A model of a provider that this worker was not told of."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"expected a model of a provider that this worker knows ({', '.join(known)}), got one "
            f"of {name[:100]!r}: give every worker and the api the same PENSTOCK_PROVIDERS",
            code=UNKNOWN_PROVIDER,
            retry=False,
        )


class Providers:
    """Providers by name; those of `keyless` are asked without a key where there is none."""

    def __init__(self, by_name: Mapping[str, Provider], keyless: Iterable[str] = ()) -> None:
        self._by_name = by_name
        self._keyless = frozenset(keyless)

    def of(self, name: str) -> Provider:
        """The provider of this name. Raises: UnknownProvider."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownProvider(name, self._by_name) from None

    def needs_key(self, name: str) -> bool:
        """It cannot be asked without a key."""
        return name not in self._keyless

    async def close(self) -> None:
        """Leaves no connection open."""
        for provider in self._by_name.values():
            await provider.close()
