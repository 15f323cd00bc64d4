"""Clinical facts and treatments from a table, tried out before anything is kept.

A table is tried as a whole: every problem is named with its line and column,
what is wrong and what is expected. What comes of it is imported only where
there is no problem, or the lines with problems are skipped on request; a line
is never imported in part. What the library holds already is completed by a
table, and never replaced.

A table is text in UTF-8, UTF-16 or GB 18030 (which contains GBK), its cells
parted by commas, semicolons or tabs; decimals are written with a point or a
comma. Its first line holds names of `VISIT_COLUMNS`, `TREATMENT_COLUMNS` or
`READING_COLUMNS`, in any order. An empty cell, and the `MISSING` marks, mean not recorded.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar

from hipdesk.clinical import (
    BASDAI_TOPICS,
    HARRIS_CHOICES,
    N_BASDAI,
    N_BASFI,
    SCALES,
    Choice,
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HipFacts,
    PartialDate,
    Scale,
    Treatment,
    TreatmentKind,
)
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import RefusedValue, UnreadableInput
from hipdesk.himriss import HIGHEST, Compartment, Reading, by_reader
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import Side

MISSING: Final = frozenset(
    {"", "-", "–", "—", "--", ".", "na", "n/a", "nd", "null", "缺", "缺失", "未查", "未测"}
)
"""What stands for a value that was not recorded, whatever its case."""

YES: Final = frozenset({"yes", "y", "true", "1", "positive", "pos", "+", "是", "有", "阳性"})
NO: Final = frozenset({"no", "n", "false", "0", "negative", "neg", "否", "无", "阴性"})

WORKBOOK_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""Of spreadsheet files that are no text."""

DELIMITERS: Final = (",", ";", "\t")

TRYING: Final = "Trying the table out"
"""What is told of the progress of a trial."""

_STEP: Final = 200
"""Lines between two questions whether to stop."""

_NAMED_REPEATS: Final = 5
"""Of lines that speak of the same, so many are named."""

_DASHES: Final = frozenset({"-", "–", "—", "--"})

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_FIGURE: Final = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_AS_FORMULA: Final = re.compile(r'="(.*)"')
_MIDNIGHT: Final = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
_DATES: Final = (
    re.compile(r"(?P<y>[0-9]{4})([-/.])(?P<m>[0-9]{1,2})(?:\2(?P<d>[0-9]{1,2}))?"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(
        r"(?P<y>[0-9]{4})\s*年(?:\s*(?P<m>[0-9]{1,2})\s*月(?:\s*(?P<d>[0-9]{1,2})\s*[日号]?)?)?"
    ),
    re.compile(r"(?P<y>[0-9]{4})"),
)

ANY_DATE: Final = "a date such as 2024-03-05, 2024/3/5 or 2024年3月5日"
PART_OF_DATE: Final = f"{ANY_DATE}, or only its year and month, or its year"
YES_OR_NO: Final = "yes or no"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a table.

    Attributes
    ----------
    line : in the file, from 1
    column : its name; empty where the whole line is meant
    wrong, expected : for the reader; without full stop
    found : the cell's text
    """

    line: int
    column: str
    wrong: str
    expected: str
    found: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A visit in the library, as an import needs to know it."""

    uid: str
    day: date | None = field(repr=False)
    facts: ClinicalFacts | None = field(default=None, repr=False)
    readings: tuple[Reading, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """A patient in the library, as an import needs to know one."""

    uid: str
    patient_id: str = field(repr=False)
    issuer: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    visits: tuple[KnownVisit, ...] = field(default=(), repr=False)
    treatments: tuple[Treatment, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """Clinical facts of one line.

    Attributes
    ----------
    visit_uid : of the visit on that day; None where the library has none yet
    facts : what the library holds for it, completed by the line
    held : what the library holds for it; None where nothing
    """

    line: int
    patient_uid: str
    visit_uid: str | None
    day: date = field(repr=False)
    facts: ClinicalFacts = field(repr=False)
    held: ClinicalFacts | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held == self.facts

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return self.patient_uid, self.day

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return self.facts


@dataclass(frozen=True, slots=True)
class TreatmentEntry:
    """The treatment of one line.

    Attributes
    ----------
    treatment : as the library holds it, completed by the line
    held : as the library holds it; None where it does not
    """

    line: int
    patient_uid: str
    treatment: Treatment = field(repr=False)
    held: Treatment | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held == self.treatment

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return self.patient_uid, _same_treatment(self.treatment)

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return self.treatment


@dataclass(frozen=True, slots=True)
class ReadingEntry:
    """The HIMRISS reading of one line.

    Attributes
    ----------
    held : as the library holds it; None where it does not
    """

    line: int
    patient_uid: str
    reading: Reading = field(repr=False)
    held: Reading | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held is not None

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return *_whose(self.reading), self.reading.number

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return _said(self.reading), self.reading.read_utc


class _Entry(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def key(self) -> Hashable: ...
    @property
    def content(self) -> Hashable: ...
    @property
    def unchanged(self) -> bool: ...


EntryT = TypeVar("EntryT", bound=_Entry)


@dataclass(frozen=True, slots=True)
class ImportPlan(Generic[EntryT]):
    """What a table would bring, tried out.

    Attributes
    ----------
    encoding, delimiter : as found
    rows : lines with anything on them, without the header
    entries : of the lines without a problem, in their order
    problems : in the order of the lines
    unchanged : lines that say what the library holds already
    skipped : lines that an import with ``skip`` leaves out
    usable : False where the header itself rules every line out
    """

    encoding: str
    delimiter: str
    rows: int
    entries: tuple[EntryT, ...]
    problems: tuple[Problem, ...]
    unchanged: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    usable: bool = True

    @property
    def clean(self) -> bool:
        """Whether everything can be imported."""
        return not self.problems

    def to_import(self, *, skip: bool = False) -> tuple[EntryT, ...]:
        """What may be kept: everything or nothing.

        Parameters
        ----------
        skip : leave out what has a problem and keep the rest
        """
        return self.entries if self.clean or skip else ()


class _Unread(Exception):
    """A cell that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    words : what it is
    expected : what its cells hold
    read : from a cell's text, without blanks around it, to its value
    required : in every line
    dash_is_missing : False where a dash may also be meant for "negative"
    """

    name: str
    words: str
    expected: str
    read: Callable[[str], Any] = field(repr=False)
    required: bool = False
    dash_is_missing: bool = True

    def is_missing(self, text: str) -> bool:
        """Whether a cell says that nothing was recorded."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        return plain in MISSING and (self.dash_is_missing or plain not in _DASHES)


def _figure(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text)
    if _FIGURE.fullmatch(plain) is None:
        raise _Unread("this is not a number")
    return float(plain.replace(",", "."))


def _scaled(scale: Scale) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = _figure(text)
        if not scale.low <= value <= scale.high:
            raise _Unread("this is outside the range")
        return value

    return read


def _chosen(choices: Sequence[Choice]) -> Callable[[str], int]:
    allowed = {choice.points for choice in choices}

    def read(text: str) -> int:
        value = _figure(text)
        if value not in allowed:
            raise _Unread("no answer earns these points")
        return int(value)

    return read


def _one_of(meanings: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        word = unicodedata.normalize("NFKC", text).casefold()
        if word not in meanings:
            raise _Unread("this is none of the words that can stand here")
        return meanings[word]

    return read


def _date_of(parts: Mapping[str, str | None]) -> PartialDate:
    year, month, day = (int(part) if (part := parts.get(name)) else None for name in "ymd")
    try:
        return PartialDate(year or 0, month, day)
    except RefusedValue as error:
        raise _Unread(_clause(error)) from error


def _partial_date(text: str) -> PartialDate:
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text))
    for form in _DATES:
        found = form.fullmatch(plain)
        if found is not None:
            return _date_of(found.groupdict())
    raise _Unread("this is not a date that can be read in one way only")


def _full_date(text: str) -> date:
    known = _partial_date(text)
    if known.day is None:
        raise _Unread("the day is missing")
    return known.first


def _identifier(text: str) -> str:
    formula = _AS_FORMULA.fullmatch(text)
    plain = text if formula is None else formula[1].strip()
    if not plain:
        raise _Unread("there is no ID")
    if _ROUNDED.fullmatch(plain):
        raise _Unread("a spreadsheet has rounded this number")
    return plain


def _crp(text: str) -> tuple[float, bool]:
    """A figure, and whether the value lies below it."""
    plain = unicodedata.normalize("NFKC", text)
    below = plain.startswith("<")
    return _figure(plain.removeprefix("<").strip()), below


def _clause(error: RefusedValue) -> str:
    """A sentence as part of another."""
    words = str(error).rstrip(".")
    return words[:1].lower() + words[1:]


def _listed(choices: Sequence[Choice]) -> str:
    return ", ".join(f"{choice.points} ({choice.words})" for choice in choices)


def _quantity(name: str, side: Side | None = None) -> Column:
    scale = SCALES[name]
    column = f"{name}_{side.word}" if side else name
    words = f"{scale.words}, {side.word} hip" if side else scale.words
    return Column(column, words, scale.expected, _scaled(scale))


def _hip_columns(side: Side) -> Iterable[Column]:
    end, of = f"_{side.word}", f"of the {side.word} hip"
    yield _quantity("hip_pain_vas", side)
    yield Column(
        f"prosthesis{end}",
        f"Whether there is a prosthesis {of}",
        YES_OR_NO,
        _yes_no,
        dash_is_missing=False,
    )
    for item, choices in HARRIS_CHOICES.items():
        words = f"Harris points for {item.replace('_', ' and ')} {of}"
        yield Column(f"harris_{item}{end}", words, _listed(choices), _chosen(choices))
    for name in _HARRIS_FIGURES:
        yield _quantity(name, side)


_yes_no: Final = _one_of({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)})
_HARRIS_FIGURES: Final = (
    "harris_motion",
    "flexion_contracture_deg",
    "adduction_deg",
    "internal_rotation_deg",
    "leg_length_difference_cm",
)

_SIDES: Final = {
    **dict.fromkeys(("r", "right", "右", "右侧"), Side.RIGHT),
    **dict.fromkeys(("l", "left", "左", "左侧"), Side.LEFT),
}

_PATIENT_COLUMNS: Final = (
    Column(
        "patient_id",
        "ID of the patient, as in the images",
        "the ID of a patient in the library",
        _identifier,
        required=True,
    ),
    Column("issuer", "Who issued the ID", "the issuer of the ID", str),
)

VISIT_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column("visit_date", "Day of the visit", ANY_DATE, _full_date, required=True),
    *(_quantity(f"basdai_q{i}") for i in range(1, len(BASDAI_TOPICS) + 1)),
    *(_quantity(f"basfi_q{i}") for i in range(1, N_BASFI + 1)),
    _quantity("patient_global"),
    _quantity("esr_mm_h"),
    Column("crp", "The CRP", "a number, or < and the detection limit", _crp),
    Column(
        "crp_unit",
        "The CRP's unit",
        "mg/L or mg/dL",
        _one_of({unit.value.casefold(): unit for unit in CrpUnit}),
    ),
    Column(
        "crp_detection_limit",
        "The CRP's detection limit, in its unit",
        "a number in the unit of the CRP",
        _figure,
    ),
    Column("hla_b27", "Whether HLA-B27 is positive", YES_OR_NO, _yes_no, dash_is_missing=False),
    Column("symptom_onset", "When symptoms began", PART_OF_DATE, _partial_date),
    *_hip_columns(Side.RIGHT),
    *_hip_columns(Side.LEFT),
)
"""One line a visit."""

TREATMENT_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column(
        "class",
        "Class of the treatment",
        ", ".join(TreatmentKind),
        _one_of({kind.value.casefold(): kind for kind in TreatmentKind}),
        required=True,
    ),
    Column("name", "Name of the drug or operation", "a name", str, required=True),
    Column("dose", "Dose, as it is written", "any text", str),
    Column(
        "start", "When it began; the day of an injection or operation", PART_OF_DATE, _partial_date
    ),
    Column("stop", "When it ended; empty while it goes on", PART_OF_DATE, _partial_date),
    Column(
        "side",
        "Hip of an injection or operation",
        "right or left",
        _one_of(_SIDES),
    ),
)
"""One line a treatment."""


def _whole(text: str) -> int:
    value = _figure(text)
    if value != int(value):
        raise _Unread("this is not a whole number")
    return int(value)


def _total_to(highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = _whole(text)
        if not 0 <= value <= highest:
            raise _Unread("this is outside the range")
        return value

    return read


def _number(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise _Unread("readings are numbered from 1")
    return value


READING_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column("visit_date", "Day of the visit", ANY_DATE, _full_date, required=True),
    Column("side", "Which hip", "right or left", _one_of(_SIDES), required=True),
    Column("reader", "Who read", "a name", str, required=True),
    Column(
        "number",
        "1 for the reader's first reading of this hip and visit, 2 for the next; empty means 1",
        "a whole number from 1, without a gap",
        _number,
    ),
    Column(
        "read_date", "When it was read; empty means the day of the import", ANY_DATE, _full_date
    ),
    Column(
        "blinded_to_order",
        "Whether the reader did not know which visit came first; empty means no",
        YES_OR_NO,
        _yes_no,
        dash_is_missing=False,
    ),
    *(
        Column(
            name.value,
            f"HIMRISS total: {name.words}",
            f"a whole number from 0 to {HIGHEST[name]}",
            _total_to(HIGHEST[name]),
        )
        for name in Compartment
    ),
)
"""One line a HIMRISS reading of a hip."""


class TableKind(StrEnum):
    """What a table has one line of."""

    VISITS = "visits"
    TREATMENTS = "treatments"
    READINGS = "readings"


TABLE_COLUMNS: Final[Mapping[TableKind, tuple[Column, ...]]] = MappingProxyType(
    {
        TableKind.VISITS: VISIT_COLUMNS,
        TableKind.TREATMENTS: TREATMENT_COLUMNS,
        TableKind.READINGS: READING_COLUMNS,
    }
)
"""The columns of each kind of table."""


def recognised(data: bytes) -> TableKind:
    """What a table is meant to hold: the kind most of whose columns its first line names.

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    """
    text, _ = _decoded(data)
    rest, told = _without_mark(text)
    known = {kind: {each.name for each in columns} for kind, columns in TABLE_COLUMNS.items()}
    delimiter = told or _delimiter(rest, set().union(*known.values()))
    first = next((line for line in io.StringIO(rest, newline="") if line.strip()), "")
    names = {_plain_name(cell.strip('" ')) for cell in first.split(delimiter)}
    return max(TableKind, key=lambda kind: len(names & known[kind]))


def plan_table(
    data: bytes,
    kind: TableKind,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[Any]:
    """Try out a table of this kind: `plan_visits`, `plan_treatments` or `plan_readings`.

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    plans: Mapping[TableKind, Callable[..., ImportPlan[Any]]] = {
        TableKind.VISITS: plan_visits,
        TableKind.TREATMENTS: plan_treatments,
        TableKind.READINGS: plan_readings,
    }
    return plans[kind](data, patients, today, progress, cancelled)


def template(columns: Sequence[Column]) -> str:
    """The first line of an empty table."""
    return ",".join(column.name for column in columns) + "\r\n"


def visit_cells(facts: ClinicalFacts) -> dict[str, Any]:
    """Facts by the names of their columns, as a table has them; what is not recorded is left out.

    A table of these cells says what the library holds already.
    """
    cells = _values_of(facts)
    if facts.crp is not None:
        limit, value = facts.crp.detection_limit, facts.crp.value
        cells["crp"] = f"<{limit:.15g}" if value is None else value
        cells["crp_unit"] = facts.crp.unit.value
        if limit is not None:
            cells["crp_detection_limit"] = limit
    if facts.symptom_onset is not None:
        cells["symptom_onset"] = facts.symptom_onset.iso
    return cells


def treatment_cells(treatment: Treatment) -> dict[str, Any]:
    """A treatment by the names of its columns, likewise."""
    cells = {
        "class": treatment.kind.value,
        "name": treatment.name,
        "dose": treatment.dose,
        "start": treatment.started and treatment.started.iso,
        "stop": treatment.stopped and treatment.stopped.iso,
        "side": treatment.side and treatment.side.word,
    }
    return {name: cell for name, cell in cells.items() if cell}


def read_facts(cells: Mapping[str, str]) -> tuple[ClinicalFacts, tuple[Problem, ...]]:
    """Facts written in the cells of one visit, as in a form, and what is wrong with any.

    Parameters
    ----------
    cells : text by names of `VISIT_COLUMNS`; what is empty or absent is not recorded

    Returns
    -------
    facts without the cells that have problems; the problems, all of line 1
    """
    known = [column for column in VISIT_COLUMNS if not column.required]
    row = _Row(1, {column: cells.get(column.name, "").strip() for column in known})
    return _facts(row), tuple(row.problems)


def read_date(text: str) -> PartialDate | None:
    """A day, a month or a year; None where this cannot be read in one way only."""
    try:
        return _partial_date(text.strip())
    except _Unread:
        return None


def plan_visits(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[VisitEntry]:
    """Try out a table with one line a visit.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no visit lies after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    return _plan(
        data,
        VISIT_COLUMNS,
        patients,
        lambda row: _visit_entry(row, today),
        _completed_visit,
        _Steps(progress, cancelled),
    )


def plan_treatments(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[TreatmentEntry]:
    """Try out a table with one line a treatment.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no treatment begins or ends after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    return _plan(
        data,
        TREATMENT_COLUMNS,
        patients,
        lambda row: _treatment_entry(row, today),
        _completed_treatment,
        _Steps(progress, cancelled),
    )


def plan_readings(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[ReadingEntry]:
    """Try out a table with one line a HIMRISS reading.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no reading was made after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    plan = _plan(
        data,
        READING_COLUMNS,
        patients,
        lambda row: _reading_entry(row, today),
        _known_reading,
        _Steps(progress, cancelled),
    )
    held = (each for known in patients for visit in known.visits for each in visit.readings)
    return _without_gaps(plan, held)


ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class _Steps:
    """Tells progress, and stops where the user asked for it."""

    progress: Progress
    cancelled: Cancelled

    def over(self, items: Sequence[ItemT], start: float, stop: float) -> Iterator[ItemT]:
        """Each item, as one share of the whole."""
        for at, item in enumerate(items):
            if at % _STEP == 0:
                self.progress(start + (stop - start) * at / len(items), TRYING)
                if self.cancelled():
                    raise CancelledByUser
            yield item


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells with the lines on which they begin."""

    encoding: str
    delimiter: str
    lines: tuple[tuple[int, tuple[str, ...]], ...]
    broken: Problem | None


class _Row:
    """One line, its values, and what is wrong with it."""

    def __init__(self, line: int, cells: Mapping[Column, str]) -> None:
        self.line = line
        self.texts = {column.name: text for column, text in cells.items()}
        self.problems: list[Problem] = []
        self.values = {column.name: self._read(column, text) for column, text in cells.items()}
        self.patient: KnownPatient | None = None

    def _read(self, column: Column, text: str) -> Any:
        if column.is_missing(text):
            if column.required:
                self.refuse(column.name, "this must not be empty", column.expected)
            return None
        try:
            return column.read(text)
        except _Unread as unread:
            self.refuse(column.name, str(unread), column.expected)
            return None

    def refuse(self, column: str, wrong: str, expected: str) -> None:
        self.problems.append(
            Problem(self.line, column, wrong, expected, self.texts.get(column, ""))
        )

    def attempt(self, column: str, expected: str, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, or None and a problem where the values do not fit together."""
        try:
            return make()
        except RefusedValue as error:
            self.refuse(column, _clause(error), expected)
            return None

    def value(self, name: str) -> Any:
        return self.values.get(name)


def _plan(
    data: bytes,
    columns: Sequence[Column],
    patients: Sequence[KnownPatient],
    entry_of: Callable[[_Row], EntryT | None],
    completed: Callable[[_Row, EntryT], EntryT],
    steps: _Steps,
) -> ImportPlan[EntryT]:
    table = _table(data, columns)
    header, problems, usable = _header(table, columns)
    if not usable:
        return ImportPlan(
            table.encoding,
            table.delimiter,
            max(len(table.lines) - 1, 0),
            (),
            tuple(problems),
            usable=False,
        )
    library = _Library(patients)
    lines = steps.over(table.lines[1:], 0.0, 0.5)
    rows = [_row(line, cells, header) for line, cells in lines]
    for row in rows:
        row.patient = library.patient_of(row)
    made = [(row, entry_of(row)) for row in steps.over(rows, 0.5, 0.9)]
    _find_repeats(made)
    sound = [(row, entry) for row, entry in made if entry is not None and not row.problems]
    whole = [(row, completed(row, entry)) for row, entry in steps.over(sound, 0.9, 1.0)]
    entries = [entry for row, entry in whole if not row.problems]
    problems += [problem for row in rows for problem in row.problems]
    return ImportPlan(
        encoding=table.encoding,
        delimiter=table.delimiter,
        rows=len(rows),
        entries=tuple(entry for entry in entries if not entry.unchanged),
        problems=tuple(sorted(problems, key=lambda each: each.line)),
        unchanged=tuple(entry.line for entry in entries if entry.unchanged),
        skipped=tuple(row.line for row in rows if row.problems),
    )


def _decoded(data: bytes) -> tuple[str, str]:
    """Text and the name of its encoding."""
    if data.startswith(WORKBOOK_STARTS):
        raise UnreadableInput(
            "This is a spreadsheet's own file; save it as CSV (comma separated) and choose that."
        )
    boms = [(codec, name) for bom, codec, name in _BOMS if data.startswith(bom)]
    for codec, name in boms or [("utf-8", "UTF-8"), ("gb18030", "GB 18030")]:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    raise UnreadableInput(
        "This file is not text in UTF-8 or GBK; save the table as CSV UTF-8 and choose that."
    )


def _table(data: bytes, columns: Sequence[Column]) -> _Table:
    text, encoding = _decoded(data)
    rest, told = _without_mark(text)
    delimiter = told or _delimiter(text, {column.name for column in columns})
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True)
    before = 1 if told else 0
    lines: list[tuple[int, tuple[str, ...]]] = []
    line = before + 1
    broken = None
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                lines.append((line, stripped))
            line = before + reader.line_num + 1
    except csv.Error:
        broken = Problem(
            line,
            "",
            "a quotation mark is not closed or stands inside a cell",
            'cells in quotation marks from end to end, "" for a mark within',
        )
    return _Table(encoding, delimiter, tuple(lines), broken)


def _without_mark(text: str) -> tuple[str, str]:
    """A text without the line that tells its delimiter, and that; empty where none is told."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?\r?', first)
    return (rest, told[1]) if told else (text, "")


def _delimiter(text: str, names: set[str]) -> str:
    """The mark that parts the first line into most known names, else into most cells."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")

    def parts(mark: str) -> tuple[int, int]:
        cells = [_plain_name(cell.strip('" ')) for cell in first.split(mark)]
        return len(names.intersection(cells)), len(cells)

    return max(DELIMITERS, key=parts)


def _plain_name(cell: str) -> str:
    """A column's name however it is cased, spaced or hyphenated."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", cell).strip().casefold())


def _header(
    table: _Table, columns: Sequence[Column]
) -> tuple[list[Column | None], list[Problem], bool]:
    """Column of each cell of a line; None for those to be left out."""
    if not table.lines:
        empty = Problem(1, "", "the table is empty", "the names of the columns in the first line")
        return [], [table.broken or empty], False
    line, cells = table.lines[0]
    names = [_plain_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    by_name = {column.name: column for column in columns}
    fatal = [] if table.broken is None else [table.broken]
    fatal += [
        Problem(line, name, "the column is missing", "a column of this name")
        for name in (column.name for column in columns if column.required)
        if name not in names
    ]
    fatal += [
        Problem(line, name, "the column stands twice", "each column once")
        for name in dict.fromkeys(names)
        if name in by_name and names.count(name) > 1
    ]
    if len(table.lines) == 1:
        fatal.append(Problem(line, "", "no line follows the header", "a line or more"))
    unknown = [
        Problem(line, cell, "there is no column of this name", _meant(name, by_name), cell)
        for name, cell in zip(names, cells, strict=False)
        if name not in by_name
    ]
    return [by_name.get(name) for name in names], fatal + unknown, not fatal


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"perhaps {near[0]}" if near else "a documented column, or none"


def _row(line: int, cells: Sequence[str], header: Sequence[Column | None]) -> _Row:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    row = _Row(line, {column: text for column, text in zip(header, padded, strict=False) if column})
    beyond = [text for text in cells[len(header) :] if text]
    if len(cells) < len(header) or beyond:
        row.refuse("", f"the line has {len(cells)} cells", f"{len(header)} cells, as in the header")
    return row


class _Library:
    """The patients of the library by their IDs."""

    def __init__(self, patients: Iterable[KnownPatient]) -> None:
        self._by_id: dict[str, list[KnownPatient]] = {}
        for patient in patients:
            self._by_id.setdefault(patient.patient_id, []).append(patient)
        self._without_zeros = {number.lstrip("0") for number in self._by_id}

    def patient_of(self, row: _Row) -> KnownPatient | None:
        """The only patient whom a line can mean; else None and a problem of the line."""
        number, issuer = row.value("patient_id"), row.value("issuer")
        if number is None:
            return None
        same_id = self._by_id.get(number, [])
        found = [each for each in same_id if issuer is None or each.issuer == issuer]
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("issuer", "several patients have this ID", "the issuer of the ID")
        elif same_id:
            row.refuse("issuer", "no patient has this ID from this issuer", "the issuer of the ID")
        else:
            row.refuse("patient_id", "no patient has this ID", self._expected(number))
        return None

    def _expected(self, number: str) -> str:
        expected = "the ID of a patient in the library"
        lost = number.lstrip("0") in self._without_zeros
        return f"{expected}; zeros at its start may have been lost" if lost else expected


def _visit_entry(row: _Row, today: date) -> VisitEntry | None:
    day, patient = row.value("visit_date"), row.patient
    facts = _facts(row)
    if facts.empty and not row.problems:
        row.refuse("", "the line holds nothing beside the patient and the date", "a value or more")
    if day is None or patient is None:
        return None
    _check_days(row, {"visit_date": day}, patient, today)
    onset = row.value("symptom_onset")
    if onset is not None and onset.first > day:
        row.refuse("symptom_onset", "this lies after the visit", "an earlier date")
    if onset is not None and patient.birth_date and onset.last < patient.birth_date:
        row.refuse("symptom_onset", "this lies before the patient's birth", "a later date")
    there = [visit.uid for visit in patient.visits if visit.day == day]
    if len(there) > 1:
        row.refuse("visit_date", "the patient has several visits on this day", "a day with one")
    return VisitEntry(row.line, patient.uid, there[0] if there else None, day, facts)


def _treatment_entry(row: _Row, today: date) -> TreatmentEntry | None:
    kind, name = row.value("class"), row.value("name")
    if row.patient is None or kind is None or name is None:
        return None
    started, stopped = row.value("start"), row.value("stop")
    days = {"start": started, "stop": stopped}
    known = {column: each.first for column, each in days.items() if each is not None}
    _check_days(row, known, None, today)
    if started is not None and row.patient.birth_date and started.last < row.patient.birth_date:
        row.refuse("start", "this lies before the patient's birth", "a later date")
    treatment = row.attempt(
        "",
        "a drug with its start and end, or an injection or operation with one date",
        lambda: Treatment(kind, name, started, stopped, row.value("dose") or "", row.value("side")),
    )
    return None if treatment is None else TreatmentEntry(row.line, row.patient.uid, treatment)


def _reading_entry(row: _Row, today: date) -> ReadingEntry | None:
    day, patient, side = row.value("visit_date"), row.patient, row.value("side")
    reader, number = row.value("reader"), row.value("number") or 1
    if day is None or patient is None or side is None or reader is None:
        return None
    there = [visit for visit in patient.visits if visit.day == day]
    if not there:
        row.refuse("visit_date", "the patient has no visit on this day", "the day of a visit")
    if len(there) > 1:
        row.refuse("visit_date", "the patient has several visits on this day", "a day with one")
    read_on = row.value("read_date") or today
    _check_days(row, {"read_date": read_on}, None, today)
    if read_on < day:
        row.refuse("read_date", "this lies before the visit", "the visit's day or a later one")
    if len(there) != 1:
        return None
    made = row.attempt(
        "",
        "at least one total",
        lambda: Reading(
            there[0].uid,
            side,
            reader,
            number,
            datetime(read_on.year, read_on.month, read_on.day, tzinfo=UTC),
            bool(row.value("blinded_to_order")),
            *(row.value(name.value) for name in Compartment),
        ),
    )
    return ReadingEntry(row.line, patient.uid, made) if isinstance(made, Reading) else None


def _known_reading(row: _Row, entry: ReadingEntry) -> ReadingEntry:
    """The entry with the reading that the library holds, or a problem where the two differ."""
    visits = () if row.patient is None else row.patient.visits
    known = (each for visit in visits for each in visit.readings)
    same = (*_whose(entry.reading), entry.reading.number)
    held = next((each for each in known if (*_whose(each), each.number) == same), None)
    if held is None:
        return entry
    old, new = _said(held), _said(entry.reading)
    _refuse_differing(row, [name for name in new if new[name] != old[name]])
    return replace(entry, held=held)


def _said(reading: Reading) -> dict[str, Any]:
    """What a reading says, by the names of its columns."""
    totals = {name.value: total for name, total in reading.totals.items()}
    return {"blinded_to_order": reading.blinded_to_order, **totals}


def _whose(reading: Reading) -> tuple[str, Side, str]:
    """Visit, hip and reader, however the name is spaced or cased."""
    (reader,) = by_reader([reading])
    return reading.visit_uid, reading.side, reader


def _without_gaps(
    plan: ImportPlan[ReadingEntry], held: Iterable[Reading]
) -> ImportPlan[ReadingEntry]:
    """The plan without re-reads whose earlier readings are neither in it nor in the library."""
    known = {(*_whose(each), each.number) for each in held}
    kept, lost = [], []
    for entry in sorted(plan.entries, key=lambda each: each.reading.number):
        before = (*_whose(entry.reading), entry.reading.number - 1)
        if entry.reading.number == 1 or before in known:
            known.add((*before[:3], entry.reading.number))
            kept.append(entry)
        else:
            lost.append(entry)
    problems = [
        Problem(
            each.line,
            "number",
            f"this reader's reading {each.reading.number - 1} of this hip and visit is missing",
            "readings numbered from 1 without a gap",
            str(each.reading.number),
        )
        for each in lost
    ]
    return replace(
        plan,
        entries=tuple(sorted(kept, key=lambda each: each.line)),
        problems=tuple(sorted((*plan.problems, *problems), key=lambda each: each.line)),
        skipped=tuple(sorted((*plan.skipped, *(each.line for each in lost)))),
    )


def _check_days(
    row: _Row, days: Mapping[str, date], patient: KnownPatient | None, today: date
) -> None:
    for column, day in days.items():
        if day > today:
            row.refuse(column, "this lies in the future", "today or an earlier date")
        if patient and patient.birth_date and day < patient.birth_date:
            row.refuse(column, "this lies before the patient's birth", "a later date")


def _facts(row: _Row) -> ClinicalFacts:
    """What a line says, without what does not fit together."""
    values = {**row.values, "crp": _crp_of(row)}
    answers = {side: _harris_in(row, values, side) for side in Side}
    return _facts_of(values, answers)


def _harris_in(row: _Row, values: Mapping[str, Any], side: Side) -> Harris:
    made = row.attempt(
        f"harris_deformity_{side.word}",
        "4 only where all four deformities are within their limits",
        lambda: _harris_of(values, side),
    )
    return made if isinstance(made, Harris) else Harris()


def _facts_of(values: Mapping[str, Any], harris: Mapping[Side, Harris]) -> ClinicalFacts:
    """Facts from values by the names of their columns."""
    right, left = (
        HipFacts(
            values.get(f"hip_pain_vas_{side.word}"),
            values.get(f"prosthesis_{side.word}"),
            harris[side],
        )
        for side in (Side.RIGHT, Side.LEFT)
    )
    return ClinicalFacts(
        basdai=tuple(values.get(f"basdai_q{i}") for i in range(1, N_BASDAI + 1)),
        basfi=tuple(values.get(f"basfi_q{i}") for i in range(1, N_BASFI + 1)),
        patient_global=values.get("patient_global"),
        esr_mm_h=values.get("esr_mm_h"),
        crp=values.get("crp"),
        hla_b27=values.get("hla_b27"),
        symptom_onset=values.get("symptom_onset"),
        right=right,
        left=left,
    )


def _harris_of(values: Mapping[str, Any], side: Side) -> Harris:
    answers = {name: values.get(f"harris_{name}_{side.word}") for name in HARRIS_CHOICES}
    figures = {
        name.removeprefix("harris_"): values.get(f"{name}_{side.word}") for name in _HARRIS_FIGURES
    }
    return Harris(**answers, **figures)


def _values_of(facts: ClinicalFacts) -> dict[str, Any]:
    """Values by the names of their columns; what is not recorded is left out."""
    names = ("crp", "hla_b27", "symptom_onset")
    values: dict[str, Any] = {**facts.figures, **{name: getattr(facts, name) for name in names}}
    for side in Side:
        hip, end = facts.hip(side), f"_{side.word}"
        values |= {f"hip_pain_vas{end}": hip.pain_vas, f"prosthesis{end}": hip.prosthesis}
        values |= {f"harris_{name}{end}": getattr(hip.harris, name) for name in HARRIS_CHOICES}
        for name in _HARRIS_FIGURES:
            values[f"{name}{end}"] = getattr(hip.harris, name.removeprefix("harris_"))
    return {name: value for name, value in values.items() if value is not None}


def _crp_of(row: _Row) -> Crp | None:
    stated, unit, limit = (row.value(n) for n in ("crp", "crp_unit", "crp_detection_limit"))
    if stated is None:
        return None
    figure, below = stated
    if unit is None:
        if not any(problem.column == "crp_unit" for problem in row.problems):
            row.refuse("crp_unit", "the CRP has no unit", "mg/L or mg/dL")
        return None
    if below and limit not in (None, figure):
        row.refuse("crp_detection_limit", "this is not the limit of the CRP", "the same figure")
        return None
    made = row.attempt(
        "crp",
        f"a number from 0 to {SCALES['crp_mg_l'].high:g} mg/L, its limit up to "
        f"{SCALES['crp_detection_limit_mg_l'].high:g} mg/L",
        lambda: Crp(None, unit, figure) if below else Crp(figure, unit, limit),
    )
    return made if isinstance(made, Crp) else None


def _find_repeats(made: Sequence[tuple[_Row, EntryT | None]]) -> None:
    """Mark lines that speak of the same; of lines that agree, the first one stands."""
    groups: dict[Hashable, list[tuple[_Row, EntryT]]] = {}
    for row, entry in made:
        if entry is not None:
            groups.setdefault(entry.key, []).append((row, entry))
    for group in groups.values():
        if len(group) > 1:
            _mark_repeats(group)


def _mark_repeats(group: Sequence[tuple[_Row, EntryT]]) -> None:
    agree = len({entry.content for _, entry in group}) == 1
    agree = agree and not any(row.problems for row, _ in group)
    first = group[0][0].line
    for row, _ in group[1:] if agree else group:
        if agree:
            row.refuse("", f"this repeats line {first}", "each visit or treatment once")
        else:
            row.refuse(
                "", f"line {_others(group, row)} speaks of the same", "each visit or treatment once"
            )


def _others(group: Sequence[tuple[_Row, EntryT]], row: _Row) -> str:
    """The other lines of a group, as a list that stays short however many there are."""
    named = group[: _NAMED_REPEATS + 1]
    others = [str(other.line) for other, _ in named if other is not row][:_NAMED_REPEATS]
    left = len(group) - 1 - len(others)
    return ", ".join([*others, "..."] if left else others)


def _completed_visit(row: _Row, entry: VisitEntry) -> VisitEntry:
    """The entry with what the library holds, or a problem where they contradict each other."""
    visits = () if row.patient is None else row.patient.visits
    held = next((visit.facts for visit in visits if visit.uid == entry.visit_uid), None)
    if held is None:
        return entry
    old, new = _values_of(held), _values_of(entry.facts)
    values = {**new, **old}
    _refuse_differing(row, [name for name in new if new[name] != values[name]])
    facts = row.attempt(
        "",
        "values that fit what the library holds",
        lambda: _facts_of(values, {side: _harris_of(values, side) for side in Side}),
    )
    return entry if facts is None else replace(entry, facts=facts, held=held)


def _completed_treatment(row: _Row, entry: TreatmentEntry) -> TreatmentEntry:
    """The entry with what the library holds, or a problem where they contradict each other."""
    known = () if row.patient is None else row.patient.treatments
    new, same = entry.treatment, _same_treatment(entry.treatment)
    held = next((each for each in known if _same_treatment(each) == same), None)
    if held is None:
        return entry
    pairs = {"stop": (held.stopped, new.stopped), "dose": (held.dose, new.dose)}
    _refuse_differing(row, [name for name, (a, b) in pairs.items() if a and b and a != b])
    both = replace(held, stopped=held.stopped or new.stopped, dose=held.dose or new.dose)
    return replace(entry, treatment=both, held=held)


def _refuse_differing(row: _Row, columns: Iterable[str]) -> None:
    for column in columns:
        row.refuse(column, "the library holds another value", "the value that the library holds")


def _same_treatment(treatment: Treatment) -> Hashable:
    """What makes two records speak of one treatment."""
    name = " ".join(treatment.name.casefold().split())
    return treatment.kind, name, treatment.started, treatment.side
