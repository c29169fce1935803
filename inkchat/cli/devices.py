"""`inkchat devices`: the tablets that pages are made for, and which of them are in use."""

import json
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ConfigError

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.domain import Device, Watch

HEAD = ("device", "tablet", "points", "mm", "pixels", "screen", "toolbar", "type")


@click.command()
@common_options
def devices() -> None:
    """List the tablets that `device:` may name, your own too; * marks those in use.

    The page is given in points, millimetres and pixels; the toolbar is where the tablet's own
    tools may lie over it, and how deep in points; type is the smallest that is set, in points.
    """
    from inkchat.devices import TABLETS

    settings = _load()
    own = settings.own_devices if settings else {}
    watches = settings.watches if settings else ()
    tablets = [*own.values(), *TABLETS.values()]
    if get_common().as_json:
        facts = [_describe(each, watches, is_own=each.name in own) for each in tablets]
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    in_use = {watch.device.name for watch in watches}
    rows = [(" ", *HEAD), *(("*" if t.name in in_use else " ", *_write_row(t)) for t in tablets)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    say("\n".join([*lines, "", *map(_write_use, watches)]).rstrip())


def _load() -> "Settings | None":
    """None if the configuration cannot be used: perhaps for the name that is looked for here."""
    from inkchat.config import load_settings

    try:
        return load_settings(get_common().config)
    except ConfigError as error:
        click.echo(f"Warning: {error}", err=True)
        return None


def _write_row(device: "Device") -> tuple[str, ...]:
    width_mm, height_mm = _measure_mm(device)
    toolbar = device.toolbar.value
    return (
        device.name,
        device.label,
        f"{device.page_width_pt:5g}×{device.page_height_pt:g}",
        f"{width_mm:3.0f}×{height_mm:.0f}",
        f"{device.width_px:4}×{device.height_px}",
        "colour" if device.has_colour else "grey",
        f"{toolbar} {device.toolbar_depth_pt:g}" if device.toolbar_depth_pt else toolbar,
        f"{device.smallest_pt:g}",
    )


def _write_use(watch: "Watch") -> str:
    device = watch.device
    words = "words are hyphenated" if device.hyphenates else "no word is hyphenated"
    return (
        f"The watch “{watch.name}” has {device.name}: {device.hand}-handed, "
        f"toolbar {device.toolbar}, {device.ruling} to write on, {words}."
    )


def _describe(device: "Device", watches: "tuple[Watch, ...]", *, is_own: bool) -> dict[str, Any]:
    from inkchat.config.devices import describe_device

    width_mm, height_mm = _measure_mm(device)
    return {
        "name": device.name,
        "tablet": device.label,
        "page_pt": [device.page_width_pt, device.page_height_pt],
        "page_mm": [width_mm, height_mm],
        "page_px": [device.width_px, device.height_px],
        **describe_device(device),
        "own": is_own,
        "watches": [watch.name for watch in watches if watch.device.name == device.name],
    }


def _measure_mm(device: "Device") -> tuple[float, float]:
    return round(device.page_width_pt / 72 * 25.4, 1), round(device.page_height_pt / 72 * 25.4, 1)
