"""What the page of a table to be imported shows and hears; as `app.views.protocols`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from app.import_state import TableShown


class TableGestures(Protocol):
    """A table of clinical facts, treatments or HIMRISS readings."""

    def try_out(self, table: Path) -> None:
        """Read a table, and say what would come of importing it; nothing is kept yet."""
        ...

    def try_again(self) -> None:
        """Read the same table again: it was mended meanwhile."""
        ...

    def skip_problems(self, skip: bool) -> None:
        """Leave lines with problems out, or import all lines or none."""
        ...

    def keep(self) -> None:
        """Import what was shown."""
        ...

    def leave(self) -> None:
        """Import nothing."""
        ...


class TableView(Protocol):
    """The page."""

    def listen(self, gestures: TableGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_table(self, shown: TableShown | None) -> None:
        """Show a table; None puts the page away."""
        ...
