"""Words on the screen: the kinds of label, chips, and labels that shorten themselves."""

from __future__ import annotations

from html import escape
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.core_catalogue import CONTEXT, in_language
from app.spoken import Spoken
from app.theme import SPACE, set_role
from hipdesk.wording import capital

Kind = Literal["", "title", "section", "strong", "muted", "small"]
Tone = Literal["", "good", "caution", "danger", "note"]

SENTENCE_ENDS: Final = ".!?\N{IDEOGRAPHIC FULL STOP}\N{HORIZONTAL ELLIPSIS}"

SHORTEST: Final = 6 * SPACE
"""No label is shortened below this width."""


def core_words(words: str) -> str:
    """Words of the core in the reader's language, where a translation has them."""
    return in_language(words, _lookup)


def translated(context: str, text: str) -> str:
    """English words of the window or the core in the reader's language."""
    if context == CONTEXT:
        return core_words(text)
    return QCoreApplication.translate(context, text)


def in_force(words: str) -> str:
    """What was said, or words of the core, in the language in force now."""
    return words.anew(translated) if isinstance(words, Spoken) else core_words(words)


def core_sentence(words: str) -> str:
    """The same as a sentence of its own, though it may be the end of one; empty for none."""
    said = capital(core_words(words)).rstrip()
    if not said or said[-1] in SENTENCE_ENDS:
        return said
    return QCoreApplication.translate("labels", "{words}.").format(words=said)


def _lookup(words: str) -> str:
    return QCoreApplication.translate(CONTEXT, words)


def plain_tip(words: str) -> str:
    """Words for a tip, which would take some for markup."""
    if "<" not in words:
        return words
    return f"<qt>{escape(words)}</qt>".replace("\n", "<br>")


def label(words: str = "", kind: Kind = "", wrap: bool = False) -> QLabel:
    """A label; whatever stands in it is no markup."""
    made = QLabel(words)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if kind:
        set_role(made, "kind", kind)
    if wrap:
        made.setWordWrap(True)
        made.setMinimumWidth(SHORTEST)
    return made


def chip(words: str = "", tone: Tone = "") -> QLabel:
    """A short fact in a frame."""
    made = label(words)
    set_role(made, "chip")
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    if tone:
        set_role(made, "tone", tone)
    return made


class ElidedLabel(QLabel):
    """One line that leaves out its middle where there is no room, and then tells it in a tip."""

    def __init__(
        self,
        words: str = "",
        kind: Kind = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._whole = ""
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if kind:
            set_role(self, "kind", kind)
        self.show_words(words)

    @property
    def whole(self) -> str:
        """All the words, shown or not."""
        return self._whole

    def show_words(self, words: str) -> None:
        """Show other words."""
        self._whole = " ".join(words.split())
        self.setAccessibleName(self._whole)
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As wide as the whole words."""
        width = self.fontMetrics().horizontalAdvance(self._whole) + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Narrow: the middle can be left out."""
        return QSize(min(SHORTEST, self.sizeHint().width()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the words to the new width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, self.width())
        self.setText(shown)
        self.setToolTip("" if shown == self._whole else plain_tip(self._whole))
