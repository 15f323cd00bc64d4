"""Where the networks run, in words; a fallback says so."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QSize, Qt
from PySide6.QtWidgets import QToolButton, QToolTip

from app.state import ComputeBadge
from app.theme import icon, set_role
from app.views.labels import Tone, core_words
from hipdesk.records import Compute

translate = QCoreApplication.translate


def device_of(compute: Compute) -> str:
    """The processor that answered, in words."""
    return (
        translate("compute_badge", "GPU (CUDA)")
        if compute.provider == "cuda"
        else translate("compute_badge", "CPU")
    )


def badge_words(badge: ComputeBadge) -> str:
    """What the badge shows."""
    if badge.compute is None:
        return translate("compute_badge", "Nothing computed yet")
    words = device_of(badge.compute)
    if badge.compute.fell_back:
        words = translate("compute_badge", "CPU instead of GPU")
    if badge.tested is False:
        words = translate("compute_badge", "{device}, test failed").format(device=words)
    return words if badge.seconds is None else f"{words}, {badge.seconds:.1f} s"


def badge_details(badge: ComputeBadge) -> str:
    """Everything known of where the networks run, in sentences."""
    if badge.compute is None:
        return translate(
            "compute_badge", "Shows where the networks ran once a series has been analysed."
        )
    lines = [
        translate("compute_badge", "The networks ran on: {device}.").format(
            device=device_of(badge.compute)
        )
    ]
    if badge.compute.reason:
        lines.append(core_words(badge.compute.reason))
    if badge.seconds is not None:
        lines.append(
            translate("compute_badge", "This analysis took {s} s.").format(s=f"{badge.seconds:.1f}")
        )
    lines.append(_test_words(badge.tested))
    return "\n".join(lines)


def _test_words(tested: bool | None) -> str:
    """The self-test's verdict in a sentence."""
    if tested is None:
        return translate("compute_badge", "The self-test has not been run.")
    if tested:
        return translate("compute_badge", "The self-test gave the expected answer.")
    return translate(
        "compute_badge", "The self-test did not give the expected answer; do not use the results."
    )


def tone_of(badge: ComputeBadge) -> Tone:
    """Amber for a fallback, red for a failed self-test."""
    if badge.tested is False:
        return "danger"
    fell_back = badge.compute is not None and badge.compute.fell_back
    return "caution" if fell_back else ""


class ComputeBadgeButton(QToolButton):
    """The badge; pressing it shows the reason, as pointing at it does."""

    def __init__(self) -> None:
        super().__init__()
        self._badge = ComputeBadge()
        set_role(self, "quiet")
        set_role(self, "small")
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clicked.connect(self._explain)
        self._show()

    def show_badge(self, badge: ComputeBadge) -> None:
        """Say where the networks run."""
        if badge != self._badge:
            self._badge = badge
            self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show()

    def _show(self) -> None:
        badge, tone = self._badge, tone_of(self._badge)
        on_gpu = badge.compute is not None and badge.compute.provider == "cuda"
        name = "alert-outline" if tone else "expansion-card" if on_gpu else "chip"
        self.setIcon(icon(name, tone or "muted"))
        self.setText(f" {badge_words(badge)}")
        self.setToolTip(badge_details(badge))
        self.setAccessibleName(badge_words(badge))
        self.setAccessibleDescription(badge_details(badge))
        set_role(self, "tone", tone)

    def _explain(self) -> None:
        below = self.mapToGlobal(QPoint(0, self.height()))
        QToolTip.showText(below, badge_details(self._badge), self)
