"""What is installed: the fonts of a page, and the reader of handwriting."""

from inkchat.cli.checkup.finding import Finding, Grade


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


def check_handwriting() -> Finding:
    from inkchat.models.handwriting import find_missing_packages

    missing = find_missing_packages()
    if missing:
        return Finding(
            Grade.WARNING,
            "Handwriting",
            f"It cannot be read on this machine: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Models that read pictures do "
            "not need it.",
            "Run `pip install 'inkchat[ocr]'` to have it read offline too.",
        )
    return Finding(Grade.OK, "Handwriting", "It can be read on this machine.")
