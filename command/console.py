"""What a person sees at the console of `vera run`: one calm line for each step, then where everything is."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text


class Lines:
    """Progress on standard output, failures on standard error."""

    def __init__(self) -> None:
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, line: str) -> None:
        """One step."""
        self._out.print(Text.assemble(("· ", "dim"), line))
        sys.stdout.flush()

    def fail(self, line: str) -> None:
        """The one line that says what to do."""
        self._err.print(Text(line, style="bold"))

    def addresses(self, rows: list[tuple[str, str]], closing: str) -> None:
        """The last block: what is where."""
        table = Table.grid(padding=(0, 2))
        for name, value in rows:
            table.add_row(Text(name, style="bold"), Text(value))
        self._out.print()
        self._out.print(table)
        self._out.print()
        self._out.print(Text(closing, style="dim"))
        sys.stdout.flush()
