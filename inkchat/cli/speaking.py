"""Where errors become words: one sentence or two for the person, details for the log."""

import io
import logging
import sys
from typing import Any, NoReturn

import click

from inkchat.errors import ExitCode, InkchatError

log = logging.getLogger(__name__)


class Speaking(click.Group):
    """A command group whose failures speak to a person and have documented exit codes."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        kwargs["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A narrow terminal gets an escape instead of a sign that it does not know.
                stream.reconfigure(errors="backslashreplace")
        try:
            code = super().main(*args, **kwargs)
        except click.ClickException as error:
            error.show()
            sys.exit(ExitCode.USAGE)
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            sys.exit(ExitCode.INTERRUPTED)
        except InkchatError as error:
            click.echo(f"inkchat: {error}", err=True)
            log.debug("In detail:", exc_info=error)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # Somebody closed the pipe we print into, such as `head`; that is no failure.
            sys.stderr.close()
            sys.exit(ExitCode.DONE)
        except Exception as error:  # the program's edge
            log.exception("A fault in inkchat")
            click.echo(
                f"inkchat: There is a fault in inkchat ({type(error).__name__}). "
                "Please report it with the lines above.",
                err=True,
            )
            sys.exit(ExitCode.DEFECT)
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)
