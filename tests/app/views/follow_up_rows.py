"""Two made-up visits as the follow-up shows them."""

from __future__ import annotations

from datetime import date

from app.state import (
    Comparison,
    ComparisonRow,
    Link,
    Measure,
    PanelShown,
    TrendLine,
    TrendMark,
    TrendShown,
    VisitChoice,
)
from hipdesk.display import SlicePicture
from hipdesk.records import Contrast, Side
from hipdesk.timeline import Comparability
from tests.app.views.pictures import picture

DAYS = (date(2024, 3, 4), date(2024, 5, 27), date(2024, 8, 19), date(2025, 3, 3))
UIDS = ("v1", "v2", "v3", "v4")
REASON = "the femoral head was not found on this series"
CAUTION = "The scanners differ."
REFUSED = "The masks come from different models."
NOISE = "Smallest detectable change: not established."
LONG = "右侧股骨头及髋臼骨髓水肿较前减轻，髋关节少量积液，未见明显滑膜增厚。" * 12

CHOICES = tuple(
    VisitChoice(uid, day, Contrast.STIR, tuple(Side)) for uid, day in zip(UIDS, DAYS, strict=True)
)
LINK = Link(4.0, (-44.0, 36.0), 4.0)


def trend(measure: Measure = Measure.U_MEAN) -> TrendShown:
    """Right: 1.2, none, 0.8, 0.4, first with caution, then not to be joined; left: only one."""
    right = (1.2, None, 0.8, 0.4)
    marks = tuple(
        TrendMark(uid, day, value, "" if value is not None else REASON, accepted=uid == "v4")
        for uid, day, value in zip(UIDS, DAYS, right, strict=True)
    )
    left = (TrendMark("v1", DAYS[0], 0.2), TrendMark("v2", DAYS[1], None, REASON))
    joined = (
        (Comparability.WITH_CAUTION, (CAUTION,)),
        (Comparability.NOT_COMPARABLE, (REFUSED, CAUTION)),
    )
    lines = (TrendLine(Side.RIGHT, marks, joined), TrendLine(Side.LEFT, left, ()))
    return TrendShown(measure, lines, (NOISE,))


def shown(
    uid: str, image: SlicePicture | None = None, *, offset_mm: float = 4.0, **changed: object
) -> PanelShown:
    """A panel looking 40 mm high at the picture's point (10, 12), 5 mm right of the head."""
    facts: dict[str, object] = {
        "visit_uid": uid,
        "day": DAYS[UIDS.index(uid)],
        "side": Side.RIGHT,
        "picture": image or picture(),
        "window": (500.0, 1000.0),
        "centre": (10.0, 12.0),
        "height_mm": 40.0,
        "offset_mm": offset_mm,
        "shift_mm": (5.0, 0.0),
        "limits": (0.0, 1000.0),
        **changed,
    }
    return PanelShown(**facts)  # type: ignore[arg-type]


MOVED = ("\N{MINUS SIGN}0.400", "\N{MINUS SIGN}50 %", "\N{MINUS SIGN}0.745")


def comparison(verdict: Comparability | None = Comparability.WITH_CAUTION) -> Comparison:
    """Two figures, the second of which was not measured before."""
    rows = (
        ComparisonRow("U per slice, U/n", "", "0.800", "0.400", *MOVED),
        ComparisonRow("BME volume", "mL", "\N{EM DASH}", "3.1", ""),
    )
    return Comparison(rows, verdict, (CAUTION,), 196)
