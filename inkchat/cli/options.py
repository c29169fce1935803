"""Options that every command takes, before or after the command's name."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Common:
    """What was said on either side of the command's name; the later word holds."""

    config: Path | None = None
    as_json: bool = False
    verbosity: int = field(default=0)

    def start_logging(self) -> None:
        level = [logging.WARNING, logging.INFO, logging.DEBUG][min(self.verbosity, 2)]
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", force=True)
        logging.getLogger("inkchat").setLevel(level)


def common_options(command: Command) -> Command:
    """Add --config, --json and -v to a command; it finds them with `get_common`."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration file.  [default: ./config.yaml, if there is one]",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
    @click.option("-v", "--verbose", "verbosity", count=True, help="Say more; -vv says everything.")
    @functools.wraps(command)
    def with_common(
        *args: Any, config: Path | None, as_json: bool, verbosity: int, **kwargs: Any
    ) -> Any:
        common = get_common()
        common.config = config or common.config
        common.as_json = as_json or common.as_json
        common.verbosity += verbosity
        common.start_logging()
        return command(*args, **kwargs)

    return with_common  # type: ignore[return-value]


def get_common() -> Common:
    return click.get_current_context().ensure_object(Common)


def locate_config() -> Path:
    from inkchat.config.reading import DEFAULT_CONFIG

    return get_common().config or Path(DEFAULT_CONFIG)
