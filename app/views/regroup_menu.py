"""What can be done to a patient or a visit of the library beside opening it: their menus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from app.regroup_state import PAIR, Wish
from app.state import VisitRow

translate = QCoreApplication.translate


def fill_patient_menu(
    menu: QMenu, wished: Callable[[Wish], None], aside: Callable[[], None]
) -> None:
    """Merge, part, put aside; and what was."""
    _add(menu, translate("regroup_menu", "Merge with another patient..."), wished, Wish.MERGE)
    _add(menu, translate("regroup_menu", "Split off visits..."), wished, Wish.SPLIT)
    _add(menu, translate("regroup_menu", "Put the patient aside..."), wished, Wish.ASIDE)
    _add_aside(menu, aside)


def fill_visit_menu(
    menu: QMenu, visit: VisitRow, wished: Callable[[Wish], None], aside: Callable[[], None]
) -> None:
    """Move, part, pair, put aside; and what was."""
    _add(menu, translate("regroup_menu", "Move to another patient..."), wished, Wish.MOVE)
    _add(
        menu,
        translate("regroup_menu", "Split off as a patient of its own..."),
        wished,
        Wish.SPLIT,
    )
    if visit.analyses:
        words = translate("regroup_menu", "Move images to another visit...")
        _add(menu, words, wished, Wish.STUDY)
    if len(visit.analyses) >= PAIR:
        words = translate("regroup_menu", "Two scans of an unchanged hip...")
        _add(menu, words, wished, Wish.REPEAT)
    _add(menu, translate("regroup_menu", "Put the visit aside..."), wished, Wish.ASIDE)
    _add_aside(menu, aside)


def _add(menu: QMenu, words: str, wished: Callable[[Wish], None], wish: Wish) -> None:
    menu.addAction(words).triggered.connect(partial(_call, wished, wish))


def _add_aside(menu: QMenu, aside: Callable[[], None]) -> None:
    menu.addSeparator()
    words = translate("regroup_menu", "Show what was put aside or regrouped...")
    menu.addAction(words).triggered.connect(partial(_call, aside))


def _call(function: Callable[..., None], *facts: object) -> None:
    """Call without what Qt's signal brings."""
    function(*[each for each in facts if not isinstance(each, bool)])
