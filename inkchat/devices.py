"""The tablets inkchat knows, and the size of a page that fills their screen.

Points are pixels / dpi × 72. Pixels and dpi are the makers' figures, as the profiles of
kcc (ciromattia/kcc) list them. The Kindles of 11" give reflowed books 1920 of their 1986 pixels
across; a PDF has all of them, and the margins are wider than the difference.

reMarkable's strip of tools is 40 pt deep and stands at the left until it is told otherwise. For
the other makers nobody has measured it: the side is where their tools stand at first, the depth
is reMarkable's, and who knows better says so in config.yaml.

Type of 7.5 pt has as many dots at 226 dpi as one of 5.7 pt at 300; there it is the eye that asks
for 7. A colour filter takes contrast, so that 7.5 pt holds for those at 300 dpi as well.
"""

from dataclasses import replace

from inkchat.domain import Device, Ruling, Side

TOOLBAR_DEPTH_PT = 40.0


def make_device(
    name: str,
    label: str,
    size_px: tuple[int, int],
    dpi: int,
    *,
    colour: bool = False,
    toolbar: Side = Side.LEFT,
    toolbar_depth_pt: float = TOOLBAR_DEPTH_PT,
    smallest_pt: float = 7.5,
    grey: bool = True,
    ruling: Ruling = Ruling.LINES,
) -> Device:
    """`size_px` is width and height; a toolbar that is nowhere has no depth."""
    width_px, height_px = size_px
    return Device(
        name=name,
        label=label,
        page_width_pt=round(width_px / dpi * 72, 1),
        page_height_pt=round(height_px / dpi * 72, 1),
        resolution_dpi=dpi,
        has_colour=colour,
        toolbar=toolbar,
        toolbar_depth_pt=0.0 if toolbar is Side.NONE else toolbar_depth_pt,
        smallest_pt=smallest_pt,
        shows_grey=grey,
        ruling=ruling,
    )


DEFAULT_DEVICE = "remarkable-2"

DEVICES: dict[str, Device] = {
    device.name: device
    for device in (
        make_device("remarkable-2", "reMarkable 2", (1404, 1872), 226),
        # Gallery 3 mixes every grey of dots of four inks.
        make_device(
            "remarkable-paper-pro",
            "reMarkable Paper Pro",
            (1620, 2160),
            229,
            colour=True,
            grey=False,
        ),
        # On a narrow page one writes small, and lines would say how small; dots do not.
        make_device(
            "remarkable-paper-pro-move",
            "reMarkable Paper Pro Move",
            (954, 1696),
            264,
            colour=True,
            grey=False,
            ruling=Ruling.DOTS,
        ),
        make_device("supernote-a5x", "Supernote A5X", (1404, 1872), 226, toolbar=Side.TOP),
        make_device(
            "supernote-nomad",
            "Supernote Nomad",
            (1404, 1872),
            300,
            toolbar=Side.TOP,
            smallest_pt=7.0,
            ruling=Ruling.DOTS,
        ),
        make_device(
            "supernote-manta",
            "Supernote Manta",
            (1920, 2560),
            300,
            toolbar=Side.TOP,
            smallest_pt=7.0,
        ),
        make_device(
            "boox-note-air", "Boox Note Air, Note Air 2", (1404, 1872), 227, toolbar=Side.TOP
        ),
        make_device(
            "boox-note-air-c",
            "Boox Note Air 3C, 4C, 5C",
            (1860, 2480),
            300,
            colour=True,
            toolbar=Side.TOP,
        ),
        make_device(
            "boox-go", "Boox Go 10.3", (1860, 2480), 300, toolbar=Side.TOP, smallest_pt=7.0
        ),
        # A reader without a pen: what is written back is typed, or written elsewhere.
        make_device(
            "boox-palma",
            "Boox Palma",
            (824, 1648),
            300,
            toolbar=Side.NONE,
            smallest_pt=7.0,
            ruling=Ruling.BLANK,
        ),
        make_device("kindle-scribe", "Kindle Scribe, Scribe 2", (1860, 2480), 300, smallest_pt=7.0),
        make_device("kindle-scribe-3", "Kindle Scribe 3", (1986, 2648), 300, smallest_pt=7.0),
        make_device(
            "kindle-scribe-colorsoft", "Kindle Scribe Colorsoft", (1986, 2648), 300, colour=True
        ),
        make_device("kobo-elipsa", "Kobo Elipsa", (1404, 1872), 227, toolbar=Side.TOP),
        make_device(
            "kobo-libra-2",
            "Kobo Libra 2",
            (1264, 1680),
            300,
            toolbar=Side.NONE,
            smallest_pt=7.0,
            ruling=Ruling.BLANK,
        ),
        make_device(
            "kobo-libra-colour",
            "Kobo Libra Colour",
            (1264, 1680),
            300,
            colour=True,
            toolbar=Side.TOP,
            ruling=Ruling.DOTS,
        ),
    )
}
"""One for each kind of screen, by the name that `device:` takes."""

_SAME_SCREEN = {
    "remarkable-1": ("remarkable-2", "reMarkable 1"),
    "remarkable-paper-pure": ("remarkable-2", "reMarkable Paper Pure"),
    "supernote-a6x": ("supernote-nomad", "Supernote A6X"),
    "boox-tab-ultra": ("boox-note-air", "Boox Tab Ultra"),
    "boox-tab-ultra-c-pro": ("boox-note-air-c", "Boox Tab Ultra C Pro"),
}

TABLETS: dict[str, Device] = dict(
    sorted(
        {
            **DEVICES,
            **{
                name: replace(DEVICES[like], name=name, label=label)
                for name, (like, label) in _SAME_SCREEN.items()
            },
        }.items()
    )
)
"""All that `device:` takes: people look for their tablet by its own name."""
