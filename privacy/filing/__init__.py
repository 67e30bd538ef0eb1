"""Filing: a customer's wish becomes a dated request, is looked up, and can be taken back."""

from privacy.filing.drafts import Draft, Drafts, StoredDraft
from privacy.filing.filing import Filing
from privacy.filing.ledger import HistoryEntry
from privacy.filing.ports import Guard, Outbox, Proof, ProofOf
from privacy.filing.views import Filed, RequestView

__all__ = [
    "Draft",
    "Drafts",
    "Filed",
    "Filing",
    "Guard",
    "HistoryEntry",
    "Outbox",
    "Proof",
    "ProofOf",
    "RequestView",
    "StoredDraft",
]
