"""A span of days in UTC: from its first day on, up to the day it no longer holds."""

from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Period(BaseModel):
    """Something that holds from `valid_from` to before `valid_to`; None is without end there."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    valid_from: date | None
    valid_to: date | None

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError(f"expected an end behind {self.valid_from}, got {self.valid_to}")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether the moment, which has a zone, lies within."""
        day = at.astimezone(UTC).date()
        return (self.valid_from or day) <= day and (self.valid_to is None or day < self.valid_to)
