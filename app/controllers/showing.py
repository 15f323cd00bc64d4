"""What controllers use to hand a view the differences only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, ParamSpec, Protocol, TypeVar

from app.messages import Messages
from hipdesk.display import DisplayStack, SlicePicture
from hipdesk.errors import KnownError

P = ParamSpec("P")
T = TypeVar("T")

KEPT_PICTURES: Final = 8
"""Slices on screen at once are at most three; a step back finds its picture again."""


class Translate(Protocol):
    """The words of the user's language: a context and the English text."""

    def __call__(self, context: str, text: str, /) -> str:
        """The text in the user's language."""
        ...


class Shown:
    """Calls a view's setters, each under a name, but never twice in a row with the same values."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, ...]] = {}

    def tell(
        self, name: str, setter: Callable[P, None], *values: P.args, **named: P.kwargs
    ) -> None:
        """Call a setter with values unless it was last called with their like."""
        given = (*values, *named.items())
        if name in self._last and self._last[name] == given:
            return
        self._last[name] = given
        setter(*values, **named)

    def again(self, name: str) -> None:
        """Call this setter next time even with the same values."""
        self._last.pop(name, None)

    def forget(self) -> None:
        """Call every setter again next time."""
        self._last.clear()


class Memo(Generic[T]):
    """The last answer to a question, kept while it is asked of the same objects."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, ...], T] | None = None

    def of(self, asked: tuple[object, ...], answer: Callable[[], T]) -> T:
        """The answer; ``asked`` is compared by identity."""
        kept = self._kept
        if kept is None or [*map(id, kept[0])] != [*map(id, asked)]:
            kept = self._kept = (asked, answer())
        return kept[1]

    def clear(self) -> None:
        """Let go of it."""
        self._kept = None


class PictureBook:
    """Slices lately shown: the same picture object for the same slice of the same stack."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[tuple[DisplayStack, int], SlicePicture] = OrderedDict()

    def picture(self, stack: DisplayStack, index: int) -> SlicePicture:
        """One slice as it is shown."""
        key = (stack, index)
        found = self._pictures.get(key)
        if found is None:
            found = self._pictures[key] = stack.picture(index)
        self._pictures.move_to_end(key)
        while len(self._pictures) > KEPT_PICTURES:
            self._pictures.popitem(last=False)
        return found

    def clear(self) -> None:
        """Let go of every picture."""
        self._pictures.clear()


Picture = Callable[[DisplayStack, int], SlicePicture]
"""As `PictureBook.picture`."""


def tell_known(messages: Messages, error: Exception) -> None:
    """Say a known error; of our own faults the user has been told already."""
    if isinstance(error, KnownError):
        messages.tell(error)
