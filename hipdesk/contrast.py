"""What an MR series is weighted for, read from its headers.

Header values that the scanner measured by (inversion time, echo and
repetition time, suppression flags) outrank the words an operator typed, with
one exception: a series named STIR is one unless its inversion time forbids it.
Where name and values disagree, `contradiction` says so.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from hipdesk.records import Contrast

STIR_TI_MS: Final = (60.0, 300.0)
"""Inversion times taken to null fat.

The null lies at ln 2 x T1, for fat (T1 of 0.1-0.4 s between 0.2 T and 3 T) at
80-260 ms, with margin; Zheng 2023 (10.3389/fphys.2023.1132214) used 145 ms.
Fluid is nulled beyond 1,500 ms.
"""

T1_FLAIR_TI_MS: Final = (400.0, 1300.0)

SHORT_TE_MS: Final = 30.0
LONG_TE_MS: Final = 60.0
SHORT_TR_MS: Final = 1000.0
LONG_TR_MS: Final = 1800.0
"""Conventional limits of spin-echo weighting; T2 needs a long TE, T1 a short TR and TE."""

T1_TE_MS: Final = 20.0
"""With a TR below `SHORT_TR_MS`, an echo time as only T1-weighted spin echoes have it."""


@dataclass(frozen=True, slots=True)
class SequenceCues:
    """Header values that speak of weighting; empty or None where the file is silent.

    Attributes
    ----------
    scanning_sequence : ScanningSequence (0018,0020), e.g. ``SE``, ``IR``, ``GR``
    scan_options : ScanOptions (0018,0022), e.g. ``FS``
    image_type : ImageType or FrameType, all values
    fat_suppressed : SpectrallySelectedSuppression (0018,9025) of enhanced files
    b_value : diffusion weighting in s/mm2
    """

    modality: str = "MR"
    description: str = field(default="", repr=False)
    protocol: str = field(default="", repr=False)
    sequence_name: str = ""
    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    image_type: tuple[str, ...] = ()
    acquisition_contrast: str = ""
    tr_ms: float | None = None
    te_ms: float | None = None
    ti_ms: float | None = None
    b_value: float | None = None
    fat_suppressed: bool | None = None


def weighting(cues: SequenceCues) -> Contrast:
    """Decide the contrast of a series.

    A series that is not MR is ``other``; one whose headers and words say
    nothing is ``unknown``. Water images of a Dixon series count as fluid
    sensitive only where the series is not T1-weighted.
    """
    if cues.modality != "MR" or _is_other_component(cues):
        return Contrast.DWI if _is_diffusion(cues) else Contrast.OTHER
    if _is_diffusion(cues):
        return Contrast.DWI
    if _is_stir(cues):
        return Contrast.STIR
    base = _base(cues)
    if _is_dixon_water(cues):
        return _WATER.get(base, base)
    return _SUPPRESSED.get(base, base) if _is_fat_suppressed(cues) else base


def contradiction(cues: SequenceCues) -> str:
    """One sentence on where name and header values disagree about STIR; empty if they agree.

    `weighting` then follows a name that says STIR, unless an inversion time
    forbids it, and an inversion time that nulls fat whatever the name says.
    """
    if cues.modality != "MR":
        return ""
    ti, named = cues.ti_ms, _is_named_stir(cues)
    if named and ti and not _nulls_fat(ti):
        return f"The series is named STIR, but its inversion time of {ti:g} ms does not null fat."
    if named and not ti and _has_t1_times(cues) and "IR" not in cues.scanning_sequence:
        return (
            f"The series is named STIR, but its TR of {cues.tr_ms:g} ms and TE of {cues.te_ms:g} "
            "ms are those of T1-weighted images; check its contrast before using the result."
        )
    if ti and not named and _is_stir(cues) and (_denies_stir(cues) or _named(cues) is Contrast.T1):
        return (
            f"The series' name does not say STIR, but its inversion time of {ti:g} ms does; check "
            "its contrast before using the result."
        )
    return ""


_SUPPRESSED: Final = {
    Contrast.T1: Contrast.T1_FS,
    Contrast.T2: Contrast.T2_FS,
    Contrast.PD: Contrast.PD_FS,
}
_WATER: Final = {
    Contrast.T1: Contrast.T1_FS,
    Contrast.T2: Contrast.DIXON_WATER,
    Contrast.PD: Contrast.DIXON_WATER,
}

# Words are matched in lower-case, width-folded text. `_` and other signs end a word.
_START: Final = r"(?<![a-z0-9])"
_END: Final = r"(?![a-z0-9])"
_PLANES: Final = r"(?:o?cor|o?sag|o?ax|o?tra|tr|3d|2d|fs|fse|tse)?"


def _words(*alternatives: str) -> re.Pattern[str]:
    """Pattern of whole words, or of parts where the alternative allows it."""
    return re.compile("|".join(alternatives))


_T1_WORDS: Final = _words(rf"{_START}{_PLANES}t1(?!\d)")
_T2_WORDS: Final = _words(rf"{_START}{_PLANES}t2(?!\d)")
_T2_STAR_WORDS: Final = _words(r"t2[ _-]*(?:\*|star)", rf"{_START}(?:me2d|me3d|medic|merge|swi)")
_PD_WORDS: Final = _words(
    rf"{_START}{_PLANES}(?:pd|dp|rho)(?:w|wi|fs|fse|tse)?{_END}",
    r"proton",
    r"protonendichte",
    "质子",
    "プロトン",
    "протон",
)
_STIR_WORDS: Final = _words(
    r"(?<![a-z])stir",
    r"stir(?![a-z])",
    r"tirm",
    r"short[ _-]*t(?:i|au)",
    rf"{_START}(?:ir[ _-]*(?:fse|tse)|(?:fse|tse)[ _-]*ir){_END}",
    "短(?:ti|t1)?反转",
    "短时(?:间)?反转",
)
_NO_STIR_WORDS: Final = _words(
    rf"{_START}(?:non?|not|w/?o|without|ohne|kein|sans|sin|senza)[ _-]*(?:stir|tirm){_END}",
    "(?:不|非|无|未)(?:stir|tirm)",
)
_FAT_SUPPRESSION_WORDS: Final = _words(
    rf"{_START}(?:fs|dfs|fatsat|fsat|a?spair|a?spir|specir|special|pasta|chess|proset|wats|we"
    rf"|fatsup){_END}",
    rf"(?:t1|t2|t1w|t2w|t1wi|t2wi|pd|pdw|dp|tse|fse)(?:fs|spair|spir|fatsat){_END}",
    rf"{_START}fs(?:t1|t2|pd|fse|tse)",
    r"fat[ _-]*(?:sat|sup)",
    r"(?:sat|supp?r?)\w*[ _.-]*(?:de[ _-]*)?(?:la[ _-]*)?(?:fat|gra[is]|grass|grasa|fett)",
    r"fett(?:ges|sup|unterd)",
    r"gra(?:isse|sa|sso)[ _.-]*(?:sat|sup|sopp)",
    r"sopp\w*[ _.-]*(?:del[ _-]*)?grass",
    r"water[ _-]*exc",
    "压脂",
    "抑脂",
    "脂抑",
    "脂肪抑制",
    "脂肪饱和",
    "脂肪飽和",
    "壓脂",
    "脂肪压制",
    "지방억제",
    "жироподав",
    "подавлен\\w* жир",
)
_SPECTRAL_WORDS: Final = _words(r"spa?ir(?![a-z])", rf"{_START}(?:specir|special|pasta){_END}")
_NO_SUPPRESSION_WORDS: Final = _words(
    rf"{_START}(?:non?|w/?o|without|ohne|sans|sin|senza)[ _-]*(?:fs|fat|fett|sat|sup|gra)",
    "(?:不|非|无|未)(?:压脂|抑脂|脂肪抑制)",
)
_DIFFUSION_WORDS: Final = _words(
    rf"{_START}(?:e?dwi|dwibs|adc|dti|e?adc|trace|tracew|diff?){_END}",
    r"dwi|diffus|difus",
    "弥散",
    "扩散",
    "彌散",
    "拡散",
    "확산",
    "диффуз",
)
_GRADIENT_T1_WORDS: Final = _words(
    rf"{_START}(?:vibe|lava|thrive|flash|fspgr|spgr|mprage|bravo|quick3d|tigre|starvibe)"
)
_OTHER_WORDS: Final = _words(
    rf"{_START}(?:dess|ciss|fiesta|trufi|truefisp|bssfp|btfe|b-?ffe)",
    r"fat[ _-]*(?:frac|only)",
    rf"{_START}(?:ff|r2\*|pdff){_END}",
    r"t[12][ _-]*map|mapit",
)
_DIXON: Final = r"(?:dixon|ideal|flex|wfi|wfs|fatsep)[\w -]*[ _-]"
"""Siemens and Philips, GE, GE, UIH, Canon, Hitachi; one letter or word behind it names the part."""

_WATER_WORDS: Final = _words(
    rf"{_START}water(?![ _-]*(?:exc|sat|sup))(?![a-z])",
    rf"{_DIXON}w(?![a-z/])",
    "水相",
    "水像",
)
_FAT_WORDS: Final = _words(
    r"^fat[ _]*:",
    rf"{_START}fat[ _:]*(?:dixon|ideal|flex)",
    rf"{_DIXON}(?:f|fat)(?![ _-]*(?:sat|sup))(?![a-z])",
    "脂相",
    "脂像",
)

_DIFFUSION_TYPES: Final = frozenset(
    {"DIFFUSION", "ADC", "TRACE", "TRACEW", "FA", "DIFFUSION_ANISO", "ISOTROPIC"}
)
_OTHER_TYPES: Final = frozenset(
    {"P", "PHASE", "PHASE MAP", "VELOCITY", "F", "FAT", "FF", "FAT_FRACTION", "R2_STAR", "T2_STAR",
     "T1 MAP", "T2 MAP", "T1_MAP", "T2_MAP", "T2_STAR MAP"}
)  # fmt: skip
_WATER_TYPES: Final = frozenset({"W", "WATER"})
_SUPPRESSION_OPTIONS: Final = frozenset(
    {"FS", "SFS", "DFS", "FATSAT", "FAT_SAT", "FS_GEMS", "SPIR", "SPAIR", "ASPIR", "SPECIR",
     "SPECIAL", "PASTA", "CHESS", "WE", "WATER_EXCITATION"}
)  # fmt: skip


def _folded(text: str) -> str:
    """Lower-case with full-width letters made plain."""
    return unicodedata.normalize("NFKC", text).lower()


def _text(cues: SequenceCues) -> str:
    """The description, with the protocol's name where it alone names no weighting."""
    description = _folded(cues.description)
    if any(pattern.search(description) for pattern in _NAMING):
        return description
    return f"{description} {_folded(cues.protocol)}".strip()


def _says(pattern: re.Pattern[str], cues: SequenceCues) -> bool:
    return bool(pattern.search(_text(cues)))


def _types(cues: SequenceCues) -> frozenset[str]:
    """Image type values after the first two, which speak of pixels and examination."""
    return frozenset(value.upper() for value in cues.image_type[2:])


def _is_diffusion(cues: SequenceCues) -> bool:
    name = cues.sequence_name.lower()
    return (
        bool(_types(cues) & _DIFFUSION_TYPES)
        or bool(cues.b_value)
        or bool(re.search(r"e[pz]_b\d", name))
        or cues.acquisition_contrast == "DIFFUSION"
        or (cues.modality == "MR" and _says(_DIFFUSION_WORDS, cues))
    )


def _is_other_component(cues: SequenceCues) -> bool:
    """Fat-only, phase and parameter images, and steady-state sequences."""
    return bool(_types(cues) & _OTHER_TYPES) or _says(_OTHER_WORDS, cues) or _says(_FAT_WORDS, cues)


def _is_gradient_echo(cues: SequenceCues) -> bool:
    sequences = set(cues.scanning_sequence)
    return bool(sequences & {"GR", "EP"}) and "SE" not in sequences


def _is_stir(cues: SequenceCues) -> bool:
    ti, named = cues.ti_ms, _is_named_stir(cues)
    if ti:
        return _nulls_fat(ti) and (named or not (_is_gradient_echo(cues) or _is_spectral(cues)))
    return named or (_is_nameless_inversion(cues) and not _denies_stir(cues))


def _nulls_fat(ti_ms: float) -> bool:
    return STIR_TI_MS[0] <= ti_ms <= STIR_TI_MS[1]


def _is_named_stir(cues: SequenceCues) -> bool:
    """Whether a name is left that says STIR once ``NO STIR`` and its like are taken out."""
    return bool(_STIR_WORDS.search(_NO_STIR_WORDS.sub(" ", _text(cues))))


def _denies_stir(cues: SequenceCues) -> bool:
    return _says(_NO_STIR_WORDS, cues) and not _is_named_stir(cues)


def _has_t1_times(cues: SequenceCues) -> bool:
    tr, te = cues.tr_ms, cues.te_ms
    return bool(tr and te and tr < SHORT_TR_MS and te < T1_TE_MS)


def _is_spectral(cues: SequenceCues) -> bool:
    """Whether an inversion is of fat alone (SPIR, SPAIR), which any weighting may have."""
    flagged = cues.fat_suppressed or set(cues.scan_options) & _SUPPRESSION_OPTIONS
    return _says(_SPECTRAL_WORDS, cues) or (bool(flagged) and "IR" not in cues.scanning_sequence)


def _is_nameless_inversion(cues: SequenceCues) -> bool:
    """An inversion turbo spin echo without inversion time and without a T1 name."""
    if _says(_SPECTRAL_WORDS, cues):
        return False
    name = cues.sequence_name.lower()
    named = re.search(r"tir\d?d?", name) or _STIR_WORDS.search(name)
    inverted = "IR" in cues.scanning_sequence or bool(named)
    return inverted and not _is_gradient_echo(cues) and _named(cues) is not Contrast.T1


def _is_dixon_water(cues: SequenceCues) -> bool:
    return bool(_types(cues) & _WATER_TYPES) or _says(_WATER_WORDS, cues)


def _is_fat_suppressed(cues: SequenceCues) -> bool:
    if cues.fat_suppressed or set(cues.scan_options) & _SUPPRESSION_OPTIONS:
        return True
    return _says(_FAT_SUPPRESSION_WORDS, cues) and not _says(_NO_SUPPRESSION_WORDS, cues)


def _base(cues: SequenceCues) -> Contrast:
    """T1, T2 or PD irrespective of fat, or other, or unknown."""
    if _is_gradient_echo(cues):
        return _gradient_base(cues)
    measured, named = _measured(cues), _named(cues)
    if measured in (Contrast.T1, Contrast.T2):
        return measured
    return named or measured or Contrast.UNKNOWN


def _gradient_base(cues: SequenceCues) -> Contrast:
    """Gradient echoes are T1-weighted where they say so, and otherwise of no use here."""
    if _says(_T2_STAR_WORDS, cues):
        return Contrast.OTHER
    named_t1 = _says(_GRADIENT_T1_WORDS, cues) or _named(cues) is Contrast.T1
    return Contrast.T1 if named_t1 else Contrast.OTHER


def _measured(cues: SequenceCues) -> Contrast | None:
    """Weighting of a spin echo by its times; None where they do not decide."""
    tr, te, ti = cues.tr_ms, cues.te_ms, cues.ti_ms
    if not tr or not te:
        return None
    if ti and T1_FLAIR_TI_MS[0] <= ti <= T1_FLAIR_TI_MS[1] and te < SHORT_TE_MS:
        return Contrast.T1
    if te >= LONG_TE_MS:
        return Contrast.T2 if tr > SHORT_TR_MS else None
    if te < SHORT_TE_MS and tr <= SHORT_TR_MS:
        return Contrast.T1
    return Contrast.PD if tr >= LONG_TR_MS else None


_ACQUISITION_CONTRASTS: Final = {
    "T1": Contrast.T1,
    "T2": Contrast.T2,
    "PROTON_DENSITY": Contrast.PD,
}


def _named(cues: SequenceCues) -> Contrast | None:
    """Weighting by the first word that names one, else by the contrast code."""
    text = _text(cues)
    found = [
        (match.start(), contrast) for pattern, contrast in _NAMES if (match := pattern.search(text))
    ]
    return min(found)[1] if found else _ACQUISITION_CONTRASTS.get(cues.acquisition_contrast)


_NAMES: Final = (
    (_T1_WORDS, Contrast.T1),
    (_T2_WORDS, Contrast.T2),
    (_PD_WORDS, Contrast.PD),
)
_NAMING: Final = (_T1_WORDS, _T2_WORDS, _PD_WORDS, _STIR_WORDS, _DIFFUSION_WORDS)
