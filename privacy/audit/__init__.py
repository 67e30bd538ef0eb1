"""What was done, by whom and when, in rows that nobody can change unnoticed."""

from privacy.audit.heads import Head, Heads, HeadUnreadable, Signer
from privacy.audit.log import Audit, ChainBroken, note
from privacy.audit.reading import Done, acts_of
from privacy.audit.upkeep import Upkeep
from privacy.audit.verification import Fault, Verdict, check

__all__ = [
    "Audit", "ChainBroken", "Done", "Fault", "Head", "HeadUnreadable", "Heads", "Signer", "Upkeep", "Verdict", "acts_of", "check", "note",
]  # fmt: skip
