"""The chat's templates."""

from pathlib import Path

from web.templating import templates_of

templates = templates_of(Path(__file__).parent / "templates")
