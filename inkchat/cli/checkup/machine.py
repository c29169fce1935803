"""What is installed: the reader of handwriting."""

from inkchat.cli.checkup.finding import Finding, Grade


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
