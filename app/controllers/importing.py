"""A table of clinical facts, treatments or HIMRISS readings: tried out, shown, imported.

Nothing is kept before the reader has seen what would be, and every problem. What
is kept then is what was shown: the file is not read a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.background import Job
from app.controllers.showing import Translate
from app.import_state import Stage, TableShown
from app.messages import Severity
from app.services import Services, Tables
from app.spoken import joined
from app.views.table_protocols import TableView
from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import ImportPlan
from hipdesk.clinical_import import plan_table
from hipdesk.clinical_table import recognised
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import KnownError
from hipdesk.ports import Cancelled, Progress

Plan = ImportPlan[Any]

TOPIC: Final = "table"

SHORT_BYTES: Final = 200_000
"""Tables of this size are tried out in between an analysis' steps: it takes a second or two."""

STEP: Final = 20
"""Lines between two questions whether to stop."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """The table on the page.

    Attributes
    ----------
    plan : None until it was tried out
    """

    path: Path
    shown: TableShown
    plan: Plan | None = None


class _Watched(Sequence[Any]):
    """Lines that tell how many of them were kept, and stop where that is asked for.

    Whoever keeps them keeps all or none, so that none are where they stop.
    """

    def __init__(self, lines: Sequence[Any], progress: Progress, cancelled: Cancelled) -> None:
        self._lines, self._progress, self._cancelled = lines, progress, cancelled

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: Any) -> Any:
        return self._lines[at]

    def __iter__(self) -> Iterator[Any]:
        for at, line in enumerate(self._lines):
            if at % STEP == 0:
                self._progress(at / len(self._lines), "")
                if self._cancelled():
                    raise CancelledByUser
            yield line


class ImportController:
    """Hears the page of a table to be imported.

    Parameters
    ----------
    come : brings the page's workspace to the front
    imported : called when something was kept
    """

    def __init__(
        self,
        view: TableView,
        services: Services,
        translate: Translate,
        come: Callable[[], None],
        imported: Callable[[], None],
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._come = come
        self._imported = imported
        self._open: _Tried | None = None
        self._keeping = 0
        view.listen(self)

    # Trying out

    def try_out(self, table: Path) -> None:
        """Read a table, and say what would come of importing it."""
        if self._busy or self._tables() is None:
            return
        read = self._services.read_table
        self._open = _Tried(table, TableShown(table.name, Stage.READING))
        self._show()
        self._come()
        self._start(lambda _progress, _cancelled: read(table), self._try, urgent=True)

    def try_again(self) -> None:
        """Read the same table again."""
        if self._open is not None:
            self.try_out(self._open.path)

    def _try(self, data: bytes) -> None:
        """Try out a table that was read."""
        tables = self._tables()
        if tables is None:
            self.leave()
            return
        today = self._services.now().date()

        def work(progress: Progress, cancelled: Cancelled) -> tuple[TableKind, Plan]:
            kind = recognised(data)
            patients = tables.known_patients()
            return kind, plan_table(data, kind, patients, today, progress, cancelled)

        self._start(work, self._tried, urgent=len(data) <= SHORT_BYTES)

    def _start(
        self,
        work: Callable[[Progress, Cancelled], Any],
        done: Callable[[Any], None],
        *,
        urgent: bool,
    ) -> None:
        self._services.jobs.start(
            Job(
                self.translate("Import", "Trying out a table"),
                work,
                done,
                failed=self._refused,
                stopped=self.leave,
                progressed=lambda share, _what: self._change(done=share),
                urgent=urgent,
                topic=TOPIC,
            )
        )

    def _tried(self, found: tuple[TableKind, Plan]) -> None:
        kind, plan = found
        if self._open is None:
            return
        self._open = replace(self._open, plan=plan)
        self._change(
            stage=Stage.TRIED,
            kind=kind,
            encoding=plan.encoding,
            lines=plan.rows,
            fresh=len(plan.entries),
            unchanged=len(plan.unchanged),
            faulty=len(plan.skipped),
            problems=plan.problems,
            usable=plan.usable,
        )

    def _refused(self, error: Exception) -> None:
        """It could not be read or tried out."""
        if isinstance(error, KnownError):
            self._change(stage=Stage.REFUSED, fault=str(error))
        else:
            self.leave()

    # Gestures

    def skip_problems(self, skip: bool) -> None:
        """Leave lines with problems out, or not."""
        self._change(skip=skip)

    def keep(self) -> None:
        """Import what was shown."""
        opened, tables = self._open, self._tables()
        if opened is None or opened.plan is None or tables is None:
            return
        if not opened.shown.importable:
            return
        kind, reader = opened.shown.kind, self._reader
        entries = opened.plan.to_import(skip=opened.shown.skip)
        self._change(stage=Stage.KEEPING, done=0.0, fault="")
        kept: list[int] = []

        def work(progress: Progress, cancelled: Cancelled) -> None:
            kept.append(_kept(tables, kind, _Watched(entries, progress, cancelled), reader))

        def ended(_nothing: None = None) -> None:
            if kept:  # a stop that comes after the last line comes too late
                self._kept(len(entries), kept[0])
            else:
                self._put_away()

        self._keeping = self._services.jobs.start(
            Job(
                self.translate("Import", "Importing a table"),
                work,
                ended,
                failed=self._not_kept,
                stopped=ended,
                progressed=lambda share, _what: self._change(done=share),
                # Nothing else is done in between: the library is written all the while.
                urgent=True,
                awaited=True,
            )
        )

    def leave(self) -> None:
        """Import nothing; of what is being imported, nothing is kept."""
        if self._busy:
            self._services.jobs.cancel(self._keeping)
        elif self._open is not None:
            self._put_away()
            self._services.jobs.cancel_topic(TOPIC)

    def _kept(self, lines: int, begun: int) -> None:
        if self._open is None:
            return
        name = self._open.path.name
        said = self.translate("Import", "{lines} lines of {name} were imported.")
        if lines == 1:
            said = self.translate("Import", "{lines} line of {name} was imported.")
        words = said.format(lines=f"{lines:,}", name=name)
        visits = self.translate("Import", "Visits without images that were begun for it: {begun}.")
        more = visits.format(begun=f"{begun:,}") if begun else ""
        self._put_away()
        self._services.messages.say(Severity.INFO, joined(words, more))
        self._imported()

    def _not_kept(self, error: Exception) -> None:
        fault = str(error) if isinstance(error, KnownError) else ""
        self._change(stage=Stage.TRIED, fault=fault)

    # State

    @property
    def _busy(self) -> bool:
        return self._open is not None and self._open.shown.stage is Stage.KEEPING

    @property
    def _reader(self) -> str:
        return self._services.keeper.settings.reader_name

    def _tables(self) -> Tables | None:
        """The library, unless it is out of reach."""
        library = self._services.library
        if library.tables is None:
            missing = self.translate(
                "Import", "The patient library cannot be used at the moment; try again later."
            )
            self._services.messages.say(Severity.WARNING, library.problem or missing)
        return library.tables

    def _change(self, **facts: Any) -> None:
        if self._open is not None:
            self._open = replace(self._open, shown=replace(self._open.shown, **facts))
            self._show()

    def _show(self) -> None:
        if self._open is not None:
            self._view.show_table(replace(self._open.shown, reader=self._reader))

    def _put_away(self) -> None:
        self._open = None
        self._view.show_table(None)


def _kept(tables: Tables, kind: TableKind, entries: Sequence[Any], reader: str) -> int:
    """Keep the lines, all or nothing; how many visits were begun for them."""
    match kind:
        case TableKind.VISITS:
            return tables.import_visits(entries, reader)
        case TableKind.TREATMENTS:
            tables.import_treatments(entries, reader)
        case TableKind.READINGS:
            tables.import_readings(entries)
    return 0
