"""Two bars to sign with: a name typed into one stands in the other."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.state import Signing
from app.views.signing_bar import SigningBar, share_name


@pytest.fixture
def bars(qtbot: QtBot) -> tuple[SigningBar, SigningBar]:
    made = SigningBar(), SigningBar()
    for bar in made:
        qtbot.addWidget(bar)
        bar.show()
    share_name(*made)
    return made


@pytest.mark.parametrize("first", [0, 1])
def test_a_name_typed_in_one_stands_in_the_other(
    bars: tuple[SigningBar, SigningBar], qtbot: QtBot, first: int
) -> None:
    bar, other = bars[first], bars[1 - first]
    bar.show_signing(Signing("", True, ""))
    other.show_signing(Signing("", True, ""))
    qtbot.keyClicks(bar.name, "Dr Ada")
    assert (bar.name.text(), other.name.text()) == ("Dr Ada", "Dr Ada")
    assert other.sign.isEnabled()


def test_a_bar_that_is_filled_later_keeps_the_name(
    bars: tuple[SigningBar, SigningBar], qtbot: QtBot
) -> None:
    review, report = bars
    review.show_signing(Signing("Dr Bo", True, ""))
    review.name.clear()
    qtbot.keyClicks(review.name, "Dr Ada")
    report.show_signing(Signing("Dr Bo", True, ""))
    assert report.name.text() == "Dr Ada"


def test_another_reader_of_the_settings_is_taken_over(
    bars: tuple[SigningBar, SigningBar], qtbot: QtBot
) -> None:
    for bar in bars:
        bar.show_signing(Signing("Dr Bo", True, ""))
    qtbot.keyClicks(bars[0].name, "x")
    for bar in bars:
        bar.show_signing(Signing("Dr Cy", True, ""))
        assert bar.name.text() == "Dr Cy"
