"""What a series says of itself in words: the side and the region it was meant to show.

Operators type these words in many languages, and copy them from other
examinations; they name what geometry cannot know and decide nothing alone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hipdesk.records import Series, Side

_RIGHT_WORDS: Final = re.compile(
    r"(?<![a-z])(?:r|rt|right|re|rechts|droite?|derech[ao]|destr[ao]|direit[ao])(?![a-z])"
    r"|右|오른|прав"
)
_LEFT_WORDS: Final = re.compile(
    r"(?<![a-z])(?:l|lt|left|li|links|gauche|izquierd[ao]|sinistr[ao]|esquerd[ao])(?![a-z])"
    r"|左|왼|лев"
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


def labelled_side(series: Series) -> Side | None:
    """Side by tag, else by the description's words; None where neither names just one."""
    if series.laterality is not None:
        return series.laterality
    text = folded(series.description)
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
