"""Registration in the worker process: SimpleITK keeps Python's lock, which would halt a window."""

from __future__ import annotations

from typing import Final

from hipdesk.adapters._registration_packing import alignment_of, packed
from hipdesk.adapters._worker_main import Request
from hipdesk.adapters.worker_process import WorkerLostError, WorkerProcess
from hipdesk.alignment import Alignment, AlignmentRequest
from hipdesk.errors import UnreadableInput
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress

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
        asked = Request(TASK, packed(request), LIMIT_S)
        try:
            answer = self._worker.ask(asked, None, progress, cancelled)
        except WorkerLostError as error:
            raise UnreadableInput(LOST) from error
        return alignment_of(answer.facts)
