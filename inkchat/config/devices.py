"""The tablet of each watch: one that inkchat knows or one the person described, set up by hand."""

import difflib
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inkchat.config.form import DeviceForm, Parsed, WatchForm
from inkchat.config.settings import Settings
from inkchat.devices import TABLETS, TOOLBAR_DEPTH_PT, make_device
from inkchat.domain import Device, Ruling, Side
from inkchat.errors import ConfigError

LEAST_PAGE_PT = (180, 300)
"""Width and height of the smallest phone of e-ink, of 5.2"."""
LONGEST_SIDE_PT = 1500
LONGEST_FORM = 2.2
"""The longer side by the shorter: phones have up to 2."""
LEAST_ROOM_PT = (157, 250)
"""Width and height of what the toolbar must leave: in less, codes and footer have no room."""

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_MEASURES = ("width_px", "height_px", "dpi")


def make_own_devices(parsed: Parsed) -> dict[str, Device]:
    """What stands under `devices`. Raises ConfigError with the line of what cannot be used."""
    forms = parsed.form.devices
    devices = {}
    for name, form in forms.items():
        where = parsed.where("devices", name)
        _check_name(name, where)
        like = _find_like(name, form, forms, where)
        devices[name] = _complete(name, form, like, where)
        _check(devices[name], where)
    return devices


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
    chosen = replace(
        device,
        hand=Side(form.hand),
        toolbar=side,
        toolbar_depth_pt=_find_depth(side, device),
        ruling=Ruling(form.ruling) if form.ruling else device.ruling,
        hyphenates=form.hyphenation,
    )
    _check(chosen, where)
    return chosen


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


def describe_device(device: Device) -> dict[str, Any]:
    """What is known of its screen but the size, by the keys of `devices` in config.yaml."""
    return {
        "dpi": device.resolution_dpi,
        "colour": device.has_colour,
        "grey": device.shows_grey,
        "toolbar": device.toolbar.value,
        "toolbar_depth_pt": device.toolbar_depth_pt,
        "smallest_pt": device.smallest_pt,
        "ruling": device.ruling.value,
    }


def _suggest(name: str, known: list[str]) -> str:
    """What to do about a name that is not known."""
    near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.4)
    hint = f"Did you mean “{near[0]}”? " if near else ""
    return f"{hint}`inkchat devices` lists all."


def _check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{where}: the name “{name}” of a device may have small letters, digits and hyphens; "
            "it begins with a letter or a digit and has at most 40.",
            "Give it another name, there and in `device` of the watch.",
        )
    if name in TABLETS:
        raise ConfigError(
            f"{where}: “{name}” is a tablet that inkchat knows.", "Give yours another name."
        )


def _find_like(
    name: str, form: DeviceForm, own: Mapping[str, DeviceForm], where: str
) -> Device | None:
    if form.like is None or form.like in TABLETS:
        return TABLETS[form.like] if form.like else None
    if form.like in own:
        raise ConfigError(
            f"{where}: “{name}” is like “{form.like}”, which is one of your own.",
            "`like` takes a tablet that inkchat knows: say here what they share.",
        )
    raise ConfigError(
        f"{where}: “{name}” is like “{form.like}”, which is not known.",
        _suggest(form.like, list(TABLETS)),
    )


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
    if side is Side.NONE and form.toolbar_depth_pt:
        raise ConfigError(
            f"{where}: “{name}” has no toolbar, and toolbar_depth_pt is {form.toolbar_depth_pt:g}.",
            "Say where it is with `toolbar`, or remove toolbar_depth_pt.",
        )
    return make_device(
        name,
        name,
        (said.get("width_px", like.width_px), said.get("height_px", like.height_px)),
        said.get("dpi", like.resolution_dpi),
        colour=said.get("colour", like.has_colour),
        grey=said.get("grey", like.shows_grey),
        toolbar=side,
        toolbar_depth_pt=said.get("toolbar_depth_pt", _find_depth(side, like)),
        smallest_pt=said.get("smallest_pt", like.smallest_pt),
        ruling=Ruling(said.get("ruling", like.ruling)),
    )


def _find_depth(side: Side, usual: Device) -> float:
    """Of a toolbar at `side`: where `usual` has none at all, it is as deep as most."""
    if side is Side.NONE:
        return 0.0
    return TOOLBAR_DEPTH_PT if usual.toolbar is Side.NONE else usual.toolbar_depth_pt


def _check(device: Device, where: str) -> None:
    """Whether a page has room on it for all its parts. Raises ConfigError."""
    page_pt = width_pt, height_pt = device.page_width_pt, device.page_height_pt
    is_small = width_pt < LEAST_PAGE_PT[0] or height_pt < LEAST_PAGE_PT[1]
    if is_small or max(page_pt) > min(LONGEST_SIDE_PT, LONGEST_FORM * min(page_pt)):
        raise ConfigError(
            f"{where}: the page of “{device.name}” would be {_say_size(page_pt)} pt. It has to be "
            f"at least {_say_size(LEAST_PAGE_PT)}, no side longer than {LONGEST_SIDE_PT}, and one "
            f"side at most {LONGEST_FORM} times the other.",
            "Points are pixels / dpi × 72: correct width_px, height_px or dpi.",
        )
    depth_pt = device.toolbar_depth_pt
    beside_pt = depth_pt if device.toolbar in (Side.LEFT, Side.RIGHT) else 0.0
    below_pt = depth_pt if device.toolbar is Side.TOP else 0.0
    room_pt = width_pt - beside_pt, height_pt - below_pt
    if room_pt[0] < LEAST_ROOM_PT[0] or room_pt[1] < LEAST_ROOM_PT[1]:
        raise ConfigError(
            f"{where}: the toolbar of “{device.name}” would leave {_say_size(room_pt)} pt of its "
            f"page, and a text needs {_say_size(LEAST_ROOM_PT)}.",
            "Correct toolbar_depth_pt, or write another `toolbar`, such as none.",
        )


def _say_size(size_pt: tuple[float, float]) -> str:
    return " × ".join(f"{side_pt:.1f}".removesuffix(".0") for side_pt in size_pt)
