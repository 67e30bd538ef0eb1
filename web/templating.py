"""Templates of a door: everything that is filled in is escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.templating import Jinja2Templates


def with_code(text: str) -> Markup:
    """Words between backticks as code; everything escaped."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if n % 2 else escape(piece)
        for n, piece in enumerate(pieces)
    )


def capital(text: str) -> str:
    """The words of the data map as the beginning of a line."""
    return text[:1].upper() + text[1:]


def templates_of(folder: Path) -> Jinja2Templates:
    """The templates in a folder."""
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters["with_code"] = with_code
    environment.filters["capital"] = capital
    return Jinja2Templates(env=environment)
