"""The `vera` command."""

import asyncio
import sys
from pathlib import Path

import typer

from command.failure import CannotStart

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def vera() -> None:
    """Vera, the assistant for self-service privacy requests."""


@app.command()
def run() -> None:
    """Start the whole of Vera on this machine; Ctrl-C stops it."""
    from command.console import Lines
    from command.preflight import read_settings
    from command.running import run as run_all

    lines = Lines()
    try:
        asyncio.run(run_all(read_settings(), lines))
    except CannotStart as failure:
        lines.fail(str(failure))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:  # before the parts were started
        raise typer.Exit(0) from None


@app.command()
def check() -> None:
    """Look at the settings and what they point to, and start nothing."""
    from command.console import Lines
    from command.preflight import check_mail_server, checks, read_settings

    lines = Lines()
    failed = False
    try:
        settings = read_settings()
    except CannotStart as failure:
        lines.fail(str(failure))
        raise typer.Exit(1) from None
    for name, look in [
        *checks(settings),
        ("mail server", lambda: asyncio.run(check_mail_server(settings))),
    ]:
        try:
            look()
            lines.say(f"{name}: good")
        except CannotStart as failure:
            lines.fail(str(failure))
            failed = True
    if failed:
        raise typer.Exit(1)


@app.command(hidden=True)
def prepare() -> None:
    """What `vera run` does to the data folder before it starts the parts."""
    from command.preflight import read_settings
    from command.preparation import prepare as prepare_all
    from command.supervision import NO_USE_TRYING

    try:
        prepare_all(read_settings(), lambda line: typer.echo(line))
    except CannotStart as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(NO_USE_TRYING) from None


@app.command(hidden=True)
def serve() -> None:
    """The service alone; `vera run` starts it beside Rasa."""
    from command.serving import main as serve_all

    sys.exit(serve_all())


@app.command(name="nlu-eval")
def nlu_eval(source: Path, target: Path, score: bool = False) -> None:
    """Read the texts of SOURCE (JSON lines) as customers' messages are read, into TARGET."""
    from command.nlu_eval import evaluate

    try:
        evaluate(source, target, score=score)
    except CannotStart as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from None


@app.command(name="settings-table", hidden=True)
def settings_table() -> None:
    """Write the README's table of settings."""
    from command.settings_table import write

    write()


def main() -> None:
    app()
