"""The fonts of a page: those that come along, and those of the machine for further scripts."""

from inkchat.cli.checkup.finding import Finding, Grade

_PACKAGED = "Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Georgian and Devanagari"
_SAMPLES = {"Chinese": ("zh-hans", "中国"), "Japanese": ("ja", "かカ中"), "Korean": ("ko", "한국")}
"""How each is named to those who choose a font, and what it must have."""
_INSTALL = (
    "If notes or answers are written so, install a font: `apt install fonts-noto-cjk` on Debian "
    "and Ubuntu, `dnf install google-noto-sans-cjk-fonts` on Fedora, `pacman -S noto-fonts-cjk` "
    "on Arch."
)


def check_fonts() -> Finding:
    """Loads every face that a page may need."""
    try:
        from inkchat.reply.fonts import Face, load_font

        for face in Face:
            load_font(face)
    except Exception as error:  # whatever a broken package raises
        return Finding(
            Grade.WRONG,
            "Fonts",
            f"They cannot be loaded ({type(error).__name__}: {error}), so no page can be drawn.",
            "Run `pip install --force-reinstall font-source-serif-pro pymupdf-fonts reportlab`.",
        )
    return Finding(Grade.OK, "Fonts", f"All {len(Face)} faces load.")


def check_scripts() -> Finding:
    """Which scripts can be drawn, and what to install for others."""
    found = {script: _find_family(*asked) for script, asked in _SAMPLES.items()}
    missing = [script for script, family in found.items() if not family]
    drawn = [script for script, family in found.items() if family]
    text = f"{_PACKAGED} can be drawn."
    if drawn:
        families = dict.fromkeys(family for family in found.values() if family)
        text += f" {_list(drawn, 'and')} can be too, with {_list([*families], 'and')}."
    if not missing:
        return Finding(Grade.OK, "Scripts", text)
    text += (
        f" For {_list(missing, 'or')} there is no font on this machine: in place of each character "
        "a small frame with its number is drawn."
    )
    return Finding(Grade.WARNING, "Scripts", text, _INSTALL)


def _find_family(language: str, sample: str) -> str:
    """The family of the font that has the first of it; empty if there is none for some of it."""
    from inkchat.reply.font_folders import list_folders
    from inkchat.reply.system_fonts import Surroundings, Wish, find_face

    around = Surroundings(list_folders(), language)
    wish = Wish(is_serif=True, is_bold=False, is_italic=False)
    faces = [find_face(character, wish, around) for character in sample]
    return faces[0].family if faces[0] is not None and all(faces) else ""


def _list(words: list[str], joiner: str) -> str:
    *others, last = words
    return f"{', '.join(others)} {joiner} {last}" if others else last
