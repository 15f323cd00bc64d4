"""Everything the program has to say beside its pages, by one path. No Qt.

Whoever has something to say calls `Messages.say` or `Messages.tell`, from any
thread and before there is a window; what is said then waits. The same sentence
twice is one message that counts.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Final

from app.spoken import source_of
from hipdesk.errors import Cancelled, KnownError

FADES_AFTER_S: Final = 6.0
"""How long an INFO stays; the time two short lines take to read."""

SHOWN: Final = 3
"""Messages in sight at once; the others are counted, and seen when the reader asks."""

MOST: Final = 50
"""Messages kept at once; beyond it the oldest of the least grave ones goes."""

OUR_FAULT: Final = (
    "Something went wrong inside HipDesk; what was saved is safe. Try again, and restart the "
    "program if it happens again. Its log says more to whoever looks after it."
)


TOO_LITTLE_MEMORY: Final = (
    "There is not enough memory left for this. Close other programs, and try again."
)


class Severity(StrEnum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_GRAVITY: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Action:
    """A message's button."""

    title: str
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said.

    Attributes
    ----------
    number : identifies the message; never used twice
    times : how often it was said
    whose : who was on screen then, or came next; None where there was nobody yet
    elsewhere : somebody else is on screen now
    """

    number: int
    severity: Severity
    text: str
    action: Action | None = None
    times: int = 1
    whose: Hashable = field(default=None, repr=False)
    elsewhere: bool = False

    @property
    def said(self) -> tuple[int, int]:
        """Which saying of it this is."""
        return self.number, self.times

    @property
    def fades(self) -> bool:
        """Whether it goes by itself; warnings and errors stay until dismissed."""
        return self.severity is Severity.INFO and self.action is None


def ordered(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Gravest first; of equals the oldest."""
    return tuple(sorted(messages, key=lambda each: (_GRAVITY[each.severity], each.number)))


def in_sight(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The gravest `SHOWN`, in order; the last place is for what was said last.

    Else the answer to what the reader has just done would stand behind old messages.
    """
    every = ordered(messages)
    first = every[:SHOWN]
    if len(every) <= SHOWN or messages[-1] in first:
        return first
    return (*first[:-1], messages[-1])


Show = Callable[[tuple[Message, ...]], None]
"""Takes all present messages, what was said last at the end."""

Post = Callable[[Callable[[], None]], None]
"""Has a function called on the GUI thread."""

Later = Callable[[float, Callable[[], None]], None]
"""Has a function called on the GUI thread after some seconds."""


def at_once(call: Callable[[], None]) -> None:
    """Call a function here and now: the `Post` of a program with one thread."""
    call()


def never(_seconds: float, _call: Callable[[], None]) -> None:
    """Call nothing: the `Later` of a program without a clock."""


class Messages:
    """The present messages, and the view that shows them.

    Parameters
    ----------
    post : brings a call to the GUI thread
    later : brings it there after some seconds
    """

    def __init__(self, post: Post = at_once, later: Later = never) -> None:
        self._post = post
        self._later = later
        # Re-entrant: a destructor that fails is told from wherever memory is collected.
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._present: tuple[Message, ...] = ()
        self._fading: set[tuple[int, int]] = set()
        self._show: Show | None = None
        self._whose: Hashable = None

    @property
    def present(self) -> tuple[Message, ...]:
        """What has been said and not dismissed, what was said last at the end."""
        return self._present

    def attach(self, show: Show | None) -> None:
        """Show messages here from now on, those that wait first; None lets them wait again."""
        self._show = show
        self._refresh()

    def say(self, severity: Severity, text: str, action: Action | None = None) -> int:
        """Say a sentence; the number of the message it became."""
        with self._lock:
            message = self._joined(severity, text, action)
        self._post(self._refresh)
        return message.number

    def tell(self, error: BaseException) -> None:
        """Say what an error means to the user; nothing for a cancellation.

        A `KnownError` has its own sentence. Of all others but a lack of memory
        the user learns that the fault is ours; the log says which.
        """
        if not isinstance(error, Cancelled):
            self.say(Severity.ERROR, _sentence(error))

    def turn_to(self, whose: Hashable) -> None:
        """Somebody else is on screen from now on, or nobody; notes of before are over."""
        with self._lock:
            before, self._whose = self._present, whose
            placed = (_placed(each, whose) for each in before)
            self._present = tuple(each for each in placed if not (each.fades and each.elsewhere))
        if self._present != before:
            self._post(self._refresh)

    def dismiss(self, number: int) -> None:
        """Take a message away; nothing where it has gone already."""
        with self._lock:
            self._present = tuple(each for each in self._present if each.number != number)
        self._post(self._refresh)

    def act(self, number: int) -> None:
        """Do what a message's button says, and take the message away."""
        chosen = next((each for each in self._present if each.number == number), None)
        if chosen is not None and chosen.action is not None:
            self.dismiss(number)
            chosen.action.run()

    def _joined(self, severity: Severity, text: str, action: Action | None) -> Message:
        """The message as it is now, counted up where the same was said before."""
        for at, each in enumerate(self._present):
            if (each.severity, source_of(each.text)) == (severity, source_of(text)):
                again = replace(
                    each,
                    text=text,
                    times=each.times + 1,
                    action=action,
                    whose=self._whose,
                    elsewhere=False,
                )
                self._present = (*self._present[:at], *self._present[at + 1 :], again)
                return again
        message = Message(next(self._numbers), severity, text, action, whose=self._whose)
        self._present = _bounded((*self._present, message))
        return message

    def _fade(self, number: int, times: int) -> None:
        """Take an INFO away unless it was said again meanwhile."""
        self._fading.discard((number, times))
        if any(each.said == (number, times) for each in self._present):
            self.dismiss(number)

    def _refresh(self) -> None:
        """Show what is present now."""
        if self._show is not None:
            self._show(self._present)
            self._begin_fading()

    def _begin_fading(self) -> None:
        """Give an INFO its time from when it can be read, not from when it was said."""
        for each in in_sight(self._present):
            if each.fades and each.said not in self._fading:
                self._fading.add(each.said)
                self._later(FADES_AFTER_S, partial(self._fade, *each.said))


def _sentence(error: BaseException) -> str:
    """What an error means to the user."""
    if isinstance(error, KnownError):
        return str(error)
    return TOO_LITTLE_MEMORY if isinstance(error, MemoryError) else OUR_FAULT


def _placed(message: Message, whose: Hashable) -> Message:
    """A message once this one is on screen; what was said while nobody was is of who comes."""
    owner = whose if message.whose is None else message.whose
    return replace(message, whose=owner, elsewhere=whose is not None and owner != whose)


def _bounded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """At most `MOST`: what fades goes first, errors last, the newest message never."""
    if len(messages) <= MOST:
        return messages
    gone = min(messages[:-1], key=lambda each: (not each.fades, -_GRAVITY[each.severity]))
    return tuple(each for each in messages if each is not gone)
