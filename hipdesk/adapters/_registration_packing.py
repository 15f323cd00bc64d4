"""What goes to the registration in the worker process and comes back, and what runs there.

What goes over is plain arrays, since masks are kept behind a read-only view that
cannot be pickled; what comes back is numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hipdesk.alignment import Alignment, AlignmentRequest, HipScan, Refusal, Residual
from hipdesk.geometry import as_point
from hipdesk.ports import Progress
from hipdesk.records import GridBox, Segmentation, SegmentClass, Side


def aligned(content: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Lay a packed later visit's bone on the earlier one; the numbers, as JSON has them."""
    from hipdesk.adapters.registration import register

    earlier, later = (_scan(content[name]) for name in ("earlier", "later"))
    request = AlignmentRequest(earlier, later, SegmentClass(content["bone"]))
    return _facts(register(request, progress))


def packed(request: AlignmentRequest) -> dict[str, Any]:
    """What is asked, as plain arrays and names."""
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


def _scan(content: Mapping[str, Any]) -> HipScan:
    masks = {SegmentClass(name): mask for name, mask in content["masks"].items()}
    outlined = Segmentation(Side(content["side"]), GridBox(*content["box"]), masks)
    return HipScan(content["voxels"], content["affine"], outlined, content["head"])


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


def alignment_of(facts: Mapping[str, Any]) -> Alignment:
    """What was found, of its numbers."""
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
