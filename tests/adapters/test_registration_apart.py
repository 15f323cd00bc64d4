"""Registration in another process: the same answer, which a crash or a wish to stop ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hipdesk.adapters.registration import register
from hipdesk.adapters.registration_apart import RegistrarApart
from hipdesk.adapters.worker_process import WorkerLostError, WorkerProcess
from hipdesk.alignment import HipScan
from hipdesk.errors import Cancelled, UnreadableInput
from hipdesk.records import GridBox, Segmentation, SegmentClass
from tests.adapters.test_registration import request_of, with_femur


@pytest.fixture(scope="module")
def apart() -> Iterator[RegistrarApart]:
    worker = WorkerProcess()
    yield RegistrarApart(worker)
    worker.close()


def within(scan: HipScan) -> HipScan:
    """The same hip, its masks on a smaller block of the grid that does not begin at its corner."""
    outlined = scan.segmentation
    used = np.argwhere(np.any([*outlined.masks.values()], axis=0))
    low, high = used.min(axis=0), used.max(axis=0) + 1
    cut = tuple(map(slice, low, high))
    begin = np.asarray(outlined.box.start)
    box = GridBox(tuple(map(int, begin + low)), tuple(map(int, begin + high)))
    masks = {name: mask[cut] for name, mask in outlined.masks.items()}
    return replace(scan, segmentation=Segmentation(outlined.side, box, masks))


@pytest.mark.parametrize("bone", [SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM])
def test_it_finds_what_is_found_here(apart: RegistrarApart, bone: SegmentClass) -> None:
    told: list[float] = []
    request = request_of(1, bone)
    request = replace(request, earlier=within(request.earlier), later=within(request.later))
    assert max(request.later.segmentation.box.start) > 0
    expected = register(request)
    found = apart(request, lambda part, _: told.append(part))
    np.testing.assert_array_equal(found.found, expected.found)
    for name in ("side", "bone", "about", "residual", "refused", "reason", "refined", "nudge"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.refused is None
    assert told == sorted(told)


def test_a_refusal_comes_back_with_its_reason(apart: RegistrarApart) -> None:
    request = request_of(1)
    femur = request.later.segmentation.masks[SegmentClass.PROXIMAL_FEMUR]
    request = replace(request, later=with_femur(request.later, np.zeros_like(femur)))
    expected, found = register(request), apart(request)
    assert expected.refused is not None
    assert (found.refused, found.reason) == (expected.refused, expected.reason)
    assert found.residual == expected.residual


def test_it_stops_when_asked(apart: RegistrarApart) -> None:
    asked = iter([False] * 4)
    with pytest.raises(Cancelled):
        apart(request_of(1), cancelled=lambda: next(asked, True))


def test_a_lost_process_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise WorkerLostError("it crashed")

    worker = WorkerProcess()
    monkeypatch.setattr(worker, "ask", lost)
    with pytest.raises(UnreadableInput, match="ended by itself; try again"):
        RegistrarApart(worker)(request_of(1))
    worker.close()
