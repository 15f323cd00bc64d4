"""Stacks measured again and again: dynamic phases, inversion times, diffusion weightings.

Frames of one geometry may hold a position many times. Where a header value
tells the passes apart, each is a series of its own, and words say which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hipdesk.adapters._dicom_headers import Frame
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.geometry import plane_of, slice_normal

MOST_PHASES: Final = 64
"""More passes than this are functional or perfusion imaging; only the first is kept."""

FULL_PASS: Final = 0.8
CUT_PASS: Final = 0.5
"""Shares of all positions that a pass holds: all passes but one, and one that was broken off."""

_PASSES: Final[Mapping[str, tuple[Tag, ...]]] = {
    "TI {:g} ms": (Tag.INVERSION_TIMES, Tag.TI),
    "flip angle {:g}": (Tag.FLIP_ANGLE,),
    "b {:g}": (Tag.B_VALUE,),
    "phase {:g}": (Tag.TEMPORAL_INDEX, Tag.TEMPORAL_POSITION),
    "at {:g} s": (Tag.TIME_OFFSET,),
    "trigger {:g} ms": (Tag.TRIGGER_DELAY, Tag.TRIGGER_TIME),
    "acquisition {:g}": (Tag.FRAME_ACQUISITION, Tag.ACQUISITION_NUMBER),
}
"""What may tell passes apart, in order of meaning, and the words for it."""

_MOST_DIMENSIONS: Final = 8

_KINDS: Final = {
    "M": "magnitude", "P": "phase image", "R": "real", "I": "imaginary",
    "W": "water", "F": "fat", "IP": "in phase", "OP": "opposed phase", "FF": "fat fraction",
}  # fmt: skip

Value = Callable[[Frame], float | str | None]


def stacks_by_phase(
    frames: list[Frame], positions: Callable[[Sequence[Frame]], int]
) -> list[list[Frame]]:
    """Split parallel frames into one list a pass, in order of the value that tells them apart.

    Parameters
    ----------
    positions : how many distinct slice positions frames have

    Returns
    -------
    The frames as they are where no position is held twice, or nothing tells
    the passes apart.
    """
    distinct = positions(frames)
    if distinct == len(frames) or distinct < 2:
        return [frames]
    for value in _values():
        passes = _grouped(frames, value)
        if _may_be_passes(passes) and _whole([positions(part) / distinct for part in passes]):
            return [stack for part in passes for stack in stacks_by_phase(part, positions)]
    return [frames]


def _may_be_passes(groups: Sequence[Sequence[Frame]]) -> bool:
    """Whether there are as many groups as there may be passes."""
    return 2 <= len(groups) <= MOST_PHASES


def _whole(shares: Sequence[float]) -> bool:
    """Whether groups that hold these shares of all positions are passes over them."""
    full = sum(share >= FULL_PASS for share in shares)
    return full >= len(shares) - 1 and min(shares) >= CUT_PASS


def _grouped(frames: Sequence[Frame], value: Value) -> list[list[Frame]]:
    """Frames by value, ascending; nothing where a frame has none."""
    groups: dict[Any, list[Frame]] = defaultdict(list)
    for frame in frames:
        key = value(frame)
        if key is None:
            return []
        groups[key].append(frame)
    return [groups[key] for key in sorted(groups)]


def _stated(tags: tuple[Tag, ...]) -> Callable[[Frame], float | None]:
    """The first number that a frame states for some tags."""

    def value(frame: Frame) -> float | None:
        numbers = (frame.elements.number(tag) for tag in tags)
        return next((number for number in numbers if number is not None), None)

    return value


def _values() -> list[Value]:
    """Everything that may tell passes apart, the most telling first."""
    dimensions = [_dimension(index) for index in range(_MOST_DIMENSIONS)]
    return [*map(_stated, _PASSES.values()), *dimensions, lambda frame: frame.stack or None]


def _dimension(index: int) -> Value:
    """One of the indices by which an enhanced file orders its frames (PS3.3 C.7.6.17)."""

    def value(frame: Frame) -> float | None:
        indices = frame.elements.numbers(Tag.DIMENSIONS) or ()
        return indices[index] if index < len(indices) else None

    return value


def split_words(stacks: Sequence[Sequence[Frame]]) -> list[str]:
    """Words that tell the stacks of one series apart; empty where there is but one."""
    if len(stacks) < 2:
        return [""] * len(stacks)
    columns = [_telling(words, stacks) for words in (_plane, _matrix, _echo)]
    columns.append(_kinds(stacks))
    for words in _pass_words():
        if _are_telling(rows := _joined(columns)):
            return rows
        columns.append(_telling(words, stacks))
    rows = _joined(columns)
    return [
        row if row and rows.count(row) == 1 else f"{row}, stack {k}".removeprefix(", ")
        for k, row in enumerate(rows, start=1)
    ]


def _joined(columns: Sequence[Sequence[str]]) -> list[str]:
    """Words of each stack."""
    return [", ".join(filter(None, row)) for row in zip(*columns, strict=True)]


def _are_telling(rows: Sequence[str]) -> bool:
    """Whether each stack has words, and no other has the same."""
    return all(rows) and len(set(rows)) == len(rows)


Words = Callable[[Sequence[Frame]], str]


def _telling(words: Words, stacks: Sequence[Sequence[Frame]]) -> list[str]:
    """One kind of word for each stack; none where all are the same."""
    found = [words(stack) for stack in stacks]
    return found if len(set(found)) > 1 else [""] * len(stacks)


def _plane(frames: Sequence[Frame]) -> str:
    return str(plane_of(slice_normal(frames[0].orientation)).value)


def _matrix(frames: Sequence[Frame]) -> str:
    return f"{frames[0].rows} x {frames[0].columns}"


def _echo(frames: Sequence[Frame]) -> str:
    echo = frames[0].echo_ms
    return "" if echo is None else f"TE {echo:g} ms"


def _pass_words() -> list[Words]:
    return [_pass_word(form, _stated(tags)) for form, tags in _PASSES.items()]


def _pass_word(form: str, value: Callable[[Frame], float | None]) -> Words:
    def words(frames: Sequence[Frame]) -> str:
        values = {value(frame) for frame in frames}
        number = values.pop()
        return "" if values or number is None else form.format(number)

    return words


def _kinds(stacks: Sequence[Sequence[Frame]]) -> list[str]:
    """What kind of image each stack holds, by the values of its type that not all share."""
    types = [stack[0].image_type[2:] for stack in stacks]
    shared = set(types[0]).intersection(*types)
    return [
        " ".join(_KINDS.get(value, value.lower().replace("_", " ")) for value in own)
        for own in ([value for value in values if value not in shared] for values in types)
    ]
