"""How long to wait before work is tried again: doubled each time, up to a limit. A rule on numbers."""

from dataclasses import dataclass
from datetime import timedelta

from privacy.policy import Policy


@dataclass(frozen=True, slots=True)
class Pauses:
    """Growing pauses."""

    first: timedelta
    longest: timedelta

    @classmethod
    def of(cls, policy: Policy) -> "Pauses":
        """As the policy says."""
        return cls(
            timedelta(seconds=policy.fulfilment.first_pause_seconds),
            timedelta(minutes=policy.fulfilment.longest_pause_minutes),
        )

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row (from 1 on)."""
        doublings = min(max(failures - 1, 0), 30)
        return min(self.first * (1 << doublings), self.longest)
