"""Valid calls in the SDK's naming, valid requests in the wire's, audio, and response bodies."""

from __future__ import annotations

import base64
import io
import string
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from pytest_openrouter_stt.contract import Call, Contract, load_contract

from .drawing import TEXT, Draw, Drawer, below, drawn, pick
from .normal import UnsupportedKeyword, normal, property_place, refuse_unknown
from .schema import drawer, from_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    _States = Sequence[tuple[str, ...]]

_HEADERS = {
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00",
    "flac": b"fLaC\x80\x00\x00\x22",
    "ogg": b"OggS\x00\x02",
    "m4a": b"\x00\x00\x00\x20ftypM4A ",
    "webm": b"\x1a\x45\xdf\xa3",
    "aac": b"\xff\xf1\x50\x80",
}
AWKWARD_AUDIO = (
    "",
    "0",
    "UklGRiQA...",
    "UklGRg",
    " UklGRg== ",
    "Ukl\r\nGRg==",
    "data:audio/wav;base64,UklGRg==",
    "-_-_",
    "+/+/",
    "é",
)
"""Strings for the audio that a client may be tempted to mend, none of which it may touch."""
_MAX_DRAWN = 4096
"""Bytes that are drawn; a larger file repeats them, since nobody looks at 25 MB of entropy."""


def wav_file(seconds: float = 0.01, rate: int = 8000) -> bytes:
    """Return a silent WAV file: mono, 16 bits.

    Args:
        seconds: How long it lasts.
        rate: Samples in a second.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * round(seconds * rate)))
    return buffer.getvalue()


def audio(*, min_size: int = 0, max_size: int = 100) -> st.SearchStrategy[bytes]:
    """Return a strategy for the bytes of audio files: WAV, the beginnings of other containers, and any bytes.

    Args:
        min_size: The least number of bytes.
        max_size: The greatest; up to 25 MB costs no more to draw than 4 KB.

    Raises:
        InvalidArgument: The sizes are negative or the wrong way round.
    """
    if not 0 <= min_size <= max_size:
        raise InvalidArgument(f"min_size={min_size!r} and max_size={max_size!r} leave no size")
    files = [wav_file(0), wav_file(), *_HEADERS.values()]
    fitting = [file for file in files if min_size <= len(file) <= max_size]
    if max_size <= _MAX_DRAWN:
        sized = st.binary(min_size=min_size, max_size=max_size)
    else:
        sized = st.builds(_repeated, st.binary(max_size=_MAX_DRAWN), st.integers(min_size, max_size))
    return st.sampled_from(fitting) | sized if fitting else sized


def _repeated(some: bytes, size: int) -> bytes:
    unit = some or b"\x00"
    return (unit * (size // len(unit) + 1))[:size]


def audio_data() -> st.SearchStrategy[str]:
    """Return a strategy for the string that carries audio: base64 of files, and strings that invite mending."""
    return drawn(draw_audio_data)


def draw_audio_data(draw: Draw) -> str:
    """Draw the string that carries audio."""
    kind: int = draw(below(len(_FREE) + len(_STRINGS)))
    if kind >= len(_FREE):
        return _STRINGS[kind - len(_FREE)]
    free: str = draw(_FREE[kind])
    return free


def _padded(text: str) -> str:
    """Return base64 of what *text* is the base64 of, as far as it is; unlike drawn bytes it shrinks like any text."""
    return _encoded(base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=="))


def _encoded(file: bytes) -> str:
    return base64.b64encode(file).decode("ascii")


_STRINGS: tuple[str, ...] = (*AWKWARD_AUDIO, *map(_encoded, (wav_file(0), wav_file(), *_HEADERS.values())))
_ENCODED = st.text(string.ascii_letters + string.digits + "+/", max_size=80).map(_padded)
_FREE = (TEXT, _ENCODED, _ENCODED, TEXT, TEXT, _ENCODED)


_HEADER_CHARACTERS = string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;="
_DATA = "data"
_OF_PLAIN_OBJECTS = frozenset({"type", "properties", "required", "additionalProperties"})

_A, _G, _N = "absent", "given", "none"
_ALONE = ((_A,), (_G,), (_N,))
"""What may be of an optional argument, the simplest first."""

_MOSTLY_GIVEN = ((_A,), (_G,), (_G,), (_N,))
"""The same, for an argument with parts, where there is most to get wrong."""

# The same of two arguments: one draw instead of two. Their order is that in which Hypothesis makes do with one of them.
_PAIRED = (
    *((_A, _A), (_G, _A), (_A, _G), (_G, _G)),
    *((_N, _A), (_A, _N), (_N, _N), (_N, _G), (_G, _N)),
)


def transcription_calls(
    contract: Contract | None = None, *, arguments: Collection[str] | None = None
) -> st.SearchStrategy[Call]:
    """Return a strategy for valid calls.

    They shrink to the smallest call: empty strings, no optional argument.

    Args:
        contract: What is valid; the packaged contract when left out.
        arguments: The names of the optional arguments to use; all of them when left out.

    Raises:
        InvalidArgument: The contract has no such argument.
        UnsupportedKeyword: The contract's request schema cannot be turned into a strategy.
    """
    return _drawn_calls(contract or load_contract(), None if arguments is None else frozenset(arguments))


def transcription_requests(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the JSON bodies of valid requests: what valid calls have to become on the wire.

    Raises:
        UnsupportedKeyword: The contract's request schema cannot be turned into a strategy.
    """
    contract = contract or load_contract()
    return transcription_calls(contract).map(contract.wire_body)


def provider_options(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the free-form options of one provider: the first one, if they differ.

    Raises:
        InvalidArgument: The contract names no provider.
    """
    contract = contract or load_contract()
    for slug, schema in _slug_schemas(contract).items():
        return from_schema(
            schema, f"{contract.request.pointer}/properties/provider/properties/options/properties/{slug}"
        )
    raise InvalidArgument(f"{contract.source} names no provider")


def provider_slugs(contract: Contract | None = None) -> tuple[str, ...]:
    """Return every provider slug that the contract names, in its order."""
    return tuple(_slug_schemas(contract or load_contract()))


def header_values() -> st.SearchStrategy[str]:
    """Return a strategy for header values that no client may touch: printable, no space at either end."""
    return _HEADER_VALUES


def api_keys() -> st.SearchStrategy[str]:
    """Return a strategy for keys: what a bearer token may consist of (RFC 6750, 2.1)."""
    return st.text(string.ascii_letters + string.digits + "-._~+/", min_size=1, max_size=40).map("sk-or-v1-{}".format)


_HEADER_VALUES = st.text(_HEADER_CHARACTERS, min_size=1, max_size=20)


@dataclass(frozen=True, slots=True)
class _Argument:
    """What draws an argument, whether it has to be there, and whether it has parts."""

    draw: Drawer
    required: bool = False
    has_parts: bool = False


def _arguments(contract: Contract) -> dict[str, _Argument]:
    """Return the arguments that go on the wire, in the contract's order."""
    schema = _request_schema(contract)
    names = {parameter.wire_name: parameter.name for parameter in contract.sdk.in_place("body")}
    found = {
        names.get(wire_name, wire_name): _Argument(
            _property_drawer(wire_name, value, contract),
            wire_name in schema.get("required", ()),
            bool({"object", "array"} & set(normal(value, contract.request.pointer).get("type", ()))),
        )
        for wire_name, value in schema.get("properties", {}).items()
    }
    for parameter in contract.sdk.in_place("header"):
        found[parameter.name] = _Argument(lambda draw: draw(_HEADER_VALUES))
    return found


def _request_schema(contract: Contract) -> Mapping[str, Any]:
    place = contract.request.pointer
    refuse_unknown(contract.request.document, place)
    schema = normal(contract.request.document, place)
    for keyword in sorted(schema.keys() - _OF_PLAIN_OBJECTS):
        problem = "is not understood of a request as a whole"
        raise UnsupportedKeyword(keyword=keyword, place=place, problem=problem)
    return schema


def _drawn_calls(contract: Contract, names: frozenset[str] | None) -> st.SearchStrategy[Call]:
    found = _arguments(contract)
    unknown = (names or frozenset()) - found.keys() - contract.sdk.parameters.keys()
    if unknown:
        raise InvalidArgument(f"arguments={sorted(unknown)!r} are none of {sorted(found)!r}")
    required = [(name, argument.draw) for name, argument in found.items() if argument.required]
    optional = {name: found[name] for name in found if not found[name].required and (names is None or name in names)}
    groups = list(_groups(optional))

    def draw_call(draw: Draw) -> Call:
        given = {name: draw_value(draw) for name, draw_value in required}
        for group, states in groups:
            for (name, draw_value), state in zip(group, pick(draw, states), strict=True):
                if state is not _A:
                    given[name] = draw_value(draw) if state is _G else None
        return Call(**given)

    return drawn(draw_call)


def _groups(optional: Mapping[str, _Argument]) -> Iterator[tuple[Sequence[tuple[str, Drawer]], _States]]:
    """Yield the arguments whose presence is drawn at once, and what that may be."""
    scalars = [(name, argument.draw) for name, argument in optional.items() if not argument.has_parts]
    for place in range(0, len(scalars), 2):
        group = scalars[place : place + 2]
        yield group, _PAIRED if len(group) == 2 else _ALONE  # noqa: PLR2004 - a pair
    for name, argument in optional.items():
        if argument.has_parts:
            yield [(name, argument.draw)], _MOSTLY_GIVEN


def _property_drawer(name: str, schema: Mapping[str, Any], contract: Contract) -> Drawer:
    place = property_place(contract.request.pointer, name)
    if name != "input_audio":
        return drawer(schema, place, closed=True)
    draw_value = _audio_drawer(schema, place)
    python_names = {wire: pointer.rpartition("/")[2] for pointer, wire in contract.sdk.renames.items()}

    def draw_renamed(draw: Draw) -> Any:
        audio = draw_value(draw)
        return {python_names.get(key, key): value for key, value in audio.items()} if isinstance(audio, dict) else audio

    return draw_renamed


def _audio_drawer(schema: Mapping[str, Any], place: str) -> Drawer:
    """Return a drawer for the audio, with files in its data as far as the schema leaves that to the caller."""
    kept = normal(schema, place)
    properties = kept.get("properties", {})
    is_plain = kept.get("type") == ("object",) and not kept.keys() - _OF_PLAIN_OBJECTS
    if (
        not is_plain
        or _DATA not in kept.get("required", ())
        or normal(properties.get(_DATA, True), place) != {"type": ("string",)}
    ):
        return drawer(schema, place, closed=True)
    others = {wire_name: value for wire_name, value in properties.items() if wire_name != _DATA}
    required = [wire_name for wire_name in kept.get("required", ()) if wire_name != _DATA]
    draw_others = drawer({**kept, "properties": others, "required": required}, place, closed=True)
    return lambda draw: {**draw_others(draw), _DATA: draw_audio_data(draw)}


def _slug_schemas(contract: Contract) -> Mapping[str, Any]:
    schema: Any = contract.request.document
    for name in ("provider", "options"):
        schema = schema.get("properties", {}).get(name, {})
    slugs: Mapping[str, Any] = schema.get("properties", {})
    return slugs


def transcription_responses(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the bodies of a 200, from the contract's response schema.

    Raises:
        UnsupportedKeyword: The schema cannot be turned into a strategy.
    """
    schema = (contract or load_contract()).transcript
    return from_schema(schema.document, schema.pointer)


def error_responses(status: int, contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the bodies of an error, from the contract's schema for *status*.

    A status without a schema shares that of the others: they are the same but for their names.

    Raises:
        UnsupportedKeyword: The schema cannot be turned into a strategy.
    """
    schema = (contract or load_contract()).error_schema(status)
    return from_schema(schema.document, schema.pointer)
