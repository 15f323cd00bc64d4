"""Where a slice lies from the head centre, in a doctor's words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

Edges = tuple[str, str, str, str]
"""Patient directions at a picture's (top, bottom, left, right)."""

LEAST_MM: Final = 0.05
"""Nearer slices go through the centre: the figure would be rounded to 0.0."""

_AXES: Final = ("AP", "HF", "RL")

translate = QCoreApplication.translate


def normal_axis(edges: Edges | None) -> str:
    """The patient axis across the slices, ``AP``, ``HF`` or ``RL``; empty where unknown."""
    if edges is None or not all(edges):
        return ""
    shown = {edge[0] for edge in edges}
    left = [axis for axis in _AXES if not shown & set(axis)]
    return left[0] if len(left) == 1 else ""


def offset_words(offset_mm: float, edges: Edges | None) -> str:
    """An offset as `hipdesk.linking` counts it, e.g. ``12.0 mm posterior of the head centre``."""
    if abs(offset_mm) < LEAST_MM:
        return translate("place_words", "through the head centre")
    axis = normal_axis(edges)
    if not axis:
        signed = f"{offset_mm:+.1f}".replace("-", "\N{MINUS SIGN}")
        return translate("place_words", "{mm} mm from the head centre").format(mm=signed)
    lowest, highest = _sentences()[axis]
    return (highest if offset_mm > 0 else lowest).format(mm=f"{abs(offset_mm):.1f}")


def short_offset_words(offset_mm: float, edges: Edges | None) -> str:
    """The same where it is clear from where it is counted, e.g. ``12.0 mm posterior``."""
    low, high = direction_words(edges)
    if abs(offset_mm) < LEAST_MM or not low:
        return offset_words(offset_mm, edges)
    mm = f"{abs(offset_mm):.1f}"
    way = high if offset_mm > 0 else low
    return translate("place_words", "{mm} mm {way}").format(mm=mm, way=way)


def direction_words(edges: Edges | None) -> tuple[str, str]:
    """What lies at the lowest and at the highest offsets; empty where unknown."""
    return {
        "AP": (translate("place_words", "anterior"), translate("place_words", "posterior")),
        "HF": (translate("place_words", "inferior"), translate("place_words", "superior")),
        "RL": (translate("place_words", "to the right"), translate("place_words", "to the left")),
    }.get(normal_axis(edges), ("", ""))


def _sentences() -> dict[str, tuple[str, str]]:
    """By axis, for the lowest and for the highest offsets."""
    return {
        "AP": (
            translate("place_words", "{mm} mm anterior of the head centre"),
            translate("place_words", "{mm} mm posterior of the head centre"),
        ),
        "HF": (
            translate("place_words", "{mm} mm inferior of the head centre"),
            translate("place_words", "{mm} mm superior of the head centre"),
        ),
        "RL": (
            translate("place_words", "{mm} mm to the patient's right of the head centre"),
            translate("place_words", "{mm} mm to the patient's left of the head centre"),
        ),
    }
