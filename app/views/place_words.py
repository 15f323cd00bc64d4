"""Where a slice lies from the head centre, in a doctor's words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

Edges = tuple[str, str, str, str]
"""Patient directions at a picture's (top, bottom, left, right)."""

LEAST_MM: Final = 0.05
"""Nearer slices go through the centre: the figure would be rounded to 0.0."""

_AXES: Final = ("AP", "HF", "RL")


def _tr(words: str) -> str:
    return QCoreApplication.translate("place_words", words)


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
        return _tr("through the head centre")
    behind, ahead = direction_words(edges)
    if not behind:
        signed = f"{offset_mm:+.1f}".replace("-", "\N{MINUS SIGN}")
        return _tr("{mm} mm from the head centre").format(mm=signed)
    words = _sentences()[ahead if offset_mm > 0 else behind]
    return words.format(mm=f"{abs(offset_mm):.1f}")


def direction_words(edges: Edges | None) -> tuple[str, str]:
    """What lies at the lowest and at the highest offsets; empty where unknown."""
    return {
        "AP": (_tr("anterior"), _tr("posterior")),
        "HF": (_tr("inferior"), _tr("superior")),
        "RL": (_tr("to the right"), _tr("to the left")),
    }.get(normal_axis(edges), ("", ""))


def _sentences() -> dict[str, str]:
    return {
        _tr("anterior"): _tr("{mm} mm anterior of the head centre"),
        _tr("posterior"): _tr("{mm} mm posterior of the head centre"),
        _tr("inferior"): _tr("{mm} mm inferior of the head centre"),
        _tr("superior"): _tr("{mm} mm superior of the head centre"),
        _tr("to the right"): _tr("{mm} mm to the patient's right of the head centre"),
        _tr("to the left"): _tr("{mm} mm to the patient's left of the head centre"),
    }
