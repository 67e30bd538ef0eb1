"""A database server for one run of pytest: the one that a variable names, or one of our own.

Our own is made in a folder that goes with it, and listens on this machine only.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE: Final = 60  # seconds until a server answers
ATTEMPTS: Final = 3  # a port that was free a moment ago may be taken


class NoServer(Exception):
    """Nothing is named, and no program of the kind is installed here."""


@dataclass(frozen=True)
class Home:
    """Where a server of our own lives, and as whom it runs."""

    folder: Path
    user: str | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, program: Path, *arguments: str) -> None:
        """Raises CalledProcessError, with what the program said."""
        try:
            subprocess.run(
                [program, *arguments],
                user=self.user, cwd=self.folder, check=True, capture_output=True, text=True, errors="replace", timeout=2 * PATIENCE,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            error.add_note(f"{error.stdout[-1000:]}\n{error.stderr[-1000:]}")
            raise


@dataclass(frozen=True)
class Kind:
    """One kind of server. `starts` runs one for as long as its block lasts, and tells its SQLAlchemy address."""

    marker: str
    title: str
    named_by: str
    account: str
    program: str
    elsewhere: str
    starts: Callable[[Home, Path], AbstractContextManager[str]]

    def address(self) -> str:
        """Where the server is, for tests with the marker. Raises KeyError in others."""
        return os.environ[self.named_by]

    @contextmanager
    def server(self) -> Iterator[None]:
        """The server for as long as the block lasts. Raises NoServer."""
        if os.environ.get(self.named_by):
            yield
            return
        programs = self._programs()
        if programs is None:
            raise NoServer(f"{self.title} is not installed, and {self.named_by} names no database")
        folder = Path(tempfile.mkdtemp(prefix=f"vera-{self.marker}-", dir="/tmp"))
        home = Home(folder, _user(self.account))
        if home.user is not None:
            shutil.chown(folder, home.user)
        try:
            with self.starts(home, programs) as url:
                os.environ[self.named_by] = url
                try:
                    yield
                finally:
                    del os.environ[self.named_by]
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _programs(self) -> Path | None:
        """The folder with the programs; Debian keeps some off the PATH."""
        found = shutil.which(self.program)
        if found is not None:
            return Path(found).resolve().parent
        places: Sequence[Path] = sorted(Path("/usr").glob(self.elsewhere))
        return places[-1].parent if places else None


def _user(account: str) -> str | None:
    """No such server runs as root."""
    if os.getuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return account if account in known else "nobody"
