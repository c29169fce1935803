"""The fonts of the machine: where they are looked for, which is chosen, what a broken one does."""

import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.reply.font_folders import list_folders
from inkchat.reply.system_fonts import (
    Surroundings,
    Wish,
    find_face,
    find_han,
    get_surroundings,
    surround,
)

FONT = Path(__file__).parents[1] / "fonts" / "NotoSansCJKjp-Excerpt.otf"
PLAIN = Wish(is_serif=True, is_bold=False, is_italic=False)


def find(folder: Path, character: str = "中", language: str = "", wish: Wish = PLAIN) -> str:
    """Family and weight, or nothing."""
    face = find_face(character, wish, Surroundings((str(folder),), language))
    return f"{face.family} {face.weight}" if face else ""


def rename(family: str, weight: int = 400) -> bytes:
    """The font under another name, of the same length in its tables."""
    data = bytearray(FONT.read_bytes())
    old = "Noto Sans CJK JP".encode("utf-16-be")
    new = family.ljust(16)[:16].encode("utf-16-be")
    data = bytearray(bytes(data).replace(old, new))
    for number in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _, place, _ = struct.unpack_from(">4s3L", data, 12 + 16 * number)
        if tag == b"OS/2":
            struct.pack_into(">H", data, place + 4, weight)
    return bytes(data)


# Where


def test_folders_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/own")
    monkeypatch.setenv("XDG_DATA_DIRS", "/a:relative:/b:/a")
    assert ("/own/fonts", "/a/fonts", "/b/fonts", f"{tmp_path}/.fonts") == list_folders()

    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.delenv("XDG_DATA_DIRS")
    assert (
        f"{tmp_path}/.local/share/fonts",
        "/usr/local/share/fonts",
        "/usr/share/fonts",
        f"{tmp_path}/.fonts",
    ) == list_folders()


def test_tests_find_the_font_of_the_tests_alone() -> None:
    assert str(FONT.parent) == list_folders()[0]
    face = find_face("中", PLAIN, get_surroundings())
    assert face is not None
    assert face.path == str(FONT)
    assert find_face("ত", PLAIN, get_surroundings()) is None


def test_a_font_is_found_in_folders_within(tmp_path: Path) -> None:
    deep = tmp_path / "truetype" / "noto"
    deep.mkdir(parents=True)
    (tmp_path / "truetype" / "round").symlink_to(tmp_path)
    assert "" == find(tmp_path / "elsewhere")
    shutil.copy(FONT, deep / "Noto.OTF")

    assert "Noto Sans CJK JP 400" == find(tmp_path)


# Which


def test_han_characters_have_the_forms_of_the_language(tmp_path: Path) -> None:
    for family in ("Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK SC", "Noto Sans CJK TC"):
        (tmp_path / f"{family}.otf").write_bytes(rename(family))

    for language, suffix in (("ja", "JP"), ("ko", "KR"), ("zh-hans", "SC"), ("zh-hant", "TC")):
        assert f"Noto Sans CJK {suffix} 400" == find(tmp_path, language=language)
    assert "Noto Sans CJK SC 400" == find(tmp_path)


def test_weight_and_kind_are_matched(tmp_path: Path) -> None:
    for number, (family, weight) in enumerate(
        [
            ("Noto Sans JP", 100),
            ("Noto Sans JP", 400),
            ("Noto Sans JP", 700),
            ("Noto Serif JP", 400),
        ]
    ):
        (tmp_path / f"{number}.otf").write_bytes(rename(family, weight))

    assert "Noto Serif JP 400" == find(tmp_path, language="ja")
    assert "Noto Sans JP 400" == find(tmp_path, language="ja", wish=Wish(False, False, False))
    assert "Noto Sans JP 700" == find(tmp_path, language="ja", wish=Wish(False, True, False))


def test_the_choice_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    found = set()
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        names = ["Font B", "Font A", "Font C"]
        random.Random(number).shuffle(names)
        for place, family in enumerate(names):
            (folder / f"{place}.otf").write_bytes(rename(family))
        found.add(find(folder))

    assert {"Font A 400"} == found


@pytest.mark.parametrize(
    ("language", "text", "han"),
    [
        ("ja", "", "ja"),
        ("ja-JP", "", "ja"),
        ("ko", "かな", "ko"),
        ("zh", "", "zh-hans"),
        ("zh-CN", "かな", "zh-hans"),
        ("zh-Hant", "", "zh-hant"),
        ("zh_TW", "", "zh-hant"),
        ("en", "The word 食べる", "ja"),
        ("en", "The word 한국", "ko"),
        ("", "你好", "zh-hans"),
    ],
)
def test_the_language_is_told_or_seen(language: str, text: str, han: str) -> None:
    assert han == find_han(language, text)


def test_what_surrounds_a_document_ends_with_it() -> None:
    with surround("ja", ["/somewhere"]):
        with surround("ko"):
            assert Surroundings(("/somewhere",), "ko") == get_surroundings()
        assert Surroundings(("/somewhere",), "ja") == get_surroundings()
    assert "" == get_surroundings().language


# Broken


@settings(max_examples=60)
@given(st.data())
def test_a_broken_font_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("fonts")
    whole = bytearray(FONT.read_bytes())
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(1, 6))):
        if whole:
            place = data.draw(st.integers(0, min(len(whole), 4000) - 1))
            whole[place] = data.draw(st.integers(0, 255))
    (folder / "broken.otf").write_bytes(bytes(whole))

    find(folder)


def test_what_is_no_font_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ttf")
    (tmp_path / "folder.ttf").mkdir()
    (tmp_path / "empty.otf").write_bytes(b"")
    (tmp_path / "text.ttc").write_text("ttcf" * 100)
    (tmp_path / "gone.otf").symlink_to(tmp_path / "nowhere")
    unreadable = tmp_path / "closed"
    unreadable.mkdir(mode=0)
    shutil.copy(FONT, tmp_path / "z.otf")

    assert "Noto Sans CJK JP 400" == find(tmp_path)
    unreadable.chmod(0o700)


def test_a_font_whose_maker_forbids_it_is_not_embedded(tmp_path: Path) -> None:
    data = bytearray(FONT.read_bytes())
    for number in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _, place, _ = struct.unpack_from(">4s3L", data, 12 + 16 * number)
        if tag == b"OS/2":
            struct.pack_into(">H", data, place + 8, 2)
    (tmp_path / "font.otf").write_bytes(bytes(data))

    assert "" == find(tmp_path)


# Cost


def test_the_fonts_of_the_machine_are_found_without_the_library_that_draws() -> None:
    code = (
        "import sys; from inkchat.cli.checkup.fonts import check_scripts; "
        "print(check_scripts().grade, 'reportlab' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )

    assert ["ok", "False"] == done.stdout.split()


def test_a_service_does_not_load_what_reads_fonts() -> None:
    code = "import sys, inkchat.reply; print('uharfbuzz' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )

    assert "False" == done.stdout.strip()
