"""Which protocol of which scanner made a series, without anything of the patient.

Two series are of one protocol where scanner, names, sequence, kind of image and
plane are the same and the times agree: a scanner lengthens its repetition time
for a few more slices and gives the shortest echo time it can, so times may
differ a little. Operators type names of series, and some type the patient's or
the day's into them; those words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hipdesk.ports import ProtocolChoice, ScannerProtocol
from hipdesk.records import Series
from hipdesk.series_words import folded

TIME_TOLERANCE: Final = 0.25
"""Of the longer of two times. Weightings differ by factors of two and more (`hipdesk.contrast`)."""

REPETITION_TOLERANCE: Final = 0.3
"""The same of repetition times, which follow the number of slices: as many as the patient needs."""

_DAY_OR_NUMBER: Final = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{5,}")
_NAME_PARTS: Final = re.compile(r"[\s^=,]+")
_SHORTEST_PART: Final = 2


def protocol_of(series: Series) -> ScannerProtocol | None:
    """The protocol of a series; None where its files do not name scanner and protocol."""
    made = series.acquisition
    protocol = ScannerProtocol(
        manufacturer=_plain(made.manufacturer),
        model=_plain(made.model),
        protocol=_without_patient(made.protocol, series),
        description=_without_patient(series.description, series),
        sequence=_plain(made.sequence),
        image_type=_plain("\\".join(series.image_type)),
        plane=series.plane,
        tr_ms=made.tr_ms,
        te_ms=made.te_ms,
        ti_ms=made.ti_ms,
    )
    scanner = protocol.manufacturer or protocol.model
    named = protocol.protocol or protocol.description
    return protocol if scanner and named else None


def same_protocol(one: ScannerProtocol, other: ScannerProtocol) -> bool:
    """Whether two series with these facts were made by one protocol."""
    return _words(one) == _words(other) and all(
        _same_time(a, b, tolerance)
        for a, b, tolerance in (
            (one.tr_ms, other.tr_ms, REPETITION_TOLERANCE),
            (one.te_ms, other.te_ms, TIME_TOLERANCE),
            (one.ti_ms, other.ti_ms, TIME_TOLERANCE),
        )
    )


def is_of(series: Series, choice: ProtocolChoice) -> bool:
    """Whether a choice was made for the protocol of this series."""
    protocol = protocol_of(series)
    return protocol is not None and same_protocol(protocol, choice.protocol)


def _words(protocol: ScannerProtocol) -> tuple[str, ...]:
    return (
        protocol.manufacturer,
        protocol.model,
        protocol.protocol,
        protocol.description,
        protocol.sequence,
        protocol.image_type,
        protocol.plane.value,
    )


def _same_time(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance * max(abs(one), abs(other))


def _plain(text: str) -> str:
    """Folded text with single spaces."""
    return " ".join(folded(text).split())


def _without_patient(text: str, series: Series) -> str:
    """Plain text without words that name the patient or the day, or could be a number of either."""
    plain = _plain(text.replace("^", " "))
    for part in sorted(_telling(series), key=len, reverse=True):
        whole = rf"(?<![^\W_]){re.escape(part)}(?![^\W_])" if part.isascii() else re.escape(part)
        plain = re.sub(whole, " ", plain)
    return " ".join(_DAY_OR_NUMBER.sub(" ", plain).split())


def _telling(series: Series) -> Iterator[str]:
    """Folded words that tell of the patient, and of this examination alone."""
    patient, study = series.patient, series.study
    for name in (patient.name, *patient.name_groups):
        parts = [part for part in _NAME_PARTS.split(_plain(name)) if part]
        yield from (part for part in (*parts, "".join(parts)) if len(part) >= _SHORTEST_PART)
    numbers = (patient.patient_id, study.accession)
    yield from (_plain(each) for each in numbers if len(_plain(each)) >= _SHORTEST_PART)
