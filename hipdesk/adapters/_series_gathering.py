"""Files become series while a scan goes on, and parts of it that can be kept.

Series are told early and sorted again only when more of their files turn up.
Folders are joined into units that share neither a series nor an instance with
any other folder, so that each unit can be remembered by itself.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from hipdesk.adapters._dicom_archives import INNER_ARCHIVE
from hipdesk.adapters._dicom_elements import UNCOMPRESSED
from hipdesk.adapters._dicom_headers import Frame, UnusableError, displayed_name, frames_of
from hipdesk.adapters._dicom_stacks import sort_into_series
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.adapters._dicom_text import LOST, charset_value, with_charset, with_text_facts
from hipdesk.adapters._dicom_walk import NotDicomError, TooManyPartsError
from hipdesk.adapters._disc_index import DiscIndex, below, is_disc_index
from hipdesk.adapters._header_pool import PATIENCE_S, in_background
from hipdesk.adapters._scan_index import Unit, fingerprint
from hipdesk.adapters._source_listing import NO_ACCESS, NO_ANSWER, SourceFile, SourceFolder
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.ports import CHARSETS, Cancelled, Found
from hipdesk.records import Notice, Series, SkippedFile
from hipdesk.series_choice import NOT_DICOM

Outcome = tuple[Frame, ...] | str
"""A file's slices, or the reason why it has none."""

DAMAGED: Final = "It is damaged and cannot be read."
TOO_MANY_PARTS: Final = "It holds more header entries than any image has; it is damaged."
UNFINISHED: Final = "It is not complete; is it still being copied?"
DUPLICATE: Final = "It is a copy of another file of the same series."
INDEX: Final = "It is the index of a disc; the images it lists are read directly."
NO_IMAGE: Final = "It holds no image."

_FLEETING: Final = frozenset({NO_ANSWER, NO_ACCESS, UNFINISHED})
"""Reasons that another look may find gone."""

SETTLED_AFTER: Final = 64
"""Files of other series that follow one; then it is probably complete."""

GROWTH: Final = 2
"""A series is told again early once it has so many times the files; in the end anyway."""

MANY_FRAMES: Final = 2000
"""Of one series; to sort them takes a tenth of a second."""

RECENT_NS: Final = 60 * 10**9
"""Files that changed this lately are looked at twice."""

_SECOND_NS: Final = 10**9
_COARSE_NS: Final = 2 * _SECOND_NS
_FINE_NS: Final = _SECOND_NS // 50
"""Clocks of file systems: FAT counts two seconds, Linux some milliseconds."""

_Group = tuple[str, str]

T = TypeVar("T")


def look(file: SourceFile, charset: bytes) -> Outcome:
    """What one file holds; never raises.

    Parameters
    ----------
    charset : SpecificCharacterSet to be used instead of its own, if any
    """
    if is_disc_index(file.shown):
        return INDEX
    try:
        frames = frames_of(file.path)
        if frames and _is_cut(frames[0], file.size):
            return UNFINISHED
        return with_charset(frames, charset) or NO_IMAGE
    except NotDicomError:
        return INNER_ARCHIVE if file.shown.suffix.lower() == ".zip" else NOT_DICOM
    except UnusableError as reason:
        return str(reason)
    except TooManyPartsError:
        return TOO_MANY_PARTS
    except OSError as error:  # pydicom raises them without a number
        return DAMAGED if error.errno is None else NO_ACCESS
    except Exception:  # pydicom raises anything on damaged files
        return DAMAGED


def spellings(path: Path) -> dict[str, str]:
    """The patient's name in a file as it reads in each character set, and under "" as stated.

    Sets that do not have its bytes are left out; all of them where the file
    cannot be read.
    """
    try:
        frames = frames_of(path)[:1]
    except Exception:  # pydicom raises anything on damaged files
        return {}
    names = {name: _spelt(frames, name) for name in ("", *CHARSETS)} if frames else {}
    return {name: text for name, text in names.items() if text and LOST not in text}


def _spelt(frames: tuple[Frame, ...], charset: str) -> str:
    (frame,) = with_charset(frames, charset_value(charset))
    return displayed_name(frame.elements.person_name(Tag.PATIENT_NAME))


def _is_cut(frame: Frame, size: int) -> bool:
    """Whether the file is smaller than its header and pixels."""
    elements = frame.elements
    if elements.string(Tag.TRANSFER_SYNTAX) not in UNCOMPRESSED:
        return frame.least_bytes > size
    bits = elements.number(Tag.BITS_ALLOCATED) or 0.0
    frames = (elements.number(Tag.FRAMES) or 1.0) if Tag.FRAMES in elements else 1.0
    return frame.least_bytes + bits * frame.rows * frame.columns * frames / 8 > size


def reading_order(
    folders: Sequence[SourceFolder], discs: Sequence[tuple[Path, DiscIndex]]
) -> Iterator[list[tuple[SourceFolder, SourceFile]]]:
    """Files in batches that probably hold whole series: of a disc's index, else of a folder."""
    left = {file.path: (folder, file) for folder in folders for file in folder.files}
    for disc, index in discs:
        named = {below(disc, file.shown): path for path, (_, file) in left.items()}
        for group in index.groups:
            batch = [left.pop(named[name]) for name in group if named.get(name) in left]
            if batch:
                yield batch
    for folder in folders:
        rest = [left[file.path] for file in folder.files if file.path in left]
        if rest:
            yield rest


def missing_from(disc: Path, index: DiscIndex, files: Iterable[SourceFile]) -> int:
    """How many images that a disc's index lists are not there."""
    there = {below(disc, file.shown) for file in files}
    return sum(name not in there for group in index.groups for name in group)


class Gathering:
    """Series as far as they are known.

    Parameters
    ----------
    found : told of each series early
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._groups: dict[_Group, dict[str, _Taken]] = defaultdict(dict)
        self._instances: dict[str, _Group] = {}
        self._copies: Counter[_Group] = Counter()
        self._places = _Places()
        self._skipped: dict[str, list[SkippedFile]] = defaultdict(list)
        self._folders: dict[str, SourceFolder] = {}
        self._sorted: dict[_Group, _Sorted] = {}
        self._last: dict[_Group, int] = {}
        self._told: dict[_Group, int] = {}
        self._read = 0
        self._fleeting: set[str] = set()

    def add(self, folder: SourceFolder, file: SourceFile, outcome: Outcome) -> None:
        """Take in what one file holds."""
        place = str(folder.path)
        self._folders[place] = folder
        self._read += 1
        if isinstance(outcome, str):
            self._skip(place, file, outcome)
        else:
            self._take(_Taken(place, file, outcome))

    def _take(self, taken: _Taken) -> None:
        """Take slices in; of several copies the one whose path comes first."""
        group, instance = _group_of(taken.frames[0]), taken.frames[0].key.sop_instance_uid
        self._places.meet(taken.place, f"series {group}", f"instance {instance}")
        if instance in self._instances:
            other = self._groups[self._instances[instance]][instance]
            self._copies[self._instances[instance]] += 1
            self._sorted.pop(self._instances[instance], None)
            if other.file.shown < taken.file.shown:
                self._skip(taken.place, taken.file, DUPLICATE)
                return
            self._remove(instance)
            self._skip(other.place, other.file, DUPLICATE)
        self._instances[instance] = group
        self._groups[group][instance] = taken
        self._sorted.pop(group, None)
        self._last[group] = self._read

    def _remove(self, instance: str) -> None:
        group = self._instances.pop(instance)
        del self._groups[group][instance]
        self._sorted.pop(group, None)

    def _skip(self, place: str, file: SourceFile, reason: str) -> None:
        self._skipped[place].append(SkippedFile(file.shown, reason))
        if reason in _FLEETING:
            self._fleeting.add(place)

    def settle(self, whole: bool, cancelled: Cancelled) -> None:
        """Tell of series that seem complete.

        Parameters
        ----------
        whole : all files that lie together have been read
        """
        for group, last in list(self._last.items()):
            grown = len(self._groups[group]) >= GROWTH * self._told.get(group, 0)
            if grown and (whole or self._read - last >= SETTLED_AFTER):
                self._tell(group, cancelled)

    def tell_rest(self, cancelled: Cancelled) -> None:
        """Tell of every series that is now another than when it was told last."""
        for group, taken in self._groups.items():
            if taken and self._told.get(group) != len(taken):
                self._tell(group, cancelled)

    def _tell(self, group: _Group, cancelled: Cancelled) -> None:
        self._last.pop(group, None)
        self._told[group] = len(self._groups[group])
        for series in self._series(group, cancelled).series:
            self._found(series)

    def touches(self, unit: Unit) -> bool:
        """Whether a remembered unit shares a series or an instance with what was read."""
        return any(_group(series) in self._groups for series in unit.series) or any(
            instance in self._instances for instance in unit.instances
        )

    def look_again(self, began_ns: int) -> None:
        """Leave out files that have changed since they were listed.

        Parameters
        ----------
        began_ns : when the scan began, `time.time_ns`
        """
        everything = [each for group in self._groups.values() for each in group.items()]
        for instance, taken in everything:
            lately = taken.file.mtime_ns > began_ns - RECENT_NS
            lasting = self._folders[taken.place].lasting
            if lately and lasting and _has_changed(taken.file):
                self._remove(instance)
                self._skip(taken.place, taken.file, UNFINISHED)

    def units(self, cancelled: Cancelled) -> Iterator[Unit]:
        """Everything that was read, in units."""
        groups = self._by_place((f"series {group}", group) for group in self._groups)
        instances = self._by_place((f"instance {name}", name) for name in self._instances)
        members = self._by_place((place, place) for place in self._folders)
        for first, places in members.items():
            found = [
                self._series(group, cancelled)
                for group in groups.get(first, ())
                if self._groups[group]
            ]
            yield Unit(
                folders=tuple((place, fingerprint(self._folders[place])) for place in places),
                series=tuple(series for each in found for series in each.series),
                skipped=(
                    *(skipped for place in places for skipped in self._skipped[place]),
                    *(skipped for each in found for skipped in each.skipped),
                ),
                instances=tuple(instances.get(first, ())),
            )

    def _by_place(self, things: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
        """Things by what stands for the folders that hold them."""
        sorted_out: dict[str, list[T]] = defaultdict(list)
        for name, thing in things:
            sorted_out[self._places.of(name)].append(thing)
        return sorted_out

    def may_last(self, unit: Unit, began_ns: int) -> bool:
        """Whether a unit may be remembered: nothing in it is changing or was out of reach."""
        places = [place for place, _ in unit.folders]
        return not self._fleeting.intersection(places) and all(
            self._folders[place].lasting
            and all(not _may_change_unseen(file, began_ns) for file in self._folders[place].files)
            for place in places
        )

    def _series(self, group: _Group, cancelled: Cancelled) -> _Sorted:
        """A group's series, sorted anew only when its files have changed."""
        if group not in self._sorted:
            if cancelled():
                raise CancelledByUser
            self._sorted[group] = self._sort_in_time(group, cancelled)
        return self._sorted[group]

    def _sort_in_time(self, group: _Group, cancelled: Cancelled) -> _Sorted:
        """Sort a group; very many frames in a thread of their own, so that it can be stopped."""
        if sum(len(taken.frames) for taken in self._groups[group].values()) < MANY_FRAMES:
            return self._sort(group)
        found: list[_Sorted] = []

        def tick() -> None:
            if cancelled():
                raise CancelledByUser

        in_background(lambda: found.append(self._sort(group)), time.monotonic, PATIENCE_S, tick)
        return found[0]

    def _sort(self, group: _Group) -> _Sorted:
        taken = self._groups[group]
        series, repeated = sort_into_series(
            frame for each in taken.values() for frame in each.frames
        )
        shown = {each.file.path: each.file.shown for each in taken.values()}
        copies = _copies_notice(self._copies[group])
        return _Sorted(
            tuple(
                with_text_facts(
                    replace(each, notices=(*each.notices, *copies)),
                    taken[each.slices[0].key.sop_instance_uid].frames[0].elements,
                )
                for each in series
            ),
            tuple(SkippedFile(shown[each.path], each.reason) for each in repeated),
        )


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file that is part of a series."""

    place: str
    file: SourceFile
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Series of one group, and files left out of them."""

    series: tuple[Series, ...]
    skipped: tuple[SkippedFile, ...]


class _Places:
    """Folders joined by what they have in common."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def meet(self, place: str, *things: str) -> None:
        """Note that a folder holds something; whoever else holds it is joined to it."""
        for thing in things:
            here, there = self.of(place), self.of(thing)
            if here != there:
                self._parent[there] = here

    def of(self, thing: str) -> str:
        """What stands for everything joined to a folder, a series or an instance."""
        root = thing
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while (parent := self._parent.get(thing, root)) != root:  # shorten the way
            self._parent[thing], thing = root, parent
        return root


def in_order(units: Sequence[Unit]) -> tuple[Series, ...]:
    """All series, in an order that depends on their files' content only."""
    first: dict[_Group, str] = {}
    everything = [series for unit in units for series in unit.series]
    for series in everything:
        least = min(source.key.sop_instance_uid for source in series.slices)
        group = _group(series)
        first[group] = min(first.get(group, least), least)
    return tuple(sorted(everything, key=lambda series: (first[_group(series)], _group(series))))


def _group(series: Series) -> _Group:
    return series.study.uid, series.uid


def _group_of(frame: Frame) -> _Group:
    return frame.elements.string(Tag.STUDY_UID), frame.series_uid


def _copies_notice(copies: int) -> tuple[Notice, ...]:
    if not copies:
        return ()
    sentence = "Files that are copies of others of the series were left out."
    return (Notice("copies_left_out", sentence, float(copies)),)


def _has_changed(file: SourceFile) -> bool:
    with suppress(OSError):
        facts = file.path.stat()
        return (facts.st_size, facts.st_mtime_ns) != (file.size, file.mtime_ns)
    return True


def _may_change_unseen(file: SourceFile, began_ns: int) -> bool:
    """Whether a change right after the scan could leave size and time as they were."""
    coarse = file.mtime_ns % _SECOND_NS == 0
    return file.mtime_ns > began_ns - (_COARSE_NS if coarse else _FINE_NS)


def now_ns() -> int:
    """The clock that file systems use."""
    return time.time_ns()
