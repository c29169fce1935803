"""Tablets: what is known of them, how a person describes one, and that pages are made for it."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml

from inkchat.config import Settings, SettingsSource, load_settings
from inkchat.config.changing import change_value
from inkchat.config.effective import describe_settings
from inkchat.devices import DEVICES, TABLETS
from inkchat.domain import Device, DropState, Ruling, Side
from inkchat.errors import ConfigError
from inkchat.reply import draw_response
from tests import program
from tests.conftest import ROOT
from tests.house import House, make_house, running, wait_for
from tests.reply.answers import GOLDEN
from tests.reply.reading import find_ink_in_margins, read_pages_with_pdfium

MAKERS_FIGURES = {
    "remarkable-1": (1404, 1872, 447.3, 596.4, False),
    "remarkable-2": (1404, 1872, 447.3, 596.4, False),
    "remarkable-paper-pure": (1404, 1872, 447.3, 596.4, False),
    "remarkable-paper-pro": (1620, 2160, 509.3, 679.1, True),
    "remarkable-paper-pro-move": (954, 1696, 260.2, 462.5, True),
    "supernote-a5x": (1404, 1872, 447.3, 596.4, False),
    "supernote-a6x": (1404, 1872, 337.0, 449.3, False),
    "supernote-nomad": (1404, 1872, 337.0, 449.3, False),
    "supernote-manta": (1920, 2560, 460.8, 614.4, False),
    "boox-note-air": (1404, 1872, 445.3, 593.8, False),
    "boox-tab-ultra": (1404, 1872, 445.3, 593.8, False),
    "kobo-elipsa": (1404, 1872, 445.3, 593.8, False),
    "boox-note-air-c": (1860, 2480, 446.4, 595.2, True),
    "boox-tab-ultra-c-pro": (1860, 2480, 446.4, 595.2, True),
    "boox-go": (1860, 2480, 446.4, 595.2, False),
    "kindle-scribe": (1860, 2480, 446.4, 595.2, False),
    "boox-palma": (824, 1648, 197.8, 395.5, False),
    "kindle-scribe-3": (1986, 2648, 476.6, 635.5, False),
    "kindle-scribe-colorsoft": (1986, 2648, 476.6, 635.5, True),
    "kobo-libra-2": (1264, 1680, 303.4, 403.2, False),
    "kobo-libra-colour": (1264, 1680, 303.4, 403.2, True),
}


def read(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return load_settings(file, {})


def read_device(tmp_path: Path, text: str) -> Device:
    (watch,) = read(tmp_path, text).watches
    return watch.device


def refuse(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    return str(refused.value)


def measure(pdf: Path) -> tuple[float, float]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        width_pt, height_pt = document[0].get_size()
        return round(width_pt, 1), round(height_pt, 1)
    finally:
        document.close()


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return program.call("inkchat", *words, cwd=folder)


def test_every_tablet_has_its_makers_figures() -> None:
    assert MAKERS_FIGURES == {
        name: (
            device.width_px,
            device.height_px,
            device.page_width_pt,
            device.page_height_pt,
            device.has_colour,
        )
        for name, device in TABLETS.items()
    }


def test_the_documentation_lists_every_tablet_as_it_is() -> None:
    text = (ROOT / "docs" / "pages.md").read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    listed = {
        name: (*cells[2:6], cells[6].rstrip(" |"))
        for cells in rows
        if len(cells) == 7
        for name in re.findall("`([a-z0-9-]+)`", cells[0])
    }

    assert {name: _say(device) for name, device in TABLETS.items()} == listed


def _say(device: Device) -> tuple[str, ...]:
    screen = "colour" if device.has_colour else "grey"
    depth = f", {device.toolbar_depth_pt:g} pt" if device.toolbar_depth_pt else ""
    return (
        f"{device.page_width_pt:g} × {device.page_height_pt:g}",
        screen if device.shows_grey else f"{screen}, no light greys",
        f"{device.toolbar}{depth}",
        f"{device.smallest_pt:g} pt",
        str(device.ruling),
    )


def test_every_tablet_is_found_by_its_name_and_shown_by_its_own() -> None:
    assert list(TABLETS) == sorted(device.name for device in TABLETS.values())
    assert len(TABLETS) == len({device.label for device in TABLETS.values()})
    assert set(DEVICES) <= set(TABLETS)


def test_no_profile_contradicts_itself() -> None:
    for device in TABLETS.values():
        assert 7 <= device.smallest_pt <= 7.5
        assert (device.toolbar is Side.NONE) == (device.toolbar_depth_pt == 0)
        assert device.hand is Side.RIGHT
        assert not device.hyphenates


def test_a_watch_says_how_its_tablet_is_held_and_set_up(tmp_path: Path) -> None:
    device = read_device(
        tmp_path,
        "watch: [{device: supernote-nomad, hand: left, toolbar: right, ruling: grid, "
        "hyphenation: true}]",
    )

    assert TABLETS["supernote-nomad"].page_width_pt == device.page_width_pt
    assert (Side.LEFT, Side.RIGHT, 40.0) == (device.hand, device.toolbar, device.toolbar_depth_pt)
    assert (Ruling.GRID, True) == (device.ruling, device.hyphenates)


def test_a_watch_that_says_nothing_has_the_tablet_as_it_is_made(tmp_path: Path) -> None:
    for name, device in TABLETS.items():
        assert device == read_device(tmp_path, f"watch: [{{device: {name}}}]")


@pytest.mark.parametrize(
    ("device", "toolbar", "depth_pt"),
    [("remarkable-2", "none", 0.0), ("boox-palma", "top", 40.0), ("remarkable-2", "left", 40.0)],
)
def test_a_toolbar_that_is_nowhere_takes_no_room(
    device: str, toolbar: str, depth_pt: float, tmp_path: Path
) -> None:
    got = read_device(tmp_path, f"watch: [{{device: {device}, toolbar: {toolbar}}}]")

    assert (toolbar, depth_pt) == (got.toolbar, got.toolbar_depth_pt)


def test_a_person_describes_a_tablet_that_is_not_known(tmp_path: Path) -> None:
    device = read_device(
        tmp_path,
        "watch: [{device: my-tablet}]\n"
        "devices:\n  my-tablet: {width_px: 1200, height_px: 1600, dpi: 200, colour: true, "
        "grey: false, toolbar: right, toolbar_depth_pt: 30, smallest_pt: 8, ruling: dots}\n",
    )

    assert Device("my-tablet", "my-tablet", 432.0, 576.0, 200, True) == Device(
        device.name,
        device.label,
        device.page_width_pt,
        device.page_height_pt,
        device.resolution_dpi,
        device.has_colour,
    )
    assert (False, Side.RIGHT, 30.0) == (device.shows_grey, device.toolbar, device.toolbar_depth_pt)
    assert (8.0, Ruling.DOTS) == (device.smallest_pt, device.ruling)


def test_what_is_not_said_of_a_tablet_is_as_in_the_one_it_is_like(tmp_path: Path) -> None:
    like = TABLETS["remarkable-paper-pro"]

    device = read_device(
        tmp_path,
        "watch: [{device: mine}]\ndevices: {mine: {like: remarkable-paper-pro, height_px: 2000}}",
    )

    assert (like.width_px, 2000) == (device.width_px, device.height_px)
    assert (like.has_colour, like.shows_grey, like.ruling, like.smallest_pt, like.toolbar) == (
        device.has_colour,
        device.shows_grey,
        device.ruling,
        device.smallest_pt,
        device.toolbar,
    )


def test_the_toolbar_of_a_tablet_moves_with_its_depth(tmp_path: Path) -> None:
    for toolbar, depth_pt in (("top", 30.0), ("none", 0.0)):
        device = read_device(
            tmp_path,
            f"watch: [{{device: mine, toolbar: {toolbar}}}]\n"
            "devices: {mine: {like: remarkable-2, toolbar_depth_pt: 30}}",
        )

        assert (toolbar, depth_pt) == (device.toolbar, device.toolbar_depth_pt)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("watch: [{device: remarkable2}]", "Did you mean “remarkable-2”?"),
        ("watch: [{device: my-tablt}]\ndevices: {my-tablet: {like: boox-go}}", "“my-tablet”?"),
        ("watch: [{device: qqqq}]", "is not known. `inkchat devices` lists all."),
        ("watch: [{hand: both}]", "“watch.0.hand” should be 'left' or 'right'"),
        ("watch: [{toolbar: bottom}]", "should be 'left', 'right', 'top' or 'none'"),
        ("watch: [{ruling: squares}]", "should be 'lines', 'dots', 'grid' or 'blank'"),
        ("watch: [{rulling: dots}]", "Did you mean “ruling”?"),
        ("devices: {mine: {like: kindel-scribe}}", "Did you mean “kindle-scribe”?"),
        ("devices: {mine: {like: boox-go, widht_px: 3}}", "Did you mean “width_px”?"),
        ("devices: {mine: {width_px: 800, height_px: 900}}", "“dpi” of “mine” is missing"),
        ("devices: {mine: {like: boox-go, dpi: 601}}", "less than or equal to 600"),
        ("devices: {mine: {like: boox-go, dpi: 59}}", "greater than or equal to 60"),
        ("devices: {mine: {like: boox-go, smallest_pt: 9.1}}", "less than or equal to 9"),
        (
            "devices: {mine: {like: boox-go, smallest_pt: .nan}}",
            "“devices.mine.smallest_pt” should be a finite",
        ),
        ("devices: {mine: {like: boox-go, dpi: 60}}", "would be 2232 × 2976 pt"),
        ("devices: {mine: {like: boox-go, width_px: 30}}", "would be 7.2 × 595.2 pt"),
        ("devices: {mine: {width_px: 489, height_px: 489, dpi: 220}}", "would be 160 × 160 pt"),
        ("devices: {mine: {width_px: 530, height_px: 916, dpi: 220}}", "at least 180 × 300"),
        ("devices: {mine: {width_px: 4500, height_px: 2000, dpi: 220}}", "at most 2.2 times"),
        ("devices: {mine: {width_px: 1000, height_px: 2210, dpi: 220}}", "at most 2.2 times"),
        (
            "devices: {mine: {like: boox-palma, toolbar: left, toolbar_depth_pt: 60}}",
            "the toolbar of “mine” would leave 137.8 × 395.5 pt",
        ),
        (
            "devices: {mine: {like: kobo-libra-2, height_px: 1250, toolbar: top, "
            "toolbar_depth_pt: 51}}",
            "would leave 303.4 × 249 pt of its page, and a text needs 157 × 250",
        ),
        (
            "devices: {mine: {like: boox-palma, toolbar_depth_pt: 30}}",
            "“mine” has no toolbar, and toolbar_depth_pt is 30",
        ),
        (
            "devices: {mine: {like: boox-go, toolbar: none, toolbar_depth_pt: 5}}",
            "“mine” has no toolbar, and toolbar_depth_pt is 5",
        ),
        (
            "devices: {mine: {like: boox-go, toolbar_depth_pt: true}}",
            "“devices.mine.toolbar_depth_pt” should be a number, not True",
        ),
        ("devices: {mine: {like: boox-go, toolbar: on}}", "or 'none', not True"),
        ("devices: {boox-go: {like: boox-palma}}", "is a tablet that inkchat knows"),
        (
            "devices: {My Tablet: {like: boox-go}}",
            "the name “My Tablet” of a device may have small letters, digits and hyphens",
        ),
        (
            f"devices: {{{'a' * 41}: {{like: boox-go}}}}",
            "begins with a letter or a digit and has at most 40",
        ),
        ('devices: {"mine\\n": {like: boox-go}}', "may have small letters"),
        ("devices:\n  no: {like: boox-go}", "line 2: YAML does not read the key “no” as text"),
        ("devices: {1: {like: boox-go}}", "the key “1” as text. Put it in quotes"),
        (
            "devices: {b: {like: boox-go}, a: {like: b}}",
            "“a” is like “b”, which is one of your own. `like` takes a tablet that inkchat knows",
        ),
        ("devices: {a: {like: a}}", "which is one of your own"),
        ("devices: {mine: 3}", "keys with values"),
        ("devices: {mine: {}}", "“width_px” of “mine” is missing"),
    ],
)
def test_a_mistake_about_a_tablet_is_said_with_its_line(
    text: str, expected: str, tmp_path: Path
) -> None:
    said = refuse(tmp_path, text)

    assert expected in said
    assert "config.yaml, line " in said


def test_a_toolbar_that_a_watch_moves_must_leave_room_too(tmp_path: Path) -> None:
    own = (
        "devices: {mine: {width_px: 600, height_px: 1200, dpi: 220, toolbar: top, "
        "toolbar_depth_pt: 100}}\n"
    )

    assert 100 == read_device(tmp_path, f"{own}watch: [{{device: mine}}]").toolbar_depth_pt
    said = refuse(tmp_path, f"{own}watch: [{{device: mine, toolbar: left}}]")
    assert "line 2: the toolbar of “mine” would leave 96.4 × 392.7 pt" in said


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("name", TABLETS)
def test_the_toolbar_of_every_known_tablet_may_stand_anywhere(
    name: str, side: Side, tmp_path: Path
) -> None:
    assert side is read_device(tmp_path, f"watch: [{{device: {name}, toolbar: {side}}}]").toolbar


@pytest.mark.parametrize("of_watch", ["", ", toolbar: left", ", toolbar: top"])
def test_a_toolbar_that_is_said_to_have_no_depth_has_none(of_watch: str, tmp_path: Path) -> None:
    device = read_device(
        tmp_path,
        f"watch: [{{device: mine{of_watch}}}]\n"
        "devices: {mine: {like: remarkable-2, toolbar_depth_pt: 0}}",
    )

    assert 0 == device.toolbar_depth_pt


@pytest.mark.parametrize("word", ["no", "off", "false", "none"])
def test_a_toolbar_may_be_switched_off(word: str, tmp_path: Path) -> None:
    own = f"devices: {{mine: {{like: boox-go, toolbar: {word}}}}}\n"

    assert Side.NONE is read_device(tmp_path, f"{own}watch: [{{device: mine}}]").toolbar
    assert Side.NONE is read_device(tmp_path, f"watch: [{{toolbar: {word}}}]").toolbar


@pytest.mark.parametrize(
    ("width_px", "height_px", "toolbar", "depth_pt"),
    [
        (750, 1250, "none", 0),
        (750, 1650, "left", 23),
        (750, 1650, "right", 23),
        (750, 1650, "top", 100),
        (2750, 1250, "top", 50),
        (1251, 1251, "left", 100),
        (1063, 1250, "left", 98),
    ],
)
def test_the_least_screen_has_a_page_with_all_its_parts(
    width_px: int, height_px: int, toolbar: str, depth_pt: int, tmp_path: Path
) -> None:
    device = read_device(
        tmp_path,
        f"devices: {{mine: {{width_px: {width_px}, height_px: {height_px}, dpi: 300, "
        f"toolbar: {toolbar}, toolbar_depth_pt: {depth_pt}, smallest_pt: 9}}}}\n"
        "watch: [{device: mine}]",
    )
    pdf = draw_response(GOLDEN["recipe"], device)

    assert [] == find_ink_in_margins(pdf, device)
    assert all("H4KM7P" in page for page in read_pages_with_pdfium(pdf))


def test_hyphenation_without_its_package_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert "pip install 'inkchat[hyphenation]'" in refuse(tmp_path, "watch: [{hyphenation: true}]")
    assert not read_device(tmp_path, "watch: [{hyphenation: false}]").hyphenates


def test_what_config_shows_of_tablets_can_be_read_again(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "devices:\n  mine: {like: boox-palma, width_px: 800, toolbar: left, toolbar_depth_pt: 21}\n"
        "  bare: {like: boox-go, toolbar: left, toolbar_depth_pt: 0}\n"
        "  whole: {like: boox-go, toolbar: none}\n"
        "watch:\n  - {inbox: a, device: mine, hand: left, ruling: grid}\n"
        "  - {inbox: b, device: kobo-elipsa, toolbar: none, hyphenation: true}\n",
    )
    shown: dict[str, Any] = describe_settings(settings)

    again = read(tmp_path, yaml.safe_dump({key: shown[key] for key in ("devices", "watch")}))

    assert settings.own_devices == again.own_devices
    assert [w.device for w in settings.watches] == [w.device for w in again.watches]


def test_a_tablet_is_described_and_chosen_by_config_set(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    change_value(file, "devices.mine", "{like: boox-go, dpi: 250}", {})
    change_value(file, "devices.mine.smallest_pt", "8.5", {})
    change_value(file, "watch.0.device", "mine", {})
    settings = change_value(file, "watch.0.toolbar", "none", {}).settings

    (watch,) = settings.watches
    assert (250, 8.5, Side.NONE) == (
        watch.device.resolution_dpi,
        watch.device.smallest_pt,
        watch.device.toolbar,
    )
    with pytest.raises(ConfigError, match="Did you mean “mine”"):
        change_value(file, "watch.0.device", "mien", {})


def test_another_tablet_is_taken_up_while_running(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("devices: {mine: {like: boox-go}}\nwatch: [{device: mine}]")
    source = SettingsSource(file, {})
    file.write_text("devices: {mine: {like: boox-palma}}\nwatch: [{device: mine}]")

    changed = [source.refresh() for _look in range(2)]

    assert [False, True] == changed
    assert TABLETS["boox-palma"].width_px == source.current().watches[0].device.width_px


def test_a_page_is_made_for_the_tablet_that_the_watch_has_when_it_is_drawn(tmp_path: Path) -> None:
    house = make_house(tmp_path / "house", more="watch: [{device: remarkable-2}]\n")
    house.outbox.rmdir()
    waiting = house.answer("note.txt", "Why?")
    house.configure(
        more="devices: {mine: {like: boox-palma, width_px: 900}}\nwatch: [{device: mine}]\n"
    )
    house.outbox.mkdir()

    with running(house):
        wait_for(house.responses)

    assert DropState.ANSWERED is waiting.state
    (name,) = house.responses()
    assert (216.0, 395.5) == measure(house.outbox / name)


def test_a_digest_is_made_for_the_watchs_tablet(tmp_path: Path) -> None:
    house = make_house(tmp_path / "house", more="watch: [{device: kobo-libra-2}]\n")
    drop = house.answer("note.txt", "Why?")

    ran = call(
        house.folder, "export", drop.conversation_id or "", "--format", "pdf", "--output", "d.pdf"
    )

    assert 0 == ran.returncode, ran.stderr
    assert (303.4, 403.2) == measure(house.folder / "d.pdf")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(
        tmp_path / "house",
        more="devices: {mine: {like: boox-go, dpi: 250}}\n"
        "watch: [{device: mine, hand: left, ruling: dots}]\n",
    )


def test_the_list_of_tablets_marks_those_in_use(house: House) -> None:
    ran = call(house.folder, "devices")

    assert 0 == ran.returncode, ran.stderr
    lines = ran.stdout.splitlines()
    names = [line[1:].split()[0] for line in lines[1 : 2 + len(TABLETS)]]
    assert ["mine", *TABLETS] == names
    assert ["*  mine"] == [line[:7] for line in lines if line.startswith("*")]
    assert "447.3×596.4  158×210  1404×1872  grey    left 40  7.5" in ran.stdout
    assert (
        "The watch “inbox” has mine: left-handed, toolbar top, dots to write on, "
        "no word is hyphenated."
    ) == lines[-1]
    assert max(map(len, lines)) < 120


def test_the_list_of_tablets_speaks_json(house: House) -> None:
    listed = {
        each["name"]: each for each in json.loads(call(house.folder, "devices", "--json").stdout)
    }

    assert {"mine", *TABLETS} == set(listed)
    assert (True, ["inbox"]) == (listed["mine"]["own"], listed["mine"]["watches"])
    palma = listed["boox-palma"]
    assert {
        "name": "boox-palma",
        "tablet": "Boox Palma",
        "page_pt": [197.8, 395.5],
        "page_mm": [69.8, 139.5],
        "page_px": [824, 1648],
        "dpi": 300,
        "colour": False,
        "grey": True,
        "toolbar": "none",
        "toolbar_depth_pt": 0,
        "smallest_pt": 7,
        "ruling": "blank",
        "own": False,
        "watches": [],
    } == palma


def test_the_tablets_are_listed_also_for_who_has_misspelt_one(house: House) -> None:
    house.write_config("watch: [{device: boox-palmo}]\n")

    ran = call(house.folder, "devices")

    assert 0 == ran.returncode
    assert "boox-palma" in ran.stdout
    assert "Did you mean “boox-palma”?" in ran.stderr
    assert "*" not in ran.stdout
