"""What became of lesions between two visits, and how well the visits lie on each other."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QWidget

from app.alignment_state import SHOWN_ML, AlignmentShown
from app.theme import HALF, SPACE
from app.views._canvas_ghost import ghost_icon
from app.views.by_hand_panel import ByHandPanel
from app.views.labels import Kind, core_words, label
from app.views.layouts import column, row, rule
from app.views.overlay_bar import SAMPLE
from app.views.sentence_list import SentenceList
from app.views.translated import TranslatedWidget
from hipdesk.hip_alignment import BoneAlignment, FollowedLesion, HipAlignment
from hipdesk.records import SegmentClass
from hipdesk.wording import NO_VALUE, number, signed_number

DIGITS: Final = 1
"""Of millilitres, millimetres and degrees, as elsewhere on the page."""

COLUMNS: Final = 4


class AlignmentPanel(TranslatedWidget):
    """Shows an `AlignmentShown`; a gesture asks for an alignment, or stops it."""

    asked = Signal()
    """The pair on screen is to be aligned."""

    stopped = Signal()
    """The alignment that runs is to be left."""

    ghostAsked = Signal(bool)
    """The earlier visit's outlines are to be drawn on the later picture, or no longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: AlignmentShown | None = None
        self._labels: dict[tuple[int, int], QLabel] = {}
        self.title = label(kind="strong", wrap=True)
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self._press)
        self.progress = label(kind="small", wrap=True)
        self.stale = label(kind="small", wrap=True)
        self.ghost = QCheckBox()
        self.ghost.setIcon(ghost_icon(SAMPLE))
        self.ghost.setIconSize(SAMPLE)
        self.ghost.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ghost.clicked.connect(self.ghostAsked)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(HALF)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 1)
        self.by_hand = ByHandPanel()
        self.sentences = SentenceList("small")
        head = row(self.title, self.button)
        head.setStretchFactor(self.title, 1)
        self.setLayout(
            column(
                rule(),
                head,
                self.progress,
                self.stale,
                self.ghost,
                self.by_hand,
                self._grid,
                self.sentences,
                gap=1,
            )
        )
        self.retranslate()

    def show_alignment(self, shown: AlignmentShown | None) -> None:
        """Another pair or state; None where the pair cannot be aligned."""
        if shown != self._shown:
            self._shown = shown
            self._fill()

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """What stands in the table, row by row, the head first."""
        rows = 1 + len(FollowedLesion) if self._has_courses() else 0
        return tuple(
            tuple(self._labels[at, place].text() for place in range(COLUMNS)) for at in range(rows)
        )

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.title.setText(self.tr("Lesions between the visits"))
        self.setAccessibleName(self.title.text())
        self._fill()

    def _press(self) -> None:
        running = self._shown is not None and self._shown.running is not None
        (self.stopped if running else self.asked).emit()

    def _fill(self) -> None:
        shown = self._shown
        if shown is None:
            self.hide()
            return
        self._say_button(shown)
        self._say_progress(shown)
        self.stale.setVisible(shown.alignment is not None and not shown.current)
        self.stale.setText(
            self.tr("Of results that have changed since, so not current; align the visits again.")
        )
        self._say_ghost(shown)
        self.by_hand.show_adjusting(shown.adjusting, shown.ghost is not None)
        self._put_courses()
        self.sentences.show_sentences(tuple(self._sentences(shown)))
        self.setAccessibleDescription(self._spoken())
        self.show()

    def _say_button(self, shown: AlignmentShown) -> None:
        if shown.running is not None:
            self.button.setText(self.tr("Stop"))
        elif shown.alignment is None:
            self.button.setText(self.tr("Align visits"))
        else:
            self.button.setText(self.tr("Align again"))
        free = not shown.barred and shown.adjusting is None
        self.button.setEnabled(shown.running is not None or free)
        self.button.setToolTip(
            self.tr("The two may not be compared; ask for the changes all the same first")
            if shown.barred and shown.running is None
            else self.tr("Lay this hip of the later visit on the earlier one, bone on bone")
        )

    def _say_ghost(self, shown: AlignmentShown) -> None:
        self.ghost.setVisible(shown.ghost is not None)
        self.ghost.setChecked(shown.ghost is True)
        self.ghost.setText(self.tr("Show the earlier visit's outlines"))
        self.ghost.setToolTip(
            self.tr(
                "Dashed on the later picture, where the alignment takes the bones: see how well "
                "they fit; no figure changes"
            )
        )

    def _say_progress(self, shown: AlignmentShown) -> None:
        self.progress.setVisible(shown.running is not None)
        if shown.running is not None:
            words = self.tr("Aligning, {percent} %: {step}")
            step = core_words(shown.step) or self.tr("waiting")
            self.progress.setText(words.format(percent=round(100 * shown.running), step=step))

    def _has_courses(self) -> bool:
        shown = self._shown
        known = None if shown is None or shown.adjusting is not None else shown.alignment
        return known is not None and known.usable and known.fluid_sensitive

    def _put_courses(self) -> None:
        known = None if self._shown is None else self._shown.alignment
        if known is not None and self._has_courses():
            head = ("mL", self.tr("New"), self.tr("Resolved"), self.tr("Persistent"))
            for place, word in enumerate(head):
                self._put(0, place, word, "small")
            for at, lesion in enumerate(FollowedLesion, start=1):
                self._put_course(at, known, lesion)
        for used in self._labels.values():
            used.setVisible(self._has_courses())

    def _put_course(self, at: int, known: HipAlignment, lesion: FollowedLesion) -> None:
        course = known.course(lesion)
        figures = (
            (NO_VALUE,) * 3
            if course is None
            else (
                number(course.new_ml, DIGITS),
                number(course.resolved_ml, DIGITS),
                number(course.persistent_ml, DIGITS),
            )
        )
        self._put(at, 0, self._lesion_words(lesion))
        for place, figure in enumerate(figures, start=1):
            self._put(at, place, figure)

    def _put(self, at: int, place: int, words: str, kind: Kind = "") -> None:
        found = self._labels.get((at, place))
        if found is None:
            found = self._labels[at, place] = label(kind=kind, wrap=place == 0)
            side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
            found.setAlignment(side | Qt.AlignmentFlag.AlignBottom)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(found, at, place)
        found.setText(words)

    def _lesion_words(self, lesion: FollowedLesion) -> str:
        match lesion:
            case FollowedLesion.BME_FEMUR:
                return self.tr("BME of the femur")
            case FollowedLesion.BME_ACETABULUM:
                return self.tr("BME of the hip bone")
            case FollowedLesion.EFFUSION_SYNOVITIS:
                return self.tr("Effusion/synovitis")

    def _sentences(self, shown: AlignmentShown) -> list[str]:
        known = shown.alignment
        if shown.adjusting is not None:
            return [self.tr("Volumes are counted anew when you keep it. Scores stay as they are.")]
        if known is None:
            return [
                self.tr(
                    "Align the visits to see which lesions are new, resolved or persistent. "
                    "Scores stay as they are."
                )
            ]
        said = [each for bone in known.bones for each in self._bone_sentences(bone)]
        if not known.fluid_sensitive:
            said.append(
                self.tr("One of the series does not show lesions, so no volumes are given.")
            )
        if known.not_comparable:
            said.append(self.tr("The two may not be compared; this was asked for all the same."))
        return [*said, *self._uncompared(known), self._native_words()]

    def _native_words(self) -> str:
        return self.tr(
            "Volumes are counted on the earlier visit's pixels and differ a little from each "
            "visit's own. Scores stay in native space: each is measured on its own visit's pixels."
        )

    def _uncompared(self, known: HipAlignment) -> list[str]:
        """How much lies where only one visit has slices."""
        courses = [known.course(lesion) for lesion in FollowedLesion]
        lost = sum(course.uncompared_ml for course in courses if course is not None)
        if lost < SHOWN_ML:
            return []
        words = self.tr("{volume} mL lie where only one visit has slices, and are not compared.")
        return [words.format(volume=number(lost, DIGITS))]

    def _bone_sentences(self, bone: BoneAlignment) -> list[str]:
        """Residual and motion, or why the bone is not aligned."""
        name = self._bone_words(bone.bone)
        if bone.refused:
            words = self.tr("{bone}, not aligned: {reason}")
            refused = words.format(bone=name, reason=core_words(bone.reason))
            return [" ".join([refused, *self._hand_words(bone)])]
        residual = self.tr(
            "{bone}: residual {median} mm, the median distance left between its surfaces of both "
            "visits; 95 % within {far} mm."
        )
        moved = self.tr(
            "Later visit moved to the left, back and up by {left}, {back} and {up} mm, and turned "
            "about these axes by {x}°, {y}° and {z}°."
        )
        shift = (signed_number(each, DIGITS) for each in bone.shift_mm)
        turn = (signed_number(each, DIGITS) for each in bone.turn_deg)
        figures = residual.format(
            bone=name, median=number(bone.median_mm, DIGITS), far=number(bone.p95_mm, DIGITS)
        )
        motion = moved.format(
            **dict(zip(("left", "back", "up"), shift, strict=True)),
            **dict(zip("xyz", turn, strict=True)),
        )
        return [" ".join([figures, motion, *self._hand_words(bone)])]

    def _hand_words(self, bone: BoneAlignment) -> list[str]:
        """What of the motion is a reader's, and whose."""
        by_hand = bone.by_hand
        if by_hand is None:
            return []
        words = (
            self.tr("Of this, adjusted by hand by {reader}: {length} mm and {angle}°.")
            if by_hand.reader
            else self.tr("Of this, adjusted by hand: {length} mm and {angle}°.")
        )
        length = number(by_hand.length_mm, DIGITS)
        angle = number(by_hand.angle_deg, DIGITS)
        return [words.format(reader=by_hand.reader, length=length, angle=angle)]

    def _bone_words(self, bone: SegmentClass) -> str:
        if bone is SegmentClass.PROXIMAL_FEMUR:
            return self.tr("Femur")
        return self.tr("Hip bone")

    def _spoken(self) -> str:
        """The table as sentences, for screen readers."""
        if not self.cells:
            return ""
        head, *rows = self.cells
        return "; ".join(
            ", ".join((cells[0], *map(" ".join, zip(head[1:], cells[1:], strict=True))))
            for cells in rows
        )
