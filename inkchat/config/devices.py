"""The tablet of each watch: one that inkchat knows or one the person described, set up by hand."""

import difflib
import importlib.util
from collections.abc import Mapping
from dataclasses import replace

from inkchat.config.form import DeviceForm, Parsed, WatchForm
from inkchat.config.settings import Settings
from inkchat.devices import TABLETS, TOOLBAR_DEPTH_PT, make_device
from inkchat.domain import Device, Ruling, Side
from inkchat.errors import ConfigError

SHORTEST_SIDE_PT = 160
"""56 mm: below that the margins leave no room for a line of text."""
LONGEST_SIDE_PT = 1500
DEEPEST_TOOLBAR = 1 / 4
"""Of the page's side."""

_MEASURES = ("width_px", "height_px", "dpi")


def make_own_devices(parsed: Parsed) -> dict[str, Device]:
    """What stands under `devices`. Raises ConfigError with the line of what cannot be used."""
    return {
        name: _make_own_device(name, form, parsed.where("devices", name))
        for name, form in parsed.form.devices.items()
    }


def choose_device(form: WatchForm, own: Mapping[str, Device], where: str) -> Device:
    """The tablet of a watch, with what the watch says of it. Raises ConfigError."""
    device = own.get(form.device) or TABLETS.get(form.device)
    if device is None:
        raise ConfigError(
            f"{where}: the device “{form.device}” is not known.",
            _suggest(form.device, [*own, *TABLETS]),
        )
    if form.hyphenation and importlib.util.find_spec("pyphen") is None:
        raise ConfigError(
            f"{where}: “hyphenation” needs the package pyphen, which is not installed.",
            "Install it with pip install 'inkchat[hyphenation]', or remove the key.",
        )
    side = Side(form.toolbar) if form.toolbar else device.toolbar
    return replace(
        device,
        hand=Side(form.hand),
        toolbar=side,
        toolbar_depth_pt=_find_depth(side, device.toolbar_depth_pt),
        ruling=Ruling(form.ruling) if form.ruling else device.ruling,
        hyphenates=form.hyphenation,
    )


def find_device(name: str | None, settings: Settings) -> Device:
    """The tablet that is called so, set up as for the first watch that has it.

    Without a name, that of the first watch. Raises ConfigError for one that is not known.
    """
    of_watch = (w.device for w in settings.watches if name in (None, w.device.name))
    own = settings.own_devices
    found = next(of_watch, None) or own.get(name or "") or TABLETS.get(name or "")
    if found is None:
        raise ConfigError(
            f"The device “{name}” is not known.", _suggest(name or "", [*own, *TABLETS])
        )
    return found


def _suggest(name: str, known: list[str]) -> str:
    """What to do about a name that is not known."""
    near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.4)
    hint = f"Did you mean “{near[0]}”? " if near else ""
    return f"{hint}`inkchat devices` lists all."


def _make_own_device(name: str, form: DeviceForm, where: str) -> Device:
    if name in TABLETS:
        raise ConfigError(
            f"{where}: “{name}” is a tablet that inkchat knows.", "Give yours another name."
        )
    if form.like is not None and form.like not in TABLETS:
        raise ConfigError(
            f"{where}: “{name}” is like “{form.like}”, which is not known.",
            _suggest(form.like, list(TABLETS)),
        )
    like = TABLETS[form.like] if form.like else None
    device = _complete(name, form, like, where)
    _check(device, where)
    return device


def _complete(name: str, form: DeviceForm, like: Device | None, where: str) -> Device:
    said = form.model_dump(exclude_none=True)
    missing = [key for key in _MEASURES if key not in said]
    if missing and like is None:
        raise ConfigError(
            f"{where}: “{missing[0]}” of “{name}” is missing.",
            "Add it, or `like:` with the name of a tablet that is much the same.",
        )
    like = like or make_device(name, name, (said["width_px"], said["height_px"]), said["dpi"])
    side = Side(form.toolbar) if form.toolbar else like.toolbar
    return make_device(
        name,
        name,
        (said.get("width_px", like.width_px), said.get("height_px", like.height_px)),
        said.get("dpi", like.resolution_dpi),
        colour=said.get("colour", like.has_colour),
        grey=said.get("grey", like.shows_grey),
        toolbar=side,
        toolbar_depth_pt=said.get("toolbar_depth_pt", _find_depth(side, like.toolbar_depth_pt)),
        smallest_pt=said.get("smallest_pt", like.smallest_pt),
        ruling=Ruling(said.get("ruling", like.ruling)),
    )


def _find_depth(side: Side, usual_pt: float) -> float:
    """A toolbar that another profile has nowhere is as deep as most."""
    return 0.0 if side is Side.NONE else usual_pt or TOOLBAR_DEPTH_PT


def _check(device: Device, where: str) -> None:
    width_pt, height_pt = device.page_width_pt, device.page_height_pt
    if not all(SHORTEST_SIDE_PT <= side <= LONGEST_SIDE_PT for side in (width_pt, height_pt)):
        raise ConfigError(
            f"{where}: the page of “{device.name}” would be {width_pt:g} × {height_pt:g} pt, and "
            f"a side may have {SHORTEST_SIDE_PT} to {LONGEST_SIDE_PT}.",
            "Points are pixels / dpi × 72: correct width_px, height_px or dpi.",
        )
    side_pt = height_pt if device.toolbar is Side.TOP else width_pt
    if device.toolbar_depth_pt > side_pt * DEEPEST_TOOLBAR:
        raise ConfigError(
            f"{where}: the toolbar of “{device.name}” would be {device.toolbar_depth_pt:g} pt deep "
            f"on a page of {width_pt:g} × {height_pt:g} pt, and a quarter is the most.",
            "Correct toolbar_depth_pt, or write `toolbar: none`.",
        )
