"""The tablets inkchat knows, and the size of a page that fills their screen.

Points are pixels / dpi × 72. Pixels and dpi are the makers' figures, as the profiles of
kcc (ciromattia/kcc) list them.
"""

from inkchat.domain import Device


def _device(name: str, label: str, width_px: int, height_px: int, dpi: int, colour: bool) -> Device:
    return Device(
        name=name,
        label=label,
        page_width_pt=round(width_px / dpi * 72, 1),
        page_height_pt=round(height_px / dpi * 72, 1),
        resolution_dpi=dpi,
        has_colour=colour,
    )


DEFAULT_DEVICE = "remarkable-2"

DEVICES: dict[str, Device] = {
    device.name: device
    for device in (
        _device("remarkable-2", "reMarkable 1, 2, Paper Pure", 1404, 1872, 226, False),
        _device("remarkable-paper-pro", "reMarkable Paper Pro", 1620, 2160, 229, True),
        _device("supernote-a5x", "Supernote A5X", 1404, 1872, 226, False),
        _device("supernote-nomad", "Supernote A6X, Nomad", 1404, 1872, 300, False),
        _device("supernote-manta", "Supernote Manta", 1920, 2560, 300, False),
        _device(
            "boox-note-air", "Boox Note Air 1/2, Tab Ultra; Kobo Elipsa", 1404, 1872, 227, False
        ),
        _device("boox-note-air-c", "Boox Note Air 3C–5C, Tab Ultra C Pro", 1860, 2480, 300, True),
        _device("kindle-scribe", "Kindle Scribe 1/2; Boox Go 10.3", 1860, 2480, 300, False),
    )
}
"""By the name that `device:` takes."""
