"""The registration of the window, loaded when first needed. Called in the job thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress

if TYPE_CHECKING:
    from hipdesk.alignment import Alignment, AlignmentRequest


def register(
    request: AlignmentRequest,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Alignment:
    """Lay a later visit's bone on the earlier one; a `hipdesk.alignment.Registrar`.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    from hipdesk.adapters.registration import register as run

    return run(request, progress, cancelled)
