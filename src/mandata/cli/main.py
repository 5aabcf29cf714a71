"""The `mandata` command. Each command lives in a file of its own; here they get their names."""

from typing import Any

import typer
from typer.core import TyperGroup

import mandata
from mandata.cli import (
    agreement,
    assistance,
    audits,
    backup,
    breaches,
    catcher,
    classify_bounce,
    decide,
    dns,
    domains,
    drill,
    due,
    ends,
    erase,
    keys,
    limits,
    measures,
    migrate,
    operator,
    pack,
    restore,
    retention,
    serve,
    settings,
    stamp,
    subprocessors,
    transports,
    up,
    verify,
    worker,
)
from mandata.cli.demo import command as demo
from mandata.cli.lifeline import tie
from mandata.foundation.errors import Fault, Refused

EPILOG = "Start with: mandata up  (then open http://127.0.0.1:8000). Every command has --help with examples."


class _Commands(TyperGroup):
    """Tells refusals and faults in words, without a trace; a bug keeps its trace."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.BadParameter):
            raise  # an end or wrong usage, which needs no look at the database's errors
        except Fault as fault:
            typer.secho(f"{fault.message}\n{fault.remedy}".strip(), fg="red", err=True)
        except Refused as refused:
            typer.secho(refused.message, fg="red", err=True)
            for label, text in (("Refused by", refused.clause), ("What helps", refused.remedy)):
                if text:
                    typer.echo(f"{label}: {text}", err=True)
        except Exception as error:
            if not _without_tables(error):
                raise
            typer.secho("This installation has no tables yet, or those of an older version.", fg="red", err=True)
            typer.echo("Run `mandata migrate`, or start everything with `mandata up`, which does it.", err=True)
        raise typer.Exit(1)


def _without_tables(error: BaseException | None) -> bool:
    from psycopg.errors import UndefinedColumn, UndefinedTable

    return error is not None and (
        isinstance(error, UndefinedTable | UndefinedColumn) or _without_tables(error.__cause__)
    )


# No pretty traces: they would print local variables, and with them personal data.
app = typer.Typer(
    name="mandata",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    help="Mandata: an e-mailing platform whose data processing agreement runs.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(mandata.__version__)
        raise typer.Exit


@app.callback()
def _main(
    _version_wanted: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    tie()


app.add_typer(agreement.app, name="agreement")
app.add_typer(subprocessors.app, name="subprocessors")
app.add_typer(transports.app, name="transports")
app.add_typer(breaches.app, name="breaches")
app.add_typer(domains.app, name="domains")
app.add_typer(audits.app, name="audits")
app.add_typer(assistance.app, name="assistance")
app.add_typer(keys.app, name="keys")
app.add_typer(limits.app, name="limits")
app.add_typer(retention.app, name="retention")
app.add_typer(measures.app, name="measures")
app.add_typer(backup.app, name="backup")
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("demo-story", hidden=True)(demo.story)
app.command("drill")(drill.drill)
app.command("drill-look", hidden=True)(drill.look)
app.command("restore")(restore.restore)
app.command("migrate")(migrate.migrate)
app.command("operator")(operator.operator)
app.command("web")(serve.web)
app.command("track")(serve.track)
app.command("worker")(worker.worker)
app.command("due")(due.due)
app.command("duties")(due.duties)
app.command("decide")(decide.decide)
app.command("ends")(ends.ends)
app.command("export-controller")(ends.export_controller)
app.command("hand-over")(ends.hand_over)
app.command("erase")(erase.erase)
app.command("verify")(verify.verify)
app.command("pack")(pack.pack)
app.command("stamp")(stamp.stamp)
app.command("catcher")(catcher.catcher)
app.command("classify-bounce")(classify_bounce.classify_bounce)
app.command("dns")(dns.dns)
app.command("settings")(settings.settings)
