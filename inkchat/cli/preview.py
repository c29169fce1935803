"""`inkchat preview`: any Markdown drawn for any tablet, for who writes profiles and prompts."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkchat.archive.wording import say_count
from inkchat.cli.opened import check_output, refuse_inboxes
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ExitCode, InkchatError

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.domain import Device

MOST_BYTES = 4_000_000
"""An answer of 500,000 characters is drawn whole, and has 2 MB at most."""


class PreviewFailed(InkchatError):
    """The text cannot be read or drawn."""

    title = "There is nothing to be seen"
    exit_code = ExitCode.USAGE


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE.md")
@click.option(
    "--device",
    "name",
    metavar="NAME",
    help="One that `inkchat devices` lists.  [default: that of the first watch]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT.pdf|OUT.png",
    help="The file to write.  [default: FILE.pdf in this folder]",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    metavar="TAG",
    help="Of the text, such as `de`; its words are hyphenated by it.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@common_options
def preview(
    file: Path, name: str | None, output: Path | None, language: str, *, force: bool
) -> None:
    """Draw a Markdown text as the page it would be on a tablet; `-` reads standard input.

    The heading that it begins with is the title, else its name. Date, person, conversation and
    code are made up, and always the same. As PNG it is what the screen shows, dot for dot:
    OUT.png, or OUT-1.png, OUT-2.png and so on if there are several pages.

    No configuration is needed; if there is one, it may describe further tablets, and what a watch
    says of its tablet holds here too.
    """
    from inkchat.config import load_settings
    from inkchat.config.devices import find_device

    text = _read(file)
    source = "preview.md" if str(file) == "-" else file.name
    target = output or Path(f"{Path(source).stem}.pdf")
    form = target.suffix.lower()
    if form not in (".pdf", ".png"):
        raise click.UsageError(f"{target} is neither a .pdf nor a .png: name one of these.")
    settings = load_settings(get_common().config)
    device = find_device(name, settings)
    pdf, pages, pictures = _draw(text, source, language, device, is_shown=form == ".png")
    files = _number(target, pictures) if form == ".png" else {target: pdf}
    for path in files:
        _check(path, file, settings, force=force)
    _write(files, force=force)
    _tell(files, device, pages)


def _read(file: Path) -> str:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise PreviewFailed(
            f"{file} cannot be read: {error.strerror or error}.", "Check its name and its rights."
        ) from error
    if len(data) > MOST_BYTES:
        raise PreviewFailed(
            f"{file} has more than {MOST_BYTES / 1e6:g} MB, which no answer has.",
            "Draw a part of it.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise PreviewFailed(f"{file} is not text in UTF-8.", "Give a Markdown file.")
    return text


def _draw(
    text: str, source: str, language: str, device: "Device", *, is_shown: bool
) -> tuple[bytes, int, tuple[bytes, ...]]:
    """The PDF, how many pages it has, and pictures of them if it is to be shown."""
    from inkchat.notes.screen import count_pages, show_pages
    from inkchat.reply import make_page
    from inkchat.reply.sample import make_sample
    from inkchat.sandbox import ChildFailed

    try:
        pdf = make_page(make_sample(text, source, language, device), device).pdf
        if is_shown:
            pictures = show_pages(pdf, device)
            return pdf, len(pictures), pictures
        return pdf, count_pages(pdf), ()
    except (ChildFailed, OSError) as error:
        raise PreviewFailed(
            f"{source} could not be drawn: {error}.",
            "Draw a part of it, and report it if it is not long.",
        ) from error


def _number(target: Path, pictures: tuple[bytes, ...]) -> dict[Path, bytes]:
    if len(pictures) == 1:
        return {target: pictures[0]}
    return {
        target.with_name(f"{target.stem}-{number}{target.suffix}"): picture
        for number, picture in enumerate(pictures, 1)
    }


def _check(target: Path, file: Path, settings: "Settings", *, force: bool) -> None:
    if target.resolve() == file.resolve():
        raise click.UsageError(f"{target} is what is to be drawn: name another with --output.")
    refuse_inboxes(target, settings.watches)
    check_output(target, settings, force=force)


def _write(files: dict[Path, bytes], *, force: bool) -> None:
    from inkchat.archive.output import write_output

    for path, data in files.items():
        write_output(path, [data], force=force)


def _tell(files: dict[Path, bytes], device: "Device", pages: int) -> None:
    if get_common().as_json:
        facts = {
            "device": device.name,
            "pages": pages,
            "page_pt": [device.page_width_pt, device.page_height_pt],
            "page_px": [device.width_px, device.height_px],
            "files": [{"file": str(p), "size_bytes": len(data)} for p, data in files.items()],
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    first, *others = files
    name = f"{first} … {others[-1].name}" if others else str(first)
    size = f"{sum(map(len, files.values())) / 1000:,.0f} KB"
    page = f"{device.page_width_pt:g} × {device.page_height_pt:g} pt"
    say(f"→ {name}: {say_count(pages, 'page')} of {page} for {device.label}, {size}")
