"""``hipdesk align``: what became of lesions between two visits of a patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli.follow_up import patients_with
from hipdesk.cli.library import Store, opened
from hipdesk.cli.terminal import Json, ProgressLine, app, print_json, print_lines
from hipdesk.errors import KnownError, NothingSuitable, StoreError
from hipdesk.hip_alignment import BoneAlignment, FollowedLesion, HipAlignment, PairOfVisits
from hipdesk.records import SegmentClass, Side, Visit
from hipdesk.wording import capital

if TYPE_CHECKING:
    from hipdesk.adapters.store import SqlVisitStore

BONE_WORDS = {SegmentClass.PROXIMAL_FEMUR: "femur", SegmentClass.ACETABULUM: "hip bone"}
LESION_WORDS = {
    FollowedLesion.BME_FEMUR: "oedema of the femur",
    FollowedLesion.BME_ACETABULUM: "oedema of the hip bone",
    FollowedLesion.EFFUSION_SYNOVITIS: "effusion/synovitis",
}
NATIVE = "Scores are unchanged: they are measured on each visit's own pixels."


@dataclass(frozen=True, slots=True)
class _Done:
    """One hip: its alignment, or why there is none."""

    side: Side
    alignment: HipAlignment | None
    error: KnownError | None = None


@app.command()
def align(
    patient: Annotated[
        str, typer.Option("--patient", metavar="ID", help="The patient of this PatientID.")
    ],
    earlier: Annotated[
        str, typer.Option("--earlier", metavar="DAY", help="Visit, by day; the last but one.")
    ] = "",
    later: Annotated[
        str, typer.Option("--later", metavar="DAY", help="Visit, by day; the last one.")
    ] = "",
    side: Annotated[Side | None, typer.Option("--side", help="R or L; both without.")] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where the two may not be compared; marked.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the result in the library, as the window does.")
    ] = False,
    named: Annotated[
        str, typer.Option("--reader", metavar="NAME", help="With --keep: who asks.")
    ] = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Lay a hip's later visit on an earlier one: new, resolved and persistent lesions in mL.

    Scores stay those of each visit's own pixels. An alignment whose surfaces lie too
    far apart is refused.
    """
    from hipdesk.adapters.dicom_folder import DicomFolderReader
    from hipdesk.adapters.registration import register
    from hipdesk.aligning import align_visits

    sides = tuple(Side) if side is None else (side,)
    with opened(store, read_only=not keep) as library, DicomFolderReader() as reader:
        person = _one_patient(library, patient)
        first, second = _two_visits(library, person, earlier, later)
        done = []
        with closing(ProgressLine(not as_json)) as line:
            for each in sides:
                pair = PairOfVisits(person, first.uid, second.uid, each, named, anyway)
                try:
                    found = align_visits(library, reader, register, pair, line)
                except KnownError as error:
                    if side is not None:
                        raise
                    done.append(_Done(each, None, error))
                else:
                    done.append(_Done(each, found))
                    if keep:
                        library.keep_alignment(found)
    if as_json:
        print_json(_document(first, second, done))
    else:
        print_lines(_lines(first, second, done))
    if not any(each.alignment is not None and each.alignment.usable for each in done):
        raise typer.Exit(NothingSuitable.exit_code)


def _one_patient(library: SqlVisitStore, identifier: str) -> str:
    found = patients_with(library, identifier)
    if len(found) != 1:
        raise StoreError(
            "Several patients in the library have this ID; merge them or correct the ID first."
        )
    return found[0]


def _two_visits(
    library: SqlVisitStore, patient: str, earlier: str, later: str
) -> tuple[Visit, Visit]:
    """The visits of two days; the last two where none is given."""
    dated = [each.visit for each in library.entries(patient) if each.visit.day is not None]
    chosen = [_on(dated, day) for day in (earlier, later) if day]
    if len(chosen) == 1:
        rest = [visit for visit in dated if visit is not chosen[0]]
        chosen = chosen + rest[-1:] if earlier else _before(dated, chosen[0]) + chosen
    elif not chosen:
        chosen = dated[-2:]
    if len(chosen) != 2:
        raise NothingSuitable("The patient has no two dated visits, so nothing is aligned.")
    return chosen[0], chosen[1]


def _on(visits: Sequence[Visit], day: str) -> Visit:
    found = [visit for visit in visits if str(visit.day) == day]
    if len(found) != 1:
        raise NothingSuitable(
            f"The patient has {len(found) or 'no'} visits of {day}; days are written as 2024-03-01."
        )
    return found[0]


def _before(visits: Sequence[Visit], later: Visit) -> list[Visit]:
    """The last visit before another one."""
    return [visit for visit in visits if str(visit.day) < str(later.day)][-1:]


def _lines(first: Visit, second: Visit, done: Sequence[_Done]) -> Iterator[str]:
    yield f"{second.day} laid on {first.day}"
    for each in done:
        yield ""
        if each.alignment is None:
            yield f"{capital(each.side.word)} hip: {each.error}"
        else:
            yield from _hip_lines(each.alignment)
    yield ""
    yield NATIVE


def _hip_lines(hip: HipAlignment) -> Iterator[str]:
    yield f"{capital(hip.side.word)} hip"
    for bone in hip.bones:
        yield from _bone_lines(bone)
    if hip.not_comparable:
        yield "  The two visits may not be compared; this was asked for all the same."
    if not hip.fluid_sensitive:
        yield "  One of the series does not show lesions, so no volumes are given."
        return
    yield f"  {'mL':<24}{'new':>10}{'resolved':>10}{'persistent':>12}{'not compared':>14}"
    for lesion in FollowedLesion:
        course = hip.course(lesion)
        if course is None:
            yield f"  {LESION_WORDS[lesion]:<24}{'not aligned':>10}"
        else:
            yield (
                f"  {LESION_WORDS[lesion]:<24}{course.new_ml:>10.2f}{course.resolved_ml:>10.2f}"
                f"{course.persistent_ml:>12.2f}{course.uncompared_ml:>14.2f}"
            )


def _bone_lines(bone: BoneAlignment) -> Iterator[str]:
    name = BONE_WORDS[bone.bone]
    if bone.refused:
        yield f"  {capital(name)}: refused. {bone.reason}"
        return
    yield (
        f"  {capital(name)}: surfaces {bone.median_mm:.2f} mm apart (median), 95 % within "
        f"{bone.p95_mm:.2f} mm"
    )
    shift = " ".join(f"{value:+.1f}" for value in bone.shift_mm)
    turn = " ".join(f"{value:+.1f}" for value in bone.turn_deg)
    yield (
        f"    moved by {shift} mm (left, back, up) and turned by {turn} degrees about these axes"
    )


def _document(first: Visit, second: Visit, done: Sequence[_Done]) -> dict[str, Any]:
    """``hipdesk.alignment/1``."""
    return {
        "schema": "hipdesk.alignment/1",
        "earlier": {"visit": first.uid, "day": str(first.day)},
        "later": {"visit": second.uid, "day": str(second.day)},
        "hips": [_hip_document(each) for each in done],
    }


def _hip_document(done: _Done) -> dict[str, Any]:
    hip = done.alignment
    if hip is None:
        return {"side": done.side.value, "aligned": False, "reason": str(done.error)}
    return {
        "side": done.side.value,
        "aligned": hip.usable,
        "reason": None,
        "earlier": {"analysis": hip.earlier[0], "revision": hip.earlier[1]},
        "later": {"analysis": hip.later[0], "revision": hip.later[1]},
        "engine": hip.engine,
        "program_version": hip.program_version,
        "fluid_sensitive": hip.fluid_sensitive,
        "not_comparable": hip.not_comparable,
        "bones": [_bone_document(bone) for bone in hip.bones],
        "lesions": {
            lesion.value: None if (course := hip.course(lesion)) is None else asdict(course)
            for lesion in FollowedLesion
        },
    }


def _bone_document(bone: BoneAlignment) -> dict[str, Any]:
    return {
        "bone": bone.bone.value,
        "refused": bone.refused or None,
        "reason": bone.reason or None,
        "residual_median_mm": bone.median_mm,
        "residual_p95_mm": bone.p95_mm,
        "refined_by_signal": bone.refined,
        "shift_mm": list(bone.shift_mm),
        "turn_deg": list(bone.turn_deg),
        "later_to_earlier": bone.later_to_earlier.tolist(),
    }
