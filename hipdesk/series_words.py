"""What a series says of itself in words: the side and the region it was meant to show.

Operators type these words in many languages, and copy them from other
examinations; they name what geometry cannot know and decide nothing alone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from hipdesk.records import Series, Side

_RIGHT_WORDS: Final = re.compile(
    r"(?<![a-z])(?:r|rt|right|re|recht(?:s|er?)|droite?|derech[ao]|destr[ao]|direit[ao]|dext(?:er|ra)"
    r"|h[öø]ger|h[øö]jre|høyre|praw[aey]|sağ)(?![a-z])"
    r"|右|우측|오른|(?<![а-яё])с?прав|δεξι|يمن|يمين|ימין|ขวา"
)
_LEFT_WORDS: Final = re.compile(
    r"(?<![a-z])(?:l|lt|left|li|link(?:s|er?)|gauche|izquierd[ao]|sinistr[ao]|esquerd[ao]"
    r"|v[äe]nstre?a?|venstre|lew[aey])(?![a-z])"
    r"|左|좌측|왼|(?<![а-яё])с?лев|αριστερ|يسر|يسار|שמאל|ซ้าย"
)
_HIP_WORDS: Final = re.compile(
    r"(?<![a-z])(?:hips?(?![a-z])|hanche|cadera|anca|anche|quadril|coxa|hüft|hueft|femor|femur"
    r"|pelvi|bassin|becken|bacino)"
    r"|髋|骨盆|股骨|股関節|骨盤|고관절|бедр|таз"
)
_ELSEWHERE_WORDS: Final = re.compile(
    r"(?<![a-z])(?:knee|knie|genou|ankle|foot|hand|wrist|shoulder|elbow|spine|l-?spine|brain|head"
    r"|neck|chest|liver|sij|isg|si[ -]?joints?|sacro\w*|sacrum|iliosacral\w*)(?![a-z])"
    r"|骶髂|膝|肩|颈椎|腰椎|腕|踝"
)


def folded(text: str) -> str:
    """Lower-case with full-width letters made plain and underlines made spaces."""
    return unicodedata.normalize("NFKC", text).lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class StatedSide:
    """A side as one part of a file's header gives it.

    Attributes
    ----------
    source : the header's part, in words
    of_series : it speaks of this series; else of the whole study, whose other
        series may show the other hip too
    """

    side: Side
    source: str
    of_series: bool = True


LATERALITY_TAG: Final = "laterality tag"
SERIES_NAME: Final = "series description"
PROTOCOL_NAME: Final = "protocol name"
BODY_PART: Final = "body part"
STUDY_NAME: Final = "study description"


def stated_sides(series: Series) -> tuple[StatedSide, ...]:
    """Every part of the header that names just one side; the most trustworthy first."""
    tag = () if series.laterality is None else (StatedSide(series.laterality, LATERALITY_TAG),)
    words = series.description, series.acquisition.protocol, series.study.description
    return (*tag, *sides_by_words(*words, body_part=series.body_part))


def sides_by_words(
    series_name: str, protocol: str, study_name: str, body_part: str = ""
) -> tuple[StatedSide, ...]:
    """Every name that speaks of just one side; the most trustworthy first."""
    found = (
        (SERIES_NAME, series_name),
        (PROTOCOL_NAME, protocol),
        (BODY_PART, body_part),
        (STUDY_NAME, study_name),
    )
    return tuple(
        StatedSide(side, source, of_series=source != STUDY_NAME)
        for source, text in found
        if (side := _side_in(text)) is not None
    )


def labelled_side(series: Series) -> Side | None:
    """Side by tag, else by words about the series; None where none names just one."""
    return next((stated.side for stated in stated_sides(series) if stated.of_series), None)


def _side_in(words: str) -> Side | None:
    """The one side that words name."""
    text = folded(words)
    right, left = bool(_RIGHT_WORDS.search(text)), bool(_LEFT_WORDS.search(text))
    if right == left:
        return None
    return Side.RIGHT if right else Side.LEFT


def names_hip(series: Series) -> bool:
    """Whether description, body part or study speak of the hip or pelvis."""
    return bool(_HIP_WORDS.search(_all_words(series)))


def names_other_region(series: Series) -> bool:
    """Whether description, body part or study speak of another region, and none of the hip."""
    return _is_elsewhere(_all_words(series))


def any_names_other_region(series: Series) -> bool:
    """Whether the description or the body part alone contradicts the hip, or all do together."""
    return names_other_region(series) or any(
        _is_elsewhere(folded(part)) for part in (series.description, series.body_part)
    )


def _all_words(series: Series) -> str:
    return folded(f"{series.description} {series.body_part} {series.study.description}")


def _is_elsewhere(text: str) -> bool:
    return bool(_ELSEWHERE_WORDS.search(text)) and not _HIP_WORDS.search(text)
