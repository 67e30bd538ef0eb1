"""Forms with files: read up to a cap, in memory only, so that nothing that a person attached lies in a temporary folder."""

import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import ClassVar, Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from privacy.errors import Problem
from privacy.fulfilment.tasks.tasks import Attached
from privacy.settings import Settings
from web.desk.gate import Gate, Visit
from web.form_tokens import is_form_token
from web.problems import DoorProblem, Malformed
from web.security import comes_from_elsewhere

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_FILES: Final = 10


class FilesTooLarge(Problem):
    """All files of one form together are larger than the cap."""

    code: ClassVar[str] = "desk_file_too_large"


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody sent."""

    visit: Visit
    fields: Mapping[str, str]
    files: Sequence[Attached]
    many: Mapping[str, Sequence[str]]
    """The same fields with every value that was sent."""


class _InMemory(MultiPartParser):
    spool_max_size = MOST_BYTES + 1


async def form_with_files(
    request: Request, gate: Gate, settings: Settings, most_fields: int = 10
) -> Filled:
    """As `Gate.form`. Raises NotSignedIn, NotAllowed, DoorProblem, Malformed, FilesTooLarge."""
    visit = await gate.visit(request)
    if comes_from_elsewhere(request, settings.desk_origin):
        raise DoorProblem("page_out_of_date")
    parser = _InMemory(
        request.headers, _capped(request), max_files=MOST_FILES, max_fields=most_fields
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, ValueError):
        raise Malformed("not a form") from None
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not is_form_token(fields.get("form_token", ""), visit.token):
        raise DoorProblem("page_out_of_date")
    many: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            many.setdefault(name, []).append(value)
    files = [
        Attached(
            _name(one.filename or ""),
            io.BytesIO(await one.read()),
            one.content_type or "application/octet-stream",
        )
        for _, one in form.multi_items()
        if isinstance(one, UploadFile) and one.size
    ]
    await form.close()
    return Filled(visit, fields, files, many)


async def _capped(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise FilesTooLarge("over the cap of forms with files")
        yield chunk


def _name(typed: str) -> str:
    """The file's own name, without the folders that some browsers send."""
    name = PureWindowsPath(PurePosixPath(typed).name).name
    kept = "".join(sign for sign in name if sign.isprintable())[:120]
    return kept or "file"
