"""What the customer sees at this moment, beside what the agent does."""

from dataclasses import dataclass

from privacy.conversations.people import HolderNow
from privacy.desk.cases import Case, Line


@dataclass(frozen=True, slots=True)
class Preview:
    """The head of their chat, the last lines that they read, and the buttons that they may press."""

    holder: HolderNow
    lines: tuple[Line, ...]
    buttons: tuple[str, ...]

    @classmethod
    def of(cls, holder: HolderNow, case: Case) -> "Preview":
        """From what an agent sees of the conversation: hidden values stay hidden here too."""
        seen = [line for line in case.lines if line.author != "note"]
        said = [line for line in seen if line.author != "notice"]
        return cls(holder, tuple(seen[-2:]), said[-1].choices if said else ())
