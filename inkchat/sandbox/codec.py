"""How a result comes out of a child: as plain values that can do nothing.

Known are None, bool, int, float, str, bytes, StrEnum, tuples, and dataclasses of these. The
receiver follows the expected type from field to field and takes nothing else, so that what a
hijacked child sends is either a value of that type or refused.

A message is the length of its head as eight bytes, the head as JSON, and all `bytes` values one
after the other; in the head stands the length of each.
"""

import builtins
import dataclasses
import json
import struct
import traceback
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

from inkchat import errors

HEAD_MAX_BYTES = 16 * 2**20
"""Bounds what `json.loads` can blow up to; 40 pages full of text need a tenth of it."""
_TRACEBACK_MAX_CHARACTERS = 8_000
_LENGTH = struct.Struct("!Q")


class Unreadable(Exception):
    """The message does not hold what was expected."""


def encode_result(value: object) -> bytes:
    """Raises TypeError for a value that this form does not know."""
    blobs: list[bytes] = []
    return _join({"result": _flatten(value, blobs)}, blobs)


def encode_error(error: BaseException) -> bytes:
    head: dict[str, Any] = {
        "error": type(error).__name__,
        "module": type(error).__module__,
        "text": _as_utf8(str(error)),
        "traceback": _as_utf8("".join(traceback.format_exception(error)))[
            -_TRACEBACK_MAX_CHARACTERS:
        ],
    }
    if isinstance(error, errors.InkchatError):
        # Each of them takes by keyword what it keeps under the same name.
        fields = {name: value for name, value in vars(error).items() if name != "__notes__"}
        head["fields"] = {
            name: _as_utf8(value) if isinstance(value, str) else value
            for name, value in fields.items()
        }
    return _join(head, [])


def decode(message: bytes, expected: Any) -> Any:
    """The result, or what the function raised, raised again.

    `expected` is the function's return annotation. Raises Unreadable for anything else.
    """
    head, blobs = _split(message)
    if "error" in head:
        raise _build_error(head)
    taker = _Blobs(blobs)
    result = _build(head.get("result"), expected, taker)
    if taker.is_left_over():
        raise Unreadable("there are more bytes than announced")
    return result


def _join(head: dict[str, Any], blobs: list[bytes]) -> bytes:
    encoded = json.dumps(head, ensure_ascii=False).encode("utf-8")
    return b"".join([_LENGTH.pack(len(encoded)), encoded, *blobs])


def _split(message: bytes) -> tuple[dict[str, Any], memoryview]:
    if len(message) < _LENGTH.size:
        raise Unreadable("it sent no result")
    (length,) = _LENGTH.unpack_from(message)
    if length > min(HEAD_MAX_BYTES, len(message) - _LENGTH.size):
        raise Unreadable("its result is cut off or too long")
    view = memoryview(message)[_LENGTH.size :]
    try:
        head = json.loads(bytes(view[:length]))
    except (ValueError, RecursionError) as error:
        raise Unreadable("its result is not JSON") from error
    if not isinstance(head, dict):
        raise Unreadable("its result is no object")
    return head, view[length:]


def _as_utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _flatten(value: object, blobs: list[bytes]) -> Any:
    if isinstance(value, bytes):
        blobs.append(value)
        return len(value)
    if isinstance(value, tuple):
        return [_flatten(item, blobs) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_flatten(getattr(value, f.name), blobs) for f in dataclasses.fields(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot come out of a child process")


class _Blobs:
    """Deals out the bytes in the order in which they were put in."""

    def __init__(self, blobs: memoryview) -> None:
        self._blobs = blobs

    def take(self, length: int) -> bytes:
        if not 0 <= length <= len(self._blobs):
            raise Unreadable("its bytes are cut off")
        taken, self._blobs = bytes(self._blobs[:length]), self._blobs[length:]
        return taken

    def is_left_over(self) -> bool:
        return len(self._blobs) > 0


def _build(value: Any, expected: Any, blobs: _Blobs) -> Any:
    if isinstance(expected, types.UnionType):
        return _build_optional(value, expected, blobs)
    if typing.get_origin(expected) is tuple:
        return _build_tuple(value, typing.get_args(expected), blobs)
    if dataclasses.is_dataclass(expected):
        return _build_dataclass(value, expected, blobs)
    if expected is bytes:
        return blobs.take(_require(value, int))
    if expected is None or expected is types.NoneType:
        return _require(value, types.NoneType)
    if expected is float:
        return _build_float(_require(value, int, float))
    if isinstance(expected, type) and issubclass(expected, StrEnum):
        return _build_word(_require(value, str), expected)
    if expected is str:
        return _check_text(_require(value, str))
    return _require(value, expected)


def _require(value: Any, *kinds: type) -> Any:
    # Not isinstance: True is an int to Python, and would pass for a page number.
    if type(value) not in kinds:
        raise Unreadable(f"there is {type(value).__name__} in place of {kinds[0].__name__}")
    return value


def _check_text(text: str) -> str:
    # JSON can spell half a surrogate pair, which no file and no database takes later on.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unreadable("a text in it is not Unicode") from error
    return text


def _build_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise Unreadable("a number in it is too large") from error


def _build_word(word: str, expected: type[StrEnum]) -> StrEnum:
    try:
        return expected(word)
    except ValueError as error:
        raise Unreadable(f"there is an unknown {expected.__name__}") from error


def _build_optional(value: Any, expected: types.UnionType, blobs: _Blobs) -> Any:
    if value is None and types.NoneType in expected.__args__:
        return None
    (kind,) = (kind for kind in expected.__args__ if kind is not types.NoneType)
    return _build(value, kind, blobs)


def _build_tuple(value: Any, kinds: tuple[Any, ...], blobs: _Blobs) -> tuple[Any, ...]:
    items = _require(value, list)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(items)
    return _build_each(items, kinds, blobs)


def _build_dataclass(value: Any, expected: Any, blobs: _Blobs) -> Any:
    return expected(*_build_each(_require(value, list), _field_types(expected), blobs))


def _build_each(items: list[Any], kinds: tuple[Any, ...], blobs: _Blobs) -> tuple[Any, ...]:
    if len(items) != len(kinds):
        raise Unreadable("there are too many or too few values")
    return tuple(_build(item, kind, blobs) for item, kind in zip(items, kinds, strict=True))


@cache
def _field_types(expected: type) -> tuple[Any, ...]:
    hints = typing.get_type_hints(expected)
    return tuple(hints[field.name] for field in dataclasses.fields(expected))


def return_type(function: Callable[..., object]) -> Any:
    return typing.get_type_hints(function)["return"]


def _build_error(head: dict[str, Any]) -> Exception:
    """Our own errors and Python's built-in ones come back as they were; no other class does."""
    name, module, text = (_check_text(_require(head.get(k), str)) for k in _ERROR_KEYS)
    error = _find_error(name, module, text, head.get("fields"))
    if error is None:
        raise Unreadable(f"it raised {module}.{name}: {text}")
    error.add_note("In the child process:\n" + _check_text(_require(head.get("traceback"), str)))
    return error


_ERROR_KEYS = ("error", "module", "text")


def _find_error(name: str, module: str, text: str, fields: Any) -> Exception | None:
    if module == errors.__name__:
        kind = getattr(errors, name, None)
        if isinstance(kind, type) and issubclass(kind, errors.InkchatError):
            return _build_inkchat_error(kind, fields)
    elif module == builtins.__name__:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(text)
            except TypeError:  # such as UnicodeDecodeError, which takes five arguments
                return None
    return None


def _build_inkchat_error(kind: type[errors.InkchatError], fields: Any) -> errors.InkchatError:
    hints = typing.get_type_hints(kind.__init__)
    none = _Blobs(memoryview(b""))
    try:
        given = _require(fields, dict).items()
        return kind(**{name: _build(value, hints[name], none) for name, value in given})
    except (KeyError, TypeError) as error:
        raise Unreadable(f"its {kind.__name__} has other fields") from error
