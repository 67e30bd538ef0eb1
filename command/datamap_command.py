"""`vera datamap`: look at the map in use, draft one from a database or from Fides, print its schema."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from command.failure import CannotStart

app = typer.Typer(no_args_is_help=True, help="The data map: check it, draft one, print its schema.")

_Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file, which must not exist.")
]


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="The map. Without one: VERA_DATAMAP.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
) -> None:
    """Is the map complete, and does it fit the live databases? Exit status 0: yes. 1: there are
    findings. 2: a database could not be reached, and nothing else was found."""
    from command.preflight import read_settings
    from privacy.datamap.inspection import inspect_map
    from privacy.logging import configure_logging

    configure_logging("error")  # what is wrong is said below, once
    try:
        settings = read_settings()
    except CannotStart as failure:
        raise _fail(str(failure)) from None
    path = file or settings.datamap
    found = inspect_map(path, settings.data_dir, os.environ)
    if as_json:
        findings = [{"about": one.about, "place": one.place, "finding": one.text} for one in found]
        typer.echo(
            json.dumps({"map": str(path), "findings": findings}, ensure_ascii=False, indent=2)
        )
    else:
        for one in found:
            typer.echo(one.sentence())
        if not found:
            typer.echo(f"{path}: nothing is missing, and every database fits.")
    if any(one.about != "unreachable" for one in found):
        raise typer.Exit(1)
    if found:
        raise typer.Exit(2)


@app.command()
def draft(
    url: Annotated[
        str, typer.Argument(help="SQLAlchemy URL, or the name of a variable as ${NAME}.")
    ],
    name: Annotated[str, typer.Option(help="What the system is called in the map.")] = "shop",
    schema: Annotated[
        str | None, typer.Option(help="Database schema, where it is not the default.")
    ] = None,
    output: _Out = None,
) -> None:
    """Propose a map of a database (SQLite, PostgreSQL, MySQL), for a person to complete."""
    from privacy.datamap.draft import draft as draft_of
    from privacy.datamap.reflection import NotADatabase, reflect
    from privacy.datamap.sketch import text_of
    from privacy.errors import SystemDown

    if not _is_name(name):
        raise _fail("A name has small letters, digits and _, and begins with a letter.")
    variable = url[2:-1] if url.startswith("${") and url.endswith("}") else None
    address = os.environ.get(variable, "") if variable else url
    try:
        system = draft_of(reflect(address, schema), address, name, schema)
    except NotADatabase as wrong:
        raise _fail(str(wrong)) from None
    except SystemDown:
        raise _fail(
            "The database cannot be reached. Look at the address, and whether it may be read from here."
        ) from None
    if variable:
        system.url = url
    _write(text_of([system], "`vera datamap draft`"), output)


@app.command(name="import-fides")
def import_fides(
    file: Annotated[Path, typer.Argument(help="Dataset of Fides, as YAML.")], output: _Out = None
) -> None:
    """Propose a map from a dataset of Fides, for a person to complete."""
    from privacy.datamap.fides import NotADataset, Unreadable
    from privacy.datamap.fides import import_fides as read_fides
    from privacy.datamap.sketch import text_of

    try:
        systems = read_fides(file)
    except (NotADataset, Unreadable) as wrong:
        raise _fail(str(wrong)) from None
    _write(text_of(systems, "`vera datamap import-fides`"), output)


@app.command()
def schema() -> None:
    """Print the JSON schema of a data map, for editors; docs/datamap.schema.json is the same."""
    sys.stdout.write(schema_text())


def schema_text() -> str:
    """The JSON schema as it is published."""
    from privacy.datamap.model import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def _is_name(name: str) -> bool:
    return (
        name.isascii()
        and name[:1].islower()
        and name.replace("_", "a").isalnum()
        and name == name.lower()
    )


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _fail(f"{output} is there already. Name another file, or remove it.") from None
    except OSError:
        raise _fail(f"{output} cannot be written. Name a file in a folder that is there.") from None
    typer.echo(
        f"{output}: complete what says TODO, then run `vera datamap check {output}`.", err=True
    )


def _fail(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)
