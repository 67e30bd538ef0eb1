"""The `vera` command."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from command import datamap_command
from command.failure import CannotStart
from privacy.agents.roles import Role

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(datamap_command.app, name="datamap")
tasks = typer.Typer(help="What waits for a person.", invoke_without_command=True)
app.add_typer(tasks, name="tasks")
holds = typer.Typer(help="Legal holds: what must not be deleted now.", invoke_without_command=True)
app.add_typer(holds, name="holds")
agent = typer.Typer(help="Who works at the desk.", invoke_without_command=True)
app.add_typer(agent, name="agent")
audit = typer.Typer(
    help="What was done, in rows that nobody can change unnoticed.", no_args_is_help=True
)
app.add_typer(audit, name="audit")


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
    from command.preflight import check_carriers, check_chatwoot, checks, read_settings

    lines = Lines()
    failed = False
    try:
        settings = read_settings()
    except CannotStart as failure:
        lines.fail(str(failure))
        raise typer.Exit(1) from None
    for name, look in [
        *checks(settings),
        ("mail server and text gateway", lambda: asyncio.run(check_carriers(settings))),
        ("Chatwoot", lambda: asyncio.run(check_chatwoot(settings))),
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


@tasks.callback()
def list_tasks(context: typer.Context) -> None:
    """List what waits for a person, what is due first."""
    from command.tasks_command import list_open

    if context.invoked_subcommand is None:
        _told(list_open)


@tasks.command(name="show")
def show_task(task: str) -> None:
    """Everything that a task says; the beginning of its id is enough."""
    from command.tasks_command import show

    _told(lambda: show(task))


@tasks.command(name="done")
def finish_task(
    task: str,
    answer: Annotated[str, typer.Option(help="What came of it.")] = "",
    attach: Annotated[
        list[Path] | None, typer.Option(help="A file that belongs to the answer.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who did it; else the name of this user.")] = "",
) -> None:
    """Say that a task is done; its request goes on when this was its last one."""
    from command.tasks_command import finish

    _told(lambda: finish(task, answer, attach or [], by))


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
    """Write the table of settings in docs/settings.md."""
    from command.settings_table import write

    write()


def _told(act: Callable[[], None]) -> None:
    """What goes wrong is one sentence and exit status 1."""
    try:
        act()
    except CannotStart as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from None


@holds.callback()
def list_holds(
    context: typer.Context,
    lifted: Annotated[bool, typer.Option(help="Also those that were lifted.")] = False,
) -> None:
    """List the legal holds in force, the newest first."""
    from command.holds_command import list_all

    if context.invoked_subcommand is None:
        _told(lambda: list_all(lifted=lifted))


@holds.command(name="place")
def place_hold(
    contact: Annotated[
        str, typer.Argument(help="An e-mail address or phone number of the person.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for your own people: a case, an authority.")],
    by: Annotated[str, typer.Option(help="Who placed it; else the name of this user.")] = "",
) -> None:
    """Let nothing of this person be deleted until the hold is lifted."""
    from command.holds_command import place

    _told(lambda: place(contact, reason, by))


@holds.command(name="lift")
def lift_hold(
    hold: str,
    by: Annotated[str, typer.Option(help="Who lifted it; else the name of this user.")] = "",
) -> None:
    """End a hold; what it stopped goes on when its task is done."""
    from command.holds_command import lift

    _told(lambda: lift(hold, by))


@agent.callback()
def list_agents(context: typer.Context) -> None:
    """List who works at the desk, by login."""
    from command.agent_command import list_all

    if context.invoked_subcommand is None:
        _told(list_all)


@agent.command(name="list")
def list_agents_by_name() -> None:
    """The same."""
    from command.agent_command import list_all

    _told(list_all)


@agent.command(name="add")
def add_agent(
    login: Annotated[str, typer.Argument(help="What they sign in as: an address, or a name.")],
    name: Annotated[str, typer.Option(help="Their name, as customers read it.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
) -> None:
    """Add somebody; prints the key with which they set their account up."""
    from command.agent_command import add

    _told(lambda: add(login, name, role))


@agent.command(name="reset")
def reset_agent(login: str) -> None:
    """Sign somebody out everywhere, and let them set up a new password and authenticator."""
    from command.agent_command import reset

    _told(lambda: reset(login))


@agent.command(name="role")
def change_role_of_agent(login: str, role: Role) -> None:
    """Give somebody another role; they sign in again."""
    from command.agent_command import change_role

    _told(lambda: change_role(login, role))


@agent.command(name="disable")
def disable_agent(login: str) -> None:
    """Sign somebody out everywhere and let them in no more."""
    from command.agent_command import disable

    _told(lambda: disable(login))


@audit.command("verify")
def audit_verify(
    head: Annotated[Path | None, typer.Option(help="A head that was kept elsewhere.")] = None,
) -> None:
    """Look whether the audit hangs together; names the row that does not, and exits with 1."""
    from command import audit_command
    from command.preflight import read_settings

    def act() -> None:
        if not audit_command.verify(read_settings(), typer.echo, head):
            raise typer.Exit(1)

    _told(act)


@audit.command("head")
def audit_head() -> None:
    """Print the newest signed head of the audit, to be kept on another machine."""
    from command import audit_command
    from command.preflight import read_settings

    _told(lambda: audit_command.head(read_settings(), typer.echo))


def main() -> None:
    app()
