"""The one path of all messages: waiting, repeating, fading, being dismissed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import messages as module
from app.messages import (
    MOST,
    OUR_FAULT,
    SHOWN,
    TOO_LITTLE_MEMORY,
    Action,
    Message,
    Messages,
    Severity,
    in_sight,
    ordered,
)
from hipdesk.errors import BugError, Cancelled, DamagedImage, OutputError


class View:
    def __init__(self) -> None:
        self.shown: list[tuple[Message, ...]] = []

    def __call__(self, messages: tuple[Message, ...]) -> None:
        self.shown.append(messages)

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.shown[-1]]


class Clock:
    """Calls later functions when the test says that the time has come."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.waiting.append((seconds, call))

    def ring(self) -> None:
        """Call the first."""
        self.waiting.pop(0)[1]()


def test_what_is_said_before_there_is_a_view_waits_for_it() -> None:
    messages, view = Messages(), View()
    messages.say(Severity.WARNING, "The library is read only.")
    messages.tell(OutputError("The disk is full."))
    messages.attach(view)
    assert view.texts == ["The library is read only.", "The disk is full."]
    messages.attach(None)
    messages.say(Severity.ERROR, "Later.")
    assert len(view.shown) == 1
    messages.attach(view)
    assert view.texts[-1] == "Later."


def test_the_same_sentence_again_is_counted_not_repeated() -> None:
    messages, view = Messages(), View()
    messages.attach(view)
    first = messages.say(Severity.WARNING, "Skipped a file.")
    other = messages.say(Severity.ERROR, "Skipped a file.")
    assert messages.say(Severity.WARNING, "Skipped a file.") == first != other
    assert [(each.severity, each.times) for each in view.shown[-1]] == [
        (Severity.ERROR, 1),
        (Severity.WARNING, 2),
    ]


def test_a_dismissed_message_is_gone_and_may_be_said_anew() -> None:
    messages, view = Messages(), View()
    messages.attach(view)
    number = messages.say(Severity.ERROR, "The disk is full.")
    messages.dismiss(number)
    messages.dismiss(number)
    assert view.texts == []
    assert messages.say(Severity.ERROR, "The disk is full.") != number
    assert messages.present[0].times == 1


def test_information_fades_and_warnings_stay() -> None:
    clock = Clock()
    messages = Messages(later=clock.later)
    messages.attach(View())
    messages.say(Severity.INFO, "Saved.")
    messages.say(Severity.WARNING, "Not everything was saved.")
    messages.say(Severity.ERROR, "Nothing was saved.")
    messages.say(Severity.INFO, "Closed.", Action("Undo", lambda: None))
    assert [seconds for seconds, _ in clock.waiting] == [module.FADES_AFTER_S]
    clock.ring()
    assert [each.text for each in messages.present] == [
        "Not everything was saved.",
        "Nothing was saved.",
        "Closed.",
    ]


def test_information_said_again_stays_its_whole_time() -> None:
    clock = Clock()
    messages = Messages(later=clock.later)
    messages.attach(View())
    messages.say(Severity.INFO, "Saved.")
    messages.say(Severity.INFO, "Saved.")
    clock.ring()
    assert [each.times for each in messages.present] == [2]
    clock.ring()
    assert messages.present == ()


def test_information_does_not_fade_before_it_can_be_read() -> None:
    clock = Clock()
    messages = Messages(later=clock.later)
    messages.say(Severity.INFO, "Said before there was a window.")
    assert clock.waiting == []
    messages.attach(View())
    assert len(clock.waiting) == 1
    clock.ring()
    for number in range(SHOWN):
        messages.say(Severity.ERROR, f"error {number}")
    messages.say(Severity.INFO, "Saved.")
    messages.say(Severity.INFO, "Printed.")  # the last place is for what was said last
    assert len(clock.waiting) == 2
    clock.ring()
    clock.ring()
    assert [each.severity for each in messages.present] == SHOWN * [Severity.ERROR]


def test_a_message_behind_others_waits_until_it_is_in_sight() -> None:
    clock = Clock()
    messages = Messages(later=clock.later)
    for severity in (Severity.INFO, *SHOWN * [Severity.ERROR]):
        messages.say(severity, f"{severity} {len(messages.present)}")
    messages.attach(View())
    assert clock.waiting == []
    messages.dismiss(ordered(messages.present)[0].number)
    assert len(clock.waiting) == 1


def test_the_oldest_of_the_gravest_stand_first_and_the_newest_is_in_sight() -> None:
    messages = Messages()
    numbers = [messages.say(Severity.ERROR, f"error {n}") for n in range(4)]
    warning = messages.say(Severity.WARNING, "warning")
    assert [each.number for each in ordered(messages.present)] == [*numbers, warning]
    assert [each.number for each in in_sight(messages.present)] == [*numbers[:2], warning]
    messages.say(Severity.ERROR, "error 3")
    assert [each.number for each in in_sight(messages.present)] == [*numbers[:2], numbers[3]]
    messages.say(Severity.ERROR, "error 0")
    assert [each.number for each in in_sight(messages.present)] == numbers[:3]


def test_a_messages_button_acts_once_and_takes_it_away() -> None:
    messages, done = Messages(), []
    number = messages.say(Severity.ERROR, "No library.", Action("Retry", lambda: done.append(1)))
    messages.act(number)
    messages.act(number)
    assert done == [1]
    assert messages.present == ()


def test_a_message_without_a_button_stays_when_acted_on() -> None:
    messages = Messages()
    messages.act(messages.say(Severity.ERROR, "No library."))
    assert len(messages.present) == 1


def test_a_known_error_has_its_own_sentence() -> None:
    messages = Messages()
    messages.tell(DamagedImage("The image is damaged; send it again."))
    (message,) = messages.present
    assert (message.severity, message.text) == (
        Severity.ERROR,
        "The image is damaged; send it again.",
    )


@pytest.mark.parametrize("error", [BugError, ValueError, OSError, SystemExit])
def test_any_other_error_is_our_fault_and_quotes_nothing(error: type[BaseException]) -> None:
    messages = Messages()
    messages.tell(error("SENTINEL^NAME"))
    (message,) = messages.present
    assert message.text == OUR_FAULT
    assert "SENTINEL" not in repr(messages.present)


def test_a_lack_of_memory_is_the_worlds_fault() -> None:
    messages = Messages()
    messages.tell(MemoryError("SENTINEL^NAME"))
    assert [each.text for each in messages.present] == [TOO_LITTLE_MEMORY]


def test_a_cancellation_is_no_message() -> None:
    messages = Messages()
    messages.tell(Cancelled())
    assert messages.present == ()


def test_a_flood_keeps_the_newest_and_what_does_not_fade() -> None:
    messages = Messages()
    for number in range(MOST - 1):
        messages.say(Severity.WARNING, f"warning {number}")
    messages.say(Severity.INFO, "information")
    messages.say(Severity.ERROR, "last")
    texts = [each.text for each in messages.present]
    assert len(texts) == MOST
    assert texts[0] == "warning 0"
    assert texts[-1] == "last"
    assert "information" not in texts
    messages.say(Severity.INFO, "newest")
    texts = [each.text for each in messages.present]
    assert (texts[0], texts[-1], len(texts)) == ("warning 1", "newest", MOST)
    for number in range(MOST):
        messages.say(Severity.WARNING, f"another {number}")
    assert "last" in [each.text for each in messages.present]


def test_calls_to_the_view_go_through_the_post() -> None:
    posted: list[Callable[[], None]] = []
    messages, view = Messages(posted.append), View()
    messages.attach(view)
    messages.say(Severity.ERROR, "The disk is full.")
    assert view.shown == [()]
    posted.pop()()
    assert view.texts == ["The disk is full."]


def test_messages_know_that_somebody_else_is_on_screen() -> None:
    messages, view = Messages(), View()
    messages.attach(view)
    messages.say(Severity.WARNING, "Names look garbled.")
    messages.say(Severity.INFO, "Opened.")
    messages.turn_to("Jane")
    assert [each.elsewhere for each in view.shown[-1]] == [False, False]
    messages.say(Severity.ERROR, "The disk is full.")
    messages.turn_to(None)
    assert not any(each.elsewhere for each in view.shown[-1])
    messages.turn_to("Ann")
    assert [(each.text, each.elsewhere) for each in view.shown[-1]] == [
        ("Names look garbled.", True),
        ("The disk is full.", True),
    ]
    messages.say(Severity.ERROR, "The disk is full.")
    assert [(each.times, each.elsewhere) for each in view.shown[-1]] == [(1, True), (2, False)]
    messages.turn_to("Jane")
    assert [each.elsewhere for each in view.shown[-1]] == [False, True]
