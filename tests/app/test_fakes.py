"""The fakes keep the contracts of what they stand for."""

from __future__ import annotations

import inspect

import pytest

from app.background import Job, Jobs
from app.services import Keeper, Library, Networks
from app.views.protocols import LibraryView
from hipdesk.errors import Cancelled, StoreError
from hipdesk.ports import StudyReader, VisitStore
from tests.app.fakes import (
    FakeJobs,
    FakeKeeper,
    FakeLibrary,
    FakeNetworks,
    FakeReader,
    FakeStore,
    FakeView,
)


@pytest.mark.parametrize(
    ("protocol", "fake"),
    [
        (Jobs, FakeJobs()),
        (StudyReader, FakeReader()),
        (VisitStore, FakeStore()),
        (Library, FakeLibrary(None)),
        (Networks, FakeNetworks()),
        (Keeper, FakeKeeper()),
    ],
)
def test_every_fake_has_what_its_contract_asks(protocol: type, fake: object):
    for name, member in vars(protocol).items():
        if name.startswith("_") and name != "__call__":
            continue
        assert hasattr(fake, name), name
        if inspect.isfunction(member):
            asked = list(inspect.signature(member).parameters)[1:]
            given = inspect.signature(getattr(fake, name)).parameters
            assert list(given)[: len(asked)] == asked, name


def test_a_view_takes_only_what_its_protocol_has():
    view = FakeView(LibraryView)
    view.show_patients((), None, words="x")
    assert view.last("show_patients") == ((), None, "x")
    with pytest.raises(TypeError):
        view.show_patients(())
    with pytest.raises(AttributeError):
        view.show_nothing(())


def ended(job_told: list[str], **parts: object) -> Job[str]:
    return Job(
        "work",
        parts.pop("work", lambda _progress, _cancelled: "result"),
        job_told.append,
        failed=lambda error: job_told.append(str(error)),
        stopped=lambda: job_told.append("stopped"),
        **parts,
    )


def test_exactly_one_end_is_told():
    def fail(_progress: object, _cancelled: object) -> str:
        raise StoreError("failed")

    def stop(_progress: object, _cancelled: object) -> str:
        raise Cancelled

    for work, end in ((lambda _p, _c: "result", "result"), (fail, "failed"), (stop, "stopped")):
        told: list[str] = []
        FakeJobs(at_once=True).start(ended(told, work=work))
        assert told == [end]


def test_a_newer_job_of_a_topic_silences_the_older_but_no_save():
    jobs, told = FakeJobs(), []
    jobs.start(ended(told, topic="t"))
    jobs.start(ended(told, topic="t", keep=True))
    jobs.start(ended(told, topic="t"))
    jobs.run_all()
    assert told == ["result", "result"]


def test_a_job_cancelled_after_its_work_is_stopped():
    jobs, told = FakeJobs(), []
    number = jobs.start(ended(told))
    jobs.work()
    jobs.cancel(number)
    assert told == []
    jobs.deliver(number)
    assert told == ["stopped"]


def test_urgent_jobs_go_first_and_saves_cannot_be_cancelled():
    jobs, told = FakeJobs(), []
    jobs.start(ended(told, work=lambda _p, _c: "slow"))
    save = jobs.start(ended(told, work=lambda _p, _c: "save", urgent=True, keep=True))
    jobs.cancel(save)
    jobs.run_all()
    assert told == ["save", "slow"]
