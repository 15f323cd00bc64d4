"""The frame: workspaces, patient in the header, jobs, messages, settings, the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from app.background import Job
from app.controllers.choices import Choices
from app.controllers.desk import Desk
from app.controllers.opening import Saved
from app.controllers.showing import Shown, Translate
from app.controllers.study import StudyController
from app.controllers.watching import StudyWatcher
from app.messages import Action, Severity
from app.services import Services
from app.state import ComputeBadge, Exam, FoundStudy, Workspace
from app.views.protocols import ShellView
from hipdesk.errors import KnownError
from hipdesk.pipeline import joint_compute
from hipdesk.ports import Cancelled, Progress, TestedNetwork
from hipdesk.records import Analysis, Compute
from hipdesk.settings import Settings

SELF_TEST: Final = "self-test"
"""Topic of the job that tests the networks."""


class Attendant(Protocol):
    """Whoever works only while its workspace is in front."""

    def enter(self) -> None:
        """The workspace comes to the front."""
        ...

    def leave(self) -> None:
        """It goes."""
        ...


@dataclass(frozen=True, slots=True)
class Tested:
    """Where the networks run, and whether both answer as where they were made.

    Attributes
    ----------
    passed : None where that is not known
    """

    compute: Compute | None
    passed: bool | None


def tested(networks: tuple[TestedNetwork, TestedNetwork]) -> Tested:
    """Run the self-tests of locator and segmenter.

    Raises
    ------
    ModelError
        A network failed on this machine.
    """
    answers = [network.self_test() for network in networks]
    passed = None if None in answers else all(answers)
    return Tested(joint_compute(*(network.compute for network in networks)), passed)


TABLES: Final = frozenset({".csv", ".tsv"})
"""Ends of the names of clinical tables; text of other names may be anything."""


def first_analysis(exam: Exam | None) -> Analysis | None:
    """What is on screen, of a pair the first; None without a result."""
    series = () if exam is None else exam.series
    return next((each.reviewed.analysis for each in series if each.reviewed is not None), None)


class ShellController(StudyWatcher):
    """Hears the frame, and keeps it up to date.

    Parameters
    ----------
    study : opens what is chosen in menus or dropped on the window
    translate : words of the user's language
    choices : what is remembered for scanners' protocols
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        study: StudyController,
        view: ShellView,
        translate: Translate,
        choices: Choices,
    ) -> None:
        self._services = services
        self._desk = desk
        self._study = study
        self._view = view
        self.translate = translate
        self._choices = choices
        self._searching = False
        self._workspace = Workspace.LIBRARY
        self._attendants: dict[Workspace, Attendant] = {}
        self._badge = ComputeBadge()
        self._ready = Tested(None, None)
        self._seconds: dict[str, float] = {}
        self._shown = Shown()
        self._warned_of = 0
        self._warning = 0
        self._followers: list[Callable[[Settings], None]] = []
        self._wanted: tuple[str, Workspace] | None = None
        self._try_table: Callable[[Path], None] | None = None
        view.listen(self)
        study.watch(self)
        desk.watch(self._follow)
        choices.follow(view.show_choices)

    def begin(self) -> None:
        """Show the frame as it is at the start; jobs and messages from now on."""
        self._show()
        self._services.jobs.watch(self._view.show_jobs)
        self._services.messages.attach(self._view.show_messages)

    def attend(self, workspace: Workspace, attendant: Attendant) -> None:
        """Tell this one when its workspace comes to the front, and when it goes."""
        self._attendants[workspace] = attendant
        if workspace is self._workspace:
            attendant.enter()

    def offer_tables(self, try_out: Callable[[Path], None]) -> None:
        """Give clinical tables that are dropped or named at the start to this one."""
        self._try_table = try_out

    def follow_settings(self, follower: Callable[[Settings], None]) -> None:
        """Tell this one of new settings, once they are in force on screen."""
        self._followers.append(follower)

    def test_networks(self) -> None:
        """Load the networks before they are needed, and see whether they answer as they must."""
        networks = self._services.networks

        def work(progress: Progress, cancelled: Cancelled) -> Tested:
            return tested(networks(cancelled))

        self._services.jobs.start(
            Job(
                what=self.translate("Shell", "Testing the networks"),
                work=work,
                done=self.networks_tested,
                topic=SELF_TEST,
            )
        )

    @property
    def workspace(self) -> Workspace:
        """Which one is in front."""
        return self._workspace

    # Gestures

    def choose_workspace(self, workspace: Workspace) -> None:
        """Bring it to the front, with or without anything in it."""
        before, self._workspace = self._workspace, workspace
        self._wanted = None
        if before is not workspace and before in self._attendants:
            self._attendants[before].leave()
        self._show()
        if before is not workspace and workspace in self._attendants:
            self._attendants[workspace].enter()

    def open_visit(self, uid: str, workspace: Workspace = Workspace.REVIEW) -> None:
        """Open a visit of the library and go there, unless the reader goes elsewhere meanwhile."""
        self._wanted = uid, workspace
        self._study.open_visit(uid)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open folders or files; a lone table is none of images, and is tried out."""
        lone = paths[0] if len(paths) == 1 else None
        if self._try_table is not None and lone is not None and lone.suffix.lower() in TABLES:
            self._try_table(lone)
        else:
            self._study.open_paths(paths)

    def cancel_job(self, number: int) -> None:
        """Stop a job."""
        self._services.jobs.cancel(number)

    def dismiss_message(self, number: int) -> None:
        """Take a message away."""
        self._services.messages.dismiss(number)

    def act_on_message(self, number: int) -> None:
        """Do what a message offers."""
        self._services.messages.act(number)

    def change_settings(self, settings: Settings) -> None:
        """Keep settings; where they cannot be kept, those before stay in force."""
        before = self._services.keeper.settings
        try:
            self._services.keeper.keep(settings)
        except KnownError as error:
            self._services.messages.tell(error)
            self._shown.forget()  # the dialog shows what was not kept
        else:
            self._tell_of_library(before)
        self._show()
        if settings.provider is not before.provider:
            self.test_networks()
        if self._services.keeper.settings.keep_index is not before.keep_index:
            self._keep_index(settings.keep_index)
        for follower in self._followers:
            follower(self._services.keeper.settings)

    def show_found(self) -> None:
        """Show the folder that was opened last again."""
        self._study.show_found()

    def list_choices(self) -> None:
        """Read anew what is remembered for scanners' protocols."""
        self._choices.refresh()

    def forget_choice(self, uid: str) -> None:
        """Forget one of them."""
        self._choices.forget(uid)

    def forget_folders(self) -> None:
        """Forget what is remembered of opened folders."""
        opened = self._services.opened

        def done(_nothing: None) -> None:
            words = self.translate("Shell", "Nothing is remembered of opened folders any more.")
            self._services.messages.say(Severity.INFO, words)

        what = self.translate("Shell", "Forgetting opened folders")
        work = partial(_without_reins, opened.forget)
        self._services.jobs.start(Job(what, work, done, urgent=True, keep=True))

    def close_patient(self) -> None:
        """Clear the screen of the patient."""
        self._study.close_patient()

    def close(self) -> bool:
        """Whether the program may end: everything but saves is asked to stop, saves are waited for.

        False once where a result would be lost, with a message that says so; who
        closes again means it.
        """
        if self._study.unsaved > self._warned_of:
            self._warned_of = self._study.unsaved
            self._warn_of_loss()
            return False
        self._study.close()
        return True

    # What happens elsewhere

    def networks_tested(self, result: Tested) -> None:
        """Say where the networks will run, and how their self-test ended."""
        self._ready = result
        self._follow(self._desk.exam)
        if result.passed is False:
            self._services.messages.say(
                Severity.ERROR,
                self.translate(
                    "Shell",
                    "The networks do not answer on this machine as they must; do not use their "
                    "results. Choose another processor in the settings, or install HipDesk again.",
                ),
            )

    def found_changed(self, found: FoundStudy | None) -> None:
        """Bring the found folder to the front where the user has to choose, or may do so early."""
        before, self._searching = self._searching, found is not None and found.searching
        if found is None or any(row.chosen for row in found.rows):
            return
        if self._searching and (before or self._desk.exam is not None):
            return
        self.choose_workspace(Workspace.LIBRARY)

    def choice_wanted(self) -> None:
        """Bring the found folder to the front."""
        self.choose_workspace(Workspace.LIBRARY)

    def exam_opened(self) -> None:
        """Bring what was opened to the front: where it was asked for, else in the review."""
        exam = self._desk.exam
        uid, workspace = self._wanted or ("", Workspace.REVIEW)
        there = exam is not None and exam.visit_uid == uid
        self.choose_workspace(workspace if there else Workspace.REVIEW)
        if exam is not None and exam.visit_uid is not None:
            self._ask_for_date(exam)

    def analysis_done(self, analyses: tuple[str, ...], seconds: float) -> None:
        """Keep in mind how long it took, for as long as the program runs."""
        self._seconds.update(dict.fromkeys(analyses, seconds))

    def result_saved(self, saved: Saved) -> None:
        """Ask for the date that the study on screen lacks; nothing is lost any more."""
        if not self._study.unsaved:
            self._services.messages.dismiss(self._warning)
        exam = self._desk.exam
        if exam is not None and exam.visit_uid == saved.visit_uid:
            self._ask_for_date(exam)

    def _ask_for_date(self, exam: Exam) -> None:
        """Lead to where a visit without a date gets one."""
        if exam.day is not None:
            return
        words = self.translate(
            "Shell", "This study states no date; without one it stays out of every trend."
        )
        to_library = partial(self.choose_workspace, Workspace.LIBRARY)
        action = Action(self.translate("Shell", "Give a date"), to_library)
        self._services.messages.say(Severity.WARNING, words, action)

    def patient_closed(self) -> None:
        """Go where the next patient is found."""
        self.choose_workspace(Workspace.LIBRARY)

    def _follow(self, exam: Exam | None) -> None:
        """Say where the result on screen was computed; without one, where the next will be."""
        self._services.messages.turn_to(None if exam is None else exam.patient)
        analysis = first_analysis(exam)
        self._badge = ComputeBadge(
            compute=self._ready.compute if analysis is None else analysis.compute,
            seconds=None if analysis is None else self._seconds.get(analysis.uid),
            tested=self._ready.passed,
        )
        self._show()

    # The view

    def _show(self) -> None:
        """Hand the view what differs."""
        tell = self._shown.tell
        tell("settings", self._view.show_settings, self._services.keeper.settings)
        tell("patient", self._view.show_patient, self._desk.header)
        tell("badge", self._view.show_badge, self._badge)
        tell("workspace", self._view.show_workspace, self._workspace)

    def _keep_index(self, on: bool) -> None:
        """Remember opened folders from now on, or forget them all."""
        opened = self._services.opened
        what = self.translate("Shell", "Changing what is remembered of folders")
        work = partial(_without_reins, partial(opened.remember, on))
        self._services.jobs.start(Job(what, work, _nothing_more, urgent=True, keep=True))

    def _tell_of_library(self, before: Settings) -> None:
        if self._services.keeper.settings.library != before.library:
            words = self.translate("Shell", "The other library is opened at the next start.")
            self._services.messages.say(Severity.INFO, words)

    def _warn_of_loss(self) -> None:
        words = self.translate(
            "Shell", "A result is not in the patient library yet; close again to leave it unsaved."
        )
        again = Action(self.translate("Shell", "Save again"), self._save_again)
        messages = self._services.messages
        messages.dismiss(self._warning)  # said before, it would stay below what came later
        self._warning = messages.say(Severity.ERROR, words, again)

    def _save_again(self) -> None:
        self._warned_of = 0
        self._study.save_again()


def _without_reins(work: Callable[[], None], _progress: object, _cancelled: object) -> None:
    """A short job that neither tells progress nor can be stopped."""
    work()


def _nothing_more(_nothing: None) -> None:
    """It is done; nothing is said."""
