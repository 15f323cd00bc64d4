"""What controllers ask of views, and what views tell controllers. No Qt.

A view calls a gesture when the clinician did something, and only then: its
setters change nothing but pixels and never call a gesture back. A setter given
the same value twice does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.alignment_state import AlignmentShown
from app.background import JobStatus
from app.blinded_state import BlindedShown, Unblinded
from app.brush_state import Brush, Painting, PicturePoint
from app.clinical_state import (
    Cells,
    ClinicalShown,
    ClinicalTrendShown,
    Figure,
    ReadingDraft,
    TreatmentDraft,
)
from app.messages import Message
from app.regroup_state import AsideShown, RegroupShown, Wish
from app.state import (
    Comparison,
    ComputeBadge,
    CropFrame,
    CropView,
    Edits,
    FollowUpGap,
    FoundStudy,
    HipPanel,
    Likeness,
    Link,
    Measure,
    Overlay,
    Pages,
    Panel,
    PanelShown,
    PatientHeader,
    PatientRow,
    ReportStatus,
    Scores,
    SeriesFacts,
    SeriesTab,
    Signing,
    SliceWish,
    Tool,
    TrendShown,
    VisitChoice,
    VisitRow,
    WindowPreset,
    Workspace,
)
from hipdesk.clinical_trend import Plotted
from hipdesk.display import SlicePicture
from hipdesk.hip_alignment import Hand
from hipdesk.overlay import Window
from hipdesk.ports import ProtocolChoice
from hipdesk.records import Contrast, SegmentClass, Side
from hipdesk.settings import Settings

if TYPE_CHECKING:
    from hipdesk.ghost import Ghost


class ShellGestures(Protocol):
    """The frame: menus, tabs, bars."""

    def choose_workspace(self, workspace: Workspace) -> None:
        """A tab or its shortcut."""
        ...

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Folders, files or a table, chosen in a menu, dropped, or given as arguments."""
        ...

    def cancel_job(self, number: int) -> None:
        """The stop button of a running or waiting job."""
        ...

    def dismiss_message(self, number: int) -> None:
        """The message's cross."""
        ...

    def act_on_message(self, number: int) -> None:
        """The message's own button."""
        ...

    def change_settings(self, settings: Settings) -> None:
        """A setting was changed; takes effect and is kept at once."""
        ...

    def close_patient(self) -> None:
        """Clear the screen of the patient."""
        ...

    def show_found(self) -> None:
        """Show the folder that was opened last again."""
        ...

    def list_choices(self) -> None:
        """The settings' page comes up: say what is remembered for scanners' protocols."""
        ...

    def forget_choice(self, uid: str) -> None:
        """Forget one of them."""
        ...

    def forget_folders(self) -> None:
        """Forget what is remembered of opened folders."""
        ...


class ShellView(Protocol):
    """The frame around the workspaces."""

    def listen(self, gestures: ShellGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_workspace(self, workspace: Workspace) -> None:
        """Bring a workspace to the front."""
        ...

    def show_patient(self, header: PatientHeader | None) -> None:
        """Name the patient on screen, or nobody."""
        ...

    def show_badge(self, badge: ComputeBadge) -> None:
        """Say where the networks run."""
        ...

    def show_jobs(self, jobs: tuple[JobStatus, ...]) -> None:
        """What runs and waits, the running one first."""
        ...

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """What must be read, oldest first."""
        ...

    def show_settings(self, settings: Settings) -> None:
        """The settings in force: theme, language and the dialog's fields follow."""
        ...

    def show_choices(self, choices: tuple[ProtocolChoice, ...]) -> None:
        """What is remembered for scanners' protocols, newest first."""
        ...


class LibraryGestures(Protocol):
    """Patients, visits, folders."""

    def search(self, words: str) -> None:
        """The search field's text changed."""
        ...

    def choose_patient(self, uid: str) -> None:
        """A row of the patients' list."""
        ...

    def open_visit(self, uid: str) -> None:
        """Open a stored visit."""
        ...

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Dropped on the page, or its button."""
        ...

    def analyse_series(self, uid: str) -> None:
        """Analyse this series of the folder that was found."""
        ...

    def state_contrast(self, uid: str, contrast: Contrast) -> None:
        """Say what a series of the found folder is weighted for."""
        ...

    def choose_charset(self, charset: str) -> None:
        """Read the names in the found folder in another character set; empty as its files state."""
        ...

    def close_found(self) -> None:
        """Back from the found folder to the patients."""
        ...

    def join_offered(self) -> None:
        """The offered patient is the same person."""
        ...

    def keep_apart(self) -> None:
        """They are two people."""
        ...

    def take_back_joining(self) -> None:
        """Undo the joining."""
        ...

    def date_visit(self, uid: str, day: date) -> None:
        """Give a visit the date its study lacks."""
        ...

    def show_clinical(self, uid: str) -> None:
        """Bring up the clinical record of a visit."""
        ...

    def regroup_patient(self, wish: Wish, uid: str) -> None:
        """Merge, part or put aside a patient: bring up the page for it."""
        ...

    def regroup_visit(self, wish: Wish, uid: str) -> None:
        """Move, part or put aside a visit, or what is in it: bring up the page for it."""
        ...

    def show_aside(self) -> None:
        """Bring up what was put aside and regrouped."""
        ...

    def retry_library(self) -> None:
        """Try again to open the library."""
        ...


class LibraryView(Protocol):
    """The library workspace."""

    def listen(self, gestures: LibraryGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_patients(
        self, rows: tuple[PatientRow, ...], chosen_uid: str | None, words: str
    ) -> None:
        """The list that a search gave; ``words`` is empty for all patients."""
        ...

    def show_visits(self, rows: tuple[VisitRow, ...]) -> None:
        """Visits of the chosen patient, newest first."""
        ...

    def show_found(self, found: FoundStudy | None) -> None:
        """What a folder holds, in place of the patients; None goes back."""
        ...

    def show_likeness(self, likeness: Likeness) -> None:
        """Offer a likeness, or the way back."""
        ...

    def show_aside_count(self, visits: int) -> None:
        """How many visits are put aside."""
        ...

    def show_problem(self, sentence: str | None) -> None:
        """Why the library cannot be used; None where it can."""
        ...


class RegroupGestures(Protocol):
    """Merging and parting patients, moving visits and studies, putting aside."""

    def search(self, words: str) -> None:
        """The words changed by which another patient is looked for."""
        ...

    def choose_other(self, patient_uid: str) -> None:
        """A row of the list: the other patient."""
        ...

    def choose_again(self) -> None:
        """It is not: back to the list."""
        ...

    def pick(self, uid: str, picked: bool) -> None:
        """A visit, study or analysis is meant, or not."""
        ...

    def choose_target(self, visit_uid: str) -> None:
        """The visit to which a study is to belong."""
        ...

    def turn(self, turned: bool) -> None:
        """The patient on the left keeps name and number, or the one on the right."""
        ...

    def confirm(self, reason: str, sure: bool) -> None:
        """Do it; sure says that differing identities were looked at."""
        ...

    def leave(self) -> None:
        """The page was closed; nothing is done."""
        ...


class RegroupView(Protocol):
    """The page of one wish, before the window."""

    def listen(self, gestures: RegroupGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_plan(self, shown: RegroupShown | None) -> None:
        """Bring the page to the front; None puts it away."""
        ...


class AsideGestures(Protocol):
    """Taking back what was put aside and regrouped."""

    def bring_back(self, visit_uids: Sequence[str]) -> None:
        """List these visits again."""
        ...

    def take_back(self, number: int) -> None:
        """Undo a regrouping."""
        ...

    def leave(self) -> None:
        """The page was closed."""
        ...


class AsideView(Protocol):
    """The page of what was put aside and regrouped, beside the window."""

    def listen(self, gestures: AsideGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_aside(self, shown: AsideShown | None) -> None:
        """Bring the page to the front; None puts it away."""
        ...


class KeepingGestures(Protocol):
    """Safe keeping of the library."""

    def back_up(self, target: Path) -> None:
        """Write the whole library into one file."""
        ...

    def check(self) -> None:
        """Read the whole library through."""
        ...

    def look_through(self, backup: Path) -> None:
        """Read a backup through, and offer to restore it."""
        ...


class KeepingView(Protocol):
    """The menu of the library's keeping."""

    def listen(self, gestures: KeepingGestures) -> None:
        """Tell gestures to this listener."""
        ...


class ReviewGestures(Protocol):
    """Reading one visit."""

    def choose_series(self, key: str) -> None:
        """A tab of a separate right and left pair."""
        ...

    def choose_slice(self, index: int) -> None:
        """Wheel, keys, strip chart; clipped to the stack."""
        ...

    def step_slice(self, steps: int) -> None:
        """Wheel or arrow keys, relative."""
        ...

    def set_window(self, window: Window) -> None:
        """Dragged, or typed."""
        ...

    def choose_preset(self, number: int) -> None:
        """Keys 1-5."""
        ...

    def set_overlay(self, overlay: Overlay) -> None:
        """Opacity, outline or fill, classes, all masks."""
        ...

    def toggle_class(self, name: SegmentClass) -> None:
        """One class on or off."""
        ...

    def choose_tool(self, tool: Tool) -> None:
        """A tool, or back to windowing."""
        ...

    def move_crop(self, side: Side, dx: float, dy: float) -> None:
        """A crop's frame was dragged by picture points and let go."""
        ...

    def place_head(self, side: Side, x: float, y: float) -> None:
        """The head's centre was pointed at on the slice on screen."""
        ...

    def choose_brush(self, brush: Brush) -> None:
        """Another class, size, or erasing instead of painting."""
        ...

    def paint(self, side: Side | None, path: tuple[PicturePoint, ...], erases: bool) -> None:
        """The brush passed these picture points of the slice on screen.

        Parameters
        ----------
        side : the hip beside the slice that was painted on; None on the slice itself
        """
        ...

    def finish_painting(self, name: str = "") -> None:
        """The strokes are right: keep them as a revision.

        Parameters
        ----------
        name : of the reader, as typed; empty for the one that is remembered
        """
        ...

    def discard_painting(self) -> None:
        """The strokes are not to be used."""
        ...

    def choose_slices(self, wish: SliceWish) -> None:
        """A slice is to be central, left out, or counted again."""
        ...

    def mirror_crop(self, side: Side, mirrored: bool) -> None:
        """Show one crop as in a mirror."""
        ...

    def accept(self, side: Side, note: str = "") -> None:
        """The outlines are right; the note says why the side is, where that is in doubt."""
        ...

    def reject(self, side: Side, note: str) -> None:
        """The outlines are not to be used."""
        ...

    def reopen(self, side: Side) -> None:
        """Take a verdict back."""
        ...

    def undo(self) -> None:
        """Take back what was done last; stop a hip that is being done again."""
        ...

    def redo(self) -> None:
        """Do again what was taken back last."""
        ...

    def restore(self, side: Side) -> None:
        """Show the program's own result of a hip again."""
        ...

    def sign(self, reader: str) -> None:
        """Sign all verdicts."""
        ...

    def withdraw(self, note: str) -> None:
        """Withdraw the signatures."""
        ...

    def write_report(self) -> None:
        """On to the report."""
        ...


class ReviewView(Protocol):
    """The review workspace."""

    def listen(self, gestures: ReviewGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_series(self, facts: SeriesFacts | None, tabs: tuple[SeriesTab, ...]) -> None:
        """Which series is on screen; None is the empty state."""
        ...

    def show_slice(self, picture: SlicePicture, frames: tuple[CropFrame, ...]) -> None:
        """One slice with the hips' frames."""
        ...

    def show_crops(self, right: CropView, left: CropView) -> None:
        """Both hips beside it."""
        ...

    def show_window(
        self, window: Window, limits: tuple[float, float], presets: tuple[WindowPreset, ...]
    ) -> None:
        """The window of all pictures; limits of the signal for sliders."""
        ...

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn."""
        ...

    def show_tool(self, tool: Tool) -> None:
        """What the left button does."""
        ...

    def show_painting(self, painting: Painting) -> None:
        """The brush, and strokes that are not in the outlines yet."""
        ...

    def show_scores(self, scores: Scores | None) -> None:
        """Table, reasons, notices and strip chart; None before the analysis."""
        ...

    def show_hips(self, right: HipPanel, left: HipPanel) -> None:
        """Verdicts."""
        ...

    def show_signing(self, signing: Signing) -> None:
        """The signing bar."""
        ...

    def show_edits(self, edits: Edits) -> None:
        """What can be taken back, done again, and brought back."""
        ...

    def fit_view(self) -> None:
        """Zoom and pan as at the beginning."""
        ...


class FollowUpGestures(Protocol):
    """Reading visits against each other."""

    def choose_visit(self, panel: Panel, uid: str) -> None:
        """Put a visit into a panel."""
        ...

    def choose_side(self, side: Side) -> None:
        """Right or left hip."""
        ...

    def reanalyse(self) -> None:
        """Analyse every visit with the present models."""
        ...

    def name_repeat(self, named: bool) -> None:
        """Both visits are scans of an unchanged hip, or are not after all."""
        ...

    def ask_change(self) -> None:
        """Give the changes of this pair though they may not be compared."""
        ...

    def align(self) -> None:
        """Lay the later visit's hip on the earlier one's."""
        ...

    def stop_aligning(self) -> None:
        """Leave the alignment that runs."""
        ...

    def want_ghost(self, wanted: bool) -> None:
        """Draw the earlier visit's outlines on the later one's pictures, or leave them out."""
        ...

    def adjust(self, bone: SegmentClass) -> None:
        """Take a bone's outline into one's hand, to lay it on the later picture."""
        ...

    def move_outline(self, hand: Hand) -> None:
        """Put it there."""
        ...

    def keep_adjusted(self, name: str = "") -> None:
        """Have it kept as a new alignment.

        Parameters
        ----------
        name : of the reader, as typed; empty for the one that is remembered
        """
        ...

    def leave_adjusting(self) -> None:
        """Leave the alignment as it was."""
        ...

    def choose_measure(self, measure: Measure) -> None:
        """What the chart shows."""
        ...

    def choose_index(self, index: Plotted) -> None:
        """Which clinical index stands under the chart."""
        ...

    def slide(self, offset_mm: float) -> None:
        """Slider: millimetres from the head centre."""
        ...

    def step(self, steps: int) -> None:
        """Wheel or arrow keys over either panel."""
        ...

    def set_window(self, panel: Panel, window: Window) -> None:
        """Dragged in a panel."""
        ...

    def lock_windows(self, locked: bool) -> None:
        """Both panels share the window relative to their own signal, or not."""
        ...

    def zoom(self, height_mm: float, shift_mm: tuple[float, float]) -> None:
        """Both panels: height of the view, and middle (right, down) from the head centre."""
        ...

    def set_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn in both panels."""
        ...

    def open_visit(self, uid: str) -> None:
        """Review this visit."""
        ...

    def write_report(self, uid: str) -> None:
        """On to the report of this visit."""
        ...

    def show_clinical(self, uid: str) -> None:
        """Bring up the clinical record of this visit."""
        ...


class FollowUpView(Protocol):
    """The follow-up workspace."""

    def listen(self, gestures: FollowUpGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_gap(self, gap: FollowUpGap | None) -> None:
        """Why there is nothing to compare; None where there is."""
        ...

    def show_visits(
        self, visits: tuple[VisitChoice, ...], earlier_uid: str | None, later_uid: str | None
    ) -> None:
        """What can be chosen, oldest first, and what is."""
        ...

    def show_side(self, side: Side) -> None:
        """Which hip the pictures show."""
        ...

    def show_trend(self, trend: TrendShown) -> None:
        """The chart."""
        ...

    def show_clinical_trend(self, shown: ClinicalTrendShown) -> None:
        """A clinical index and treatments under the chart."""
        ...

    def show_panel(self, panel: Panel, shown: PanelShown | None) -> None:
        """One picture; None while it is being read."""
        ...

    def show_link(self, link: Link | None, locked: bool) -> None:
        """Slider and window lock."""
        ...

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn."""
        ...

    def show_comparison(self, comparison: Comparison | None) -> None:
        """The pair in numbers."""
        ...

    def show_alignment(self, shown: AlignmentShown | None) -> None:
        """What became of lesions between the two; None where they cannot be aligned."""
        ...

    def show_ghost(self, ghost: Ghost | None) -> None:
        """The earlier visit's outlines on every slice of the later one; None for none."""
        ...


class ReportGestures(Protocol):
    """Writing, signing and giving out the report."""

    def edit_impression(self, text: str) -> None:
        """The text changed; kept by itself."""
        ...

    def sign(self, reader: str) -> None:
        """Sign, as in the review."""
        ...

    def withdraw(self, note: str) -> None:
        """Withdraw the signatures."""
        ...

    def save_pdf(self, path: Path) -> None:
        """Write the PDF there."""
        ...

    def print_pages(self) -> None:
        """Print the pages."""
        ...

    def choose_series(self, key: str) -> None:
        """The report of the other series of a pair."""
        ...


class ReportView(Protocol):
    """The report workspace."""

    def listen(self, gestures: ReportGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_pages(self, pages: Pages | None) -> None:
        """The real PDF; None is the empty state."""
        ...

    def show_status(self, status: ReportStatus, signing: Signing) -> None:
        """Draft or final, and what stands in the way of signing."""
        ...

    def show_impression(self, text: str, editable: bool, why: str = "") -> None:
        """The reader's words, or why they cannot be changed; if that is empty, they are signed."""
        ...

    def show_series(self, tabs: tuple[SeriesTab, ...]) -> None:
        """The series of a separate right and left pair; one or none needs no tabs."""
        ...

    def suggest_name(self, name: str) -> None:
        """File name offered when saving."""
        ...

    def print_out(self, pages: Pages) -> None:
        """Send these pages (at printing resolution) to a printer the user chooses."""
        ...


class ClinicalGestures(Protocol):
    """Entering what is known of a patient at a visit."""

    def edit(self, cells: Cells) -> None:
        """A field changed: all of them as they stand."""
        ...

    def keep(self) -> None:
        """Keep the facts."""
        ...

    def leave(self) -> None:
        """The page was closed."""
        ...

    def keep_treatment(self, draft: TreatmentDraft) -> None:
        """Keep a treatment, or a new state of one."""
        ...

    def withdraw_treatment(self, uid: str) -> None:
        """It was recorded by mistake."""
        ...

    def keep_reading(self, draft: ReadingDraft) -> None:
        """Keep HIMRISS totals of a hip."""
        ...

    def read_blinded(self, everyone: bool) -> None:
        """Read all visits of this patient, or of all, without knowing which came first."""
        ...


class BlindedGestures(Protocol):
    """Reading HIMRISS without knowing which visit came first."""

    def go_on(self, steps: int) -> None:
        """The visit before or after in the order drawn."""
        ...

    def choose_side(self, side: Side) -> None:
        """Right or left hip."""
        ...

    def step(self, steps: int) -> None:
        """Wheel or arrow keys over the picture."""
        ...

    def set_window(self, window: Window) -> None:
        """Dragged in the picture."""
        ...

    def keep_reading(self, draft: ReadingDraft) -> None:
        """Keep HIMRISS totals of a hip."""
        ...

    def finish(self) -> None:
        """Say which visit was which."""
        ...

    def leave(self) -> None:
        """The page was closed."""
        ...


class BlindedView(Protocol):
    """The page of blinded reading, before the window."""

    def listen(self, gestures: BlindedGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_visit(self, shown: BlindedShown | None) -> None:
        """Bring the page to the front with this visit; None puts it away."""
        ...

    def show_refusal(self, sentence: str) -> None:
        """Why a reading was not kept; empty where nothing stands in the way."""
        ...

    def show_unblinded(self, visits: tuple[Unblinded, ...]) -> None:
        """The sitting is over: which visit was which."""
        ...


class ClinicalView(Protocol):
    """The page of a visit's clinical record, beside the window."""

    def listen(self, gestures: ClinicalGestures) -> None:
        """Tell gestures to this listener."""
        ...

    def show_record(self, shown: ClinicalShown | None) -> None:
        """Bring the page to the front with this record; None puts it away."""
        ...

    def show_checked(
        self, problems: tuple[str, ...], figures: tuple[Figure, ...], changed: bool
    ) -> None:
        """Fields that cannot be read, the indices, and whether the library lacks something."""
        ...

    def show_refusal(self, sentence: str) -> None:
        """Why a treatment or reading was not kept; empty where nothing stands in the way."""
        ...
