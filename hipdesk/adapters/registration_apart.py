"""Registration in the worker process: SimpleITK keeps Python's lock, which would halt a window.

What goes over is plain arrays, since masks are kept behind a read-only view that
cannot be pickled; what comes back is numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from hipdesk.adapters._worker_main import Answer, Request
from hipdesk.adapters.worker_process import WorkerLostError, WorkerProcess
from hipdesk.alignment import Alignment, AlignmentRequest, HipScan, Refusal, Residual
from hipdesk.errors import UnreadableInput
from hipdesk.geometry import as_point
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import GridBox, Segmentation, SegmentClass, Side

TASK: Final = "align"

LIMIT_S: Final = 600.0
"""One bone takes seconds; a laden machine a hundred times that."""

LOST: Final = (
    "The two visits could not be laid on each other, since the computation ended by itself; "
    "try again."
)


class RegistrarApart:
    """A `hipdesk.alignment.Registrar` that computes in a worker process.

    Parameters
    ----------
    worker : ended in the middle of its work when the user asks to stop
    """

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker

    def __call__(
        self,
        request: AlignmentRequest,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Alignment:
        """Lay a later visit's bone on the earlier one.

        Raises
        ------
        UnreadableInput
            The process was lost.
        Cancelled
            The user asked to stop.
        """
        asked = Request(TASK, _packed(request), LIMIT_S)
        try:
            answer = self._worker.ask(asked, None, progress, cancelled)
        except WorkerLostError as error:
            raise UnreadableInput(LOST) from error
        return _alignment(answer.facts)


def align(content: Mapping[str, Any], progress: Progress) -> Answer:
    """What the worker does: align, and tell the numbers."""
    from hipdesk.adapters.registration import register

    earlier, later = (_scan(content[name]) for name in ("earlier", "later"))
    request = AlignmentRequest(earlier, later, SegmentClass(content["bone"]))
    return Answer(_facts(register(request, progress)))


def _packed(request: AlignmentRequest) -> dict[str, Any]:
    scans = {"earlier": request.earlier, "later": request.later}
    return {
        "bone": request.bone.value,
        **{name: _packed_scan(scan) for name, scan in scans.items()},
    }


def _packed_scan(scan: HipScan) -> dict[str, Any]:
    outlined = scan.segmentation
    return {
        "voxels": scan.voxels,
        "affine": scan.affine,
        "head": scan.head_lps_mm,
        "side": outlined.side.value,
        "box": (outlined.box.start, outlined.box.stop),
        "masks": {name.value: mask for name, mask in outlined.masks.items()},
    }


def _scan(packed: Mapping[str, Any]) -> HipScan:
    masks = {SegmentClass(name): mask for name, mask in packed["masks"].items()}
    outlined = Segmentation(Side(packed["side"]), GridBox(*packed["box"]), masks)
    return HipScan(packed["voxels"], packed["affine"], outlined, packed["head"])


def _facts(found: Alignment) -> dict[str, Any]:
    residual = found.residual
    return {
        "side": found.side.value,
        "bone": found.bone.value,
        "found": found.found.tolist(),
        "about": list(found.about),
        "residual": residual and [residual.median_mm, residual.p95_mm],
        "refused": found.refused and found.refused.value,
        "reason": found.reason,
        "refined": found.refined,
    }


def _alignment(facts: Mapping[str, Any]) -> Alignment:
    residual, refused = facts["residual"], facts["refused"]
    return Alignment(
        side=Side(facts["side"]),
        bone=SegmentClass(facts["bone"]),
        found=np.asarray(facts["found"], dtype=np.float64),
        about=as_point(facts["about"]),
        residual=None if residual is None else Residual(*residual),
        refused=None if refused is None else Refusal(refused),
        reason=facts["reason"],
        refined=facts["refined"],
    )
