"""`mandata demo`: start everything, tell the story in a child process, print the summary, leave the console open."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mandata.cli import up
from mandata.cli.installation import var
from mandata.cli.lifeline import SUPERVISOR
from mandata.cli.output import AsJson
from mandata.cli.supervisor import Supervisor

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
"""The example data lie in the checkout, beside src/."""

PLACES = {
    "MANDATA_SMTP_URL": "smtp://127.0.0.1:2525",
    "MANDATA_DNS": "127.0.0.1:5300",
    "MANDATA_RETURNS_LISTEN": "127.0.0.1:2526",
    "MANDATA_RETURN_DOMAIN": "returns.demo.example",
    "MANDATA_OPERATOR_NAME": "Demo Operator",
    "MANDATA_OPERATOR_CONTACT": "operator@demo.example",
    "MANDATA_NOTICE_SENDER": "notices@demo.example",
    "MANDATA_LOG_LEVEL": "warning",
}
"""Where the demo's own mail catcher and name server are, and who its operator is; what is set already stays."""


def demo(
    web: Annotated[str, typer.Option(help="Where the console and the public pages listen.")] = "127.0.0.1:8000",
    track: Annotated[str, typer.Option(help="Where the tracking door listens.")] = "127.0.0.1:8001",
    mailbox: Annotated[str, typer.Option(help="Where the caught mail is shown.")] = "127.0.0.1:8025",
    examples: Annotated[
        Path | None, typer.Option(help="Folder with subscribers.csv and newsletter.mjml; default is the checkout's.")
    ] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop after the summary; 0 only if everything held.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the main job on the example data: accept, import, send, click, leave, bounce, answer, erase, verify.

    Mail goes to the shipped catcher on this machine and nowhere else. A second run goes on from what is there. Ctrl-C
    stops everything, the database too.

    Examples:

        mandata demo

        mandata demo --exit --json
    """
    for name, value in PLACES.items():
        os.environ.setdefault(name, value)
    outcome: dict[str, Any] = {}

    def tell(supervisor: Supervisor) -> None:
        outcome.update(_story(supervisor, ["--web", web, "--track", track, "--examples", str(examples or EXAMPLES)]))
        if outcome["code"] < 0:
            return  # a signal has asked for the end
        if as_json:
            typer.echo(outcome["figures"])
        if not leave and not supervisor.asked_to_stop:
            up.say(f"The console is open at http://{web}  (Ctrl-C stops everything)")
            supervisor.watch()

    up.run(web, track, ["catcher", "dns"], tell, mailbox=mailbox)
    if outcome.get("code"):
        raise typer.Exit(1)


def _story(supervisor: Supervisor, arguments: list[str]) -> dict[str, Any]:
    """Run the story as a child, while the supervisor goes on watching the services; return its code and figures."""
    story = subprocess.Popen(
        up.mandata("demo-story", *arguments),
        env={**os.environ, SUPERVISOR: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        supervisor.watch(lambda: story.poll() is not None)
    finally:
        if story.poll() is None:
            story.terminate()
    figures, _ = story.communicate()
    return {"code": story.returncode, "figures": figures.strip()}


Place = Annotated[str, typer.Option()]


def story(web: Place, track: Place, examples: Annotated[Path, typer.Option()]) -> None:
    """Tell the demo's story to a running installation; `mandata demo` calls this."""
    from mandata.cli.installation import connected, django

    with connected():
        django()
        from mandata.cli.demo.story import tell

        figures, failures = tell(f"http://{web}", f"http://{track}", var(), examples)
    typer.echo(json.dumps({**figures, "held": not failures, "failures": failures}, default=str))
    sys.stdout.flush()
    if failures:
        raise typer.Exit(1)
