"""Problems that belong to doors, not to the house behind them."""

from privacy.errors import Problem


class DoorProblem(Problem):
    """A problem of a door itself (its words are the door's own)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code  # type: ignore[misc]


class Malformed(Problem):
    """The call lacks a field or holds one that cannot be."""

    code = "malformed"
