"""Proving who asks: one-time codes to the contact on file, and what they prove.

Everything that reveals or changes data asks `Verification.proven`; there is no other way to a proof.
"""

from privacy.verification.outcomes import Awaited, Begun, Checked, Proof
from privacy.verification.verification import Verification

__all__ = ["Awaited", "Begun", "Checked", "Proof", "Verification"]
