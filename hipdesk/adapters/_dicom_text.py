"""Character sets: declared, misspelt, wrong, or chosen by the user.

A file states its set in SpecificCharacterSet (DICOM PS3.3 C.12.1.1.2). Many
state none or a wrong one. What is wrong can often be seen: bytes that the set
does not have, or words such as no language writes. It is then told; only the
user replaces a set, for a whole source.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pydicom.charset import python_encoding

from hipdesk.adapters._dicom_elements import Elements
from hipdesk.adapters._dicom_headers import Frame
from hipdesk.adapters._dicom_tags import BINARY, Tag
from hipdesk.errors import UnreadableInput
from hipdesk.ports import CHARSETS
from hipdesk.records import Notice, Series

_TEXTS: Final = (Tag.PATIENT_NAME, Tag.SERIES_DESCRIPTION, Tag.STUDY_DESCRIPTION, Tag.INSTITUTION)

_NAMED: Final = (*_TEXTS, Tag.PROTOCOL, Tag.PATIENT_ID, Tag.ACCESSION)

_CODECS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ISO_IR 203": "iso8859_15",
        "ISO 2022 IR 203": "iso8859_15",
        "BIG5": "big5",
        "SHIFT_JIS": "shift_jis",
        "EUC-JP": "euc_jp",
        "WINDOWS-1250": "cp1250",
        "WINDOWS-1251": "cp1251",
        "WINDOWS-1253": "cp1253",
        "WINDOWS-1254": "cp1254",
        "WINDOWS-1255": "cp1255",
        "WINDOWS-1256": "cp1256",
        "KOI8-R": "koi8_r",
    }
)
"""Python's names of sets that pydicom does not know: some new, some never DICOM's."""

_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "utf8": "ISO_IR 192",
        "unicode": "ISO_IR 192",
        "latin1": "ISO_IR 100",
        "iso88591": "ISO_IR 100",
        "gb2312": "GB18030",
        "euckr": "ISO 2022 IR 149",
        "cp949": "ISO 2022 IR 149",
        "sjis": "Shift_JIS",
        "eucjp": "EUC-JP",
        "koi8r": "KOI8-R",
        **{f"cp125{n}": f"windows-125{n}" for n in (0, 1, 3, 4, 5, 6)},
        "tis620": "ISO_IR 166",
        "ascii": "ISO_IR 6",
    }
)

_ESC: Final = 0x1B
_KANJI: Final = "JIS X 0208"
_MORE_KANJI: Final = "JIS X 0212"

_TO_G0: Final[Mapping[bytes, str]] = MappingProxyType(
    {b"(B": "", b"(J": "", b"$B": _KANJI, b"$@": _KANJI, b"$(D": _MORE_KANJI}
)
"""Escape sequences (without the escape) that set what bytes below 0x80 mean."""

_TO_G1: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"-A": "latin_1", b"-B": "iso8859_2", b"-C": "iso8859_3", b"-D": "iso8859_4",
        b"-L": "iso8859_5", b"-G": "iso8859_6", b"-F": "iso8859_7", b"-H": "iso8859_8",
        b"-M": "iso8859_9", b"-T": "tis_620", b"-b": "iso8859_15", b")I": "shift_jis",
        b"$)C": "euc_kr", b"$)A": "gbk",
    }
)  # fmt: skip
"""The same for bytes from 0x80 on. Source: DICOM PS3.3 C.12.1.1.2, tables C.12-3 and C.12-4."""

_TWO_BYTES: Final = frozenset({"euc_kr", "gbk"})
_RESETTING: Final = frozenset(b"\r\n\f\t")
_RESETTING_NAMES: Final = frozenset(b"\r\n\f\t^=")
_STANDING_ALONE: Final = frozenset({"ISO_IR 192", "GB18030", "GBK", "ISO 2022 GBK"})

_CANDIDATES: Final = (
    ("ISO_IR 192", "utf_8"),
    ("GB18030", "gb2312"),
    ("ISO 2022 IR 149", "euc_kr"),
    ("Shift_JIS", "shift_jis"),
    ("Big5", "big5"),
    ("windows-1251", "cp1251"),
    ("ISO_IR 144", "iso8859_5"),
    ("ISO_IR 126", "iso8859_7"),
    ("ISO_IR 166", "tis_620"),
    ("ISO_IR 127", "iso8859_6"),
    ("windows-1256", "cp1256"),
    ("ISO_IR 138", "iso8859_8"),
    ("ISO_IR 100", "latin_1"),
)
"""What a wrongly declared text is tried as, the likeliest first."""

_SYMBOLS: Final = frozenset("°²³µ±·–—‘’“”ªº®™、。，·・ー（）")
_CASED: Final = frozenset({"CYRILLIC", "GREEK"})
_SYLLABIC: Final = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH", "HANGUL", "IDEOGRAPHIC"}
)
_OTHER_SCRIPTS: Final = frozenset({"ARABIC", "HEBREW", "THAI"})
_MOST_LIKELY: Final = 2
_COMMON_LEADS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "gb2312": (0xB0, 0xD7),
        "euc_kr": (0xB0, 0xC8),
        "shift_jis": (0x82, 0x98),
        "big5": (0xA4, 0xC6),
    }
)
"""First and last lead byte of the set's first level, or of Korean syllables."""

_VOWELS: Final = frozenset("аеёиоуыэюяєіїαεηιουωάέήίόύώϊϋΐΰ")
_FEWEST_VOWELS: Final = 0.2

_UTF8: Final = "utf_8"

LOST: Final = "\ufffd"
"""Stands for bytes that a character set does not have."""

_DOUBLE_BYTE: Final = frozenset({"gb18030", "gbk", "gb2312", "euc_kr", "shift_jis", "big5"})


def charset_value(name: str) -> bytes:
    r"""SpecificCharacterSet as a user names it, in the standard's spelling.

    Parameters
    ----------
    name : a defined term such as ``GB18030`` or ``\ISO 2022 IR 87``, one of
        `hipdesk.ports.CHARSETS`, or a common name such as ``utf-8``; empty for
        what each file states

    Raises
    ------
    UnreadableInput
        There is no such set.
    """
    if not name.strip():
        return b""
    terms = [_term(part) for part in name.strip().split("\\")]
    if None in terms or not any(terms):
        raise UnreadableInput(
            f"There is no character set called {name}; use one of {', '.join(CHARSETS)}."
        )
    return "\\".join(term or "" for term in terms).encode("ascii")


def _term(name: str) -> str | None:
    """One value of SpecificCharacterSet as pydicom or Python knows it; None for no such set."""
    if not name.strip():
        return ""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    name = _ALIASES.get(plain, name.strip())
    spelt = _spelt(name)
    if spelt in python_encoding:
        return spelt
    return _CODECS.get(spelt.upper())


def _spelt(term: str) -> str:
    """A defined term with its underscore and spaces where they belong."""
    match = re.fullmatch(r"ISO[ _-]*(2022)?[ _-]*IR[ _-]*(\d+)", term.strip(), re.IGNORECASE)
    if match is None:
        known = {name.upper(): name for name in ("GB18030", "GBK", "ISO 2022 GBK")}
        return known.get(term.strip().upper(), term.strip())
    return f"ISO 2022 IR {match[2]}" if match[1] else f"ISO_IR {match[2]}"


def with_charset(frames: tuple[Frame, ...], chosen: bytes) -> tuple[Frame, ...]:
    """Frames that are read with the chosen character set, or with their own, spelt right.

    Text with escape sequences is decoded here and kept as UTF-8: pydicom leaves
    those of GB 2312 in, and takes none that the file does not announce.

    Parameters
    ----------
    chosen : from `charset_value`; empty to keep what the file states
    """
    if not frames:
        return frames
    values = frames[0].elements.values
    stated = values.get(Tag.CHARACTER_SET, b"")
    wanted = chosen or _corrected(stated)
    escaped = _first_term(wanted) not in _STANDING_ALONE and any(
        _ESC in values.get(tag, b"") for tag in _NAMED
    )
    if not escaped and wanted == stated:
        return frames
    return tuple(_overlaid(frame, wanted, escaped) for frame in frames)


def _overlaid(frame: Frame, wanted: bytes, escaped: bool) -> Frame:
    """One frame with another character set, its text decoded where it has escape sequences."""
    overlay: dict[int, bytes] = {int(Tag.CHARACTER_SET): wanted}
    if escaped:
        overlay[Tag.CHARACTER_SET] = b"ISO_IR 192"
        for tag, value in frame.elements.values.items():
            if tag not in BINARY and not (value.isascii() and _ESC not in value):
                text = decoded(value, _first_term(wanted), tag == Tag.PATIENT_NAME)
                overlay[tag] = text.encode("utf_8")
    return replace(frame, elements=frame.elements.overlaid(overlay))


def _first_term(stated: bytes) -> str:
    return stated.decode("latin-1").split("\\")[0].strip(" \0")


def decoded(value: bytes, first: str, is_name: bool) -> str:
    """Text with escape sequences.

    Parameters
    ----------
    first : the first value of SpecificCharacterSet, in force at the beginning and
        after each delimiter. A set of double bytes goes on after a delimiter where
        the first one has no such bytes: many files do not announce it again.
    is_name : whether ``^`` and ``=`` are delimiters, too

    Source: DICOM PS3.5 6.1.2.5.3.
    """
    delimiters = _RESETTING_NAMES if is_name else _RESETTING
    own = _own_codec(first)
    low, high = "", own
    text: list[str] = []
    at = 0
    while at < len(value):
        step = 1
        if value[at] == _ESC:
            low, high, step = _escape(value, at, low, high)
        elif low and 0x20 < value[at] < 0x7F:
            step = 2
            text.append(_kanji(value[at : at + 2], low))
        elif value[at] < 0x80:
            if value[at] in delimiters:
                low, high = "", own or high
            text.append(chr(value[at]))
        else:
            step = 2 if high in _TWO_BYTES else 1
            text.append(value[at : at + step].decode(high or "latin_1", "replace"))
        at += step
    return "".join(text)


def _own_codec(first: str) -> str:
    """Codec of the first set's bytes from 0x80 on; empty where it has none."""
    codec = python_encoding.get(first, first)
    if not first or codec == python_encoding["ISO_IR 6"]:
        return ""
    return {"iso_ir_58": "gbk", "iso2022_jp": "", "iso2022_jp_2": ""}.get(codec, codec)


def _escape(value: bytes, at: int, low: str, high: str) -> tuple[str, str, int]:
    """What an escape sequence sets, and its length; one that nobody knows is left out."""
    for length in (3, 2):
        sequence = value[at + 1 : at + 1 + length]
        if sequence in _TO_G0:
            return _TO_G0[sequence], high, length + 1
        if sequence in _TO_G1:
            return low, _TO_G1[sequence], length + 1
    return low, high, 1


def _kanji(pair: bytes, kind: str) -> str:
    """One character of a Japanese set of double bytes."""
    raised = bytes(byte | 0x80 for byte in pair)
    return (raised if kind == _KANJI else b"\x8f" + raised).decode("euc_jp", "replace")


@lru_cache(maxsize=64)
def _corrected(stated: bytes) -> bytes:
    """A stated set with misspelt and new terms replaced; as it is where nothing helps."""
    terms = [part.strip(" \0") for part in stated.decode("latin-1").split("\\")]
    known = [_term(term) for term in terms]
    if all(term in python_encoding for term in terms) or None in known:
        return stated
    return "\\".join(term or "" for term in known).encode("ascii")


def with_text_facts(series: Series, elements: Elements) -> Series:
    """The series with the groups of its patient's name, and told where text looks wrong.

    Parameters
    ----------
    elements : of one of its files
    """
    patient = replace(series.patient, name_groups=name_groups(elements))
    return replace(series, patient=patient, notices=(*series.notices, *doubts(elements)))


def name_groups(elements: Elements) -> tuple[str, ...]:
    """Alphabetic, ideographic and phonetic group of the patient's name, as stored.

    Components stay divided by ``^``; trailing empty groups are left out.

    Source: DICOM PS3.5 6.2.1.
    """
    name = elements.person_name(Tag.PATIENT_NAME)
    groups = [group.strip(" \0") for group in (name.alphabetic, name.ideographic, name.phonetic)]
    while groups and not groups[-1]:
        groups.pop()
    return tuple(groups)


def doubts(elements: Elements) -> tuple[Notice, ...]:
    """One notice where names or descriptions are probably in another set than stated."""
    raw = {tag: elements.values.get(tag, b"") for tag in _TEXTS}
    wrong = [tag for tag, value in raw.items() if _doubtful(elements, tag, value)]
    if not wrong:
        return ()
    likely = _likely(b" ".join(raw[tag].replace(b"=", b"^") for tag in wrong))
    guess = f"; it may be {' or '.join(likely)}" if likely else ""
    sentence = (
        "Names or descriptions look garbled, as if the files stated a wrong character set"
        f"{guess}: open the images again with the right one."
    )
    return (Notice("text_doubtful", sentence),)


def _doubtful(elements: Elements, tag: int, value: bytes) -> bool:
    """Whether one value, decoded as stated, is no text."""
    if value.isascii() and b"\x1b" not in value:
        return False
    name = str(elements.person_name(tag)) if tag == Tag.PATIENT_NAME else ""
    text = name or elements.text(tag)
    if "\ufffd" in text or "\x1b" in text or not _natural(text):
        return True
    other = _decoded(value, _UTF8)
    if other is None or other == text or _codec(elements) not in _DOUBLE_BYTE:
        return False
    return _natural(other) and not _encodable(text, "gb2312")


def _codec(elements: Elements) -> str:
    """Python's codec of the first stated set."""
    stated = (elements.strings(Tag.CHARACTER_SET) or ("",))[0]
    try:
        return codecs.lookup(python_encoding.get(stated, stated)).name.replace("-", "_")
    except LookupError:
        return ""


def _likely(value: bytes) -> tuple[str, ...]:
    """Sets in which the bytes are words."""
    if "\ufffd".encode() in value:  # already lost
        return ()
    found: list[str] = []
    for term, codec in _CANDIDATES:
        text = _decoded(value, codec)
        if text is not None and _natural(text, as_names=True) and _is_common(value, codec):
            if codec == _UTF8:
                return (term,)
            found.append(term)
    return tuple(found[:_MOST_LIKELY])


def _is_common(value: bytes, codec: str) -> bool:
    """Whether at least half of some double-byte characters are among the set's common ones."""
    if codec not in _COMMON_LEADS:
        return True
    least, most = _COMMON_LEADS[codec]
    characters = re.finditer(rb"[\x81-\xfe][\x40-\xff]", value)
    leads = [value[character.start()] for character in characters]
    return 2 * sum(least <= lead <= most for lead in leads) >= len(leads) > 0


def _decoded(value: bytes, codec: str) -> str | None:
    try:
        return value.decode(codec)
    except UnicodeError:
        return None


def _encodable(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeError:
        return False
    return True


def _natural(text: str, as_names: bool = False) -> bool:
    """Whether every word could be one: letters of one script, cased as people write.

    Parameters
    ----------
    as_names : demand a capital letter and vowels where the script has them
    """
    return all(_is_word(word, as_names) for word in _words(text))


def _words(text: str) -> Iterator[str]:
    return (word for word in re.split(r"[\s^=\\,.;:()/\-_+0-9\[\]]+", text) if not word.isascii())


def _is_word(word: str, as_name: bool) -> bool:
    scripts = {_script(char) for char in word if not char.isascii()} - {""}
    ascii_letters = any(char.isascii() and char.isalpha() for char in word)
    if not scripts:
        return True
    if scripts == {"LATIN"}:
        return ascii_letters or len(word) == 1
    if scripts <= _SYLLABIC:
        return not (as_name and "HALFWIDTH" in scripts)
    if len(scripts) > 1 or ascii_letters:
        return False
    if scripts <= _CASED:
        return _is_cased(word, as_name)
    return scripts <= _OTHER_SCRIPTS and unicodedata.category(word[0])[0] != "M"


def _is_cased(word: str, as_name: bool) -> bool:
    """Whether a Cyrillic or Greek word is written as such words are."""
    if not as_name:
        return word.istitle() or word.isupper() or word.islower()
    vowels = sum(char in _VOWELS for char in word.lower())
    return (word.istitle() or word.isupper()) and vowels >= _FEWEST_VOWELS * len(word)


def _script(char: str) -> str:
    """First word of a letter's Unicode name; empty for harmless symbols, '?' for the rest."""
    if char in _SYMBOLS:
        return ""
    if unicodedata.category(char)[0] not in "LM":
        return "?"
    return unicodedata.name(char, "?").split()[0]
