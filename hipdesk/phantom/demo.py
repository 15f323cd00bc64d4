"""The demo patient: four simulated visits under treatment, as a scanner would deliver them.

The patient does not exist. Each visit's folder holds what a real hip study
does: a three-plane localizer, coronal STIR and T1, axial fat-suppressed T2.
Bone marrow oedema and fluid shrink from visit to visit, more in the right hip
than in the left. Scan-rescan pairs without any change between them lie in a
folder of their own, labelled so in every series description.

Writing files is the caller's: `make_demo` is given a writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hipdesk.errors import Cancelled as CancelledError
from hipdesk.phantom import procedural
from hipdesk.phantom.anatomy import Anatomy, HipGeometry
from hipdesk.phantom.artefacts import Scanner
from hipdesk.phantom.deformation import random_pose
from hipdesk.phantom.lesions import HipLesions, Oedema, no_lesions, treated
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.phantom.render import Subject, random_textures
from hipdesk.phantom.samples import SeriesPlan, SimulatedSeries, simulate_series
from hipdesk.phantom.signal import PAPER_STIR, T1_TSE, T2_FS, tissue_signals
from hipdesk.phantom.uids import simulated_uid
from hipdesk.phantom.volumes import as_volume
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import (
    Affine,
    BoolArray,
    Contrast,
    Patient,
    Point,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)

SEED: Final = 20240304

PATIENT: Final = Patient(
    patient_id="DEMO-0001",
    issuer="HIPDESK-DEMO",
    name="Demo^Simulated Patient",
    birth_date=date(1988, 6, 14),
    sex="M",
)

FIRST_DAY: Final = date(2024, 3, 4)
WEEKS: Final = (0, 12, 24, 52)
"""Hip trials image at the first and last of these and assess at all."""

ACTIVITY: Final = MappingProxyType(
    {Side.RIGHT: (1.0, 0.62, 0.34, 0.14), Side.LEFT: (1.0, 0.55, 0.25, 0.0)}
)
FLUID_ML: Final = MappingProxyType(
    {Side.RIGHT: (18.0, 12.5, 8.0, 5.0), Side.LEFT: (8.0, 6.0, 4.4, 3.2)}
)
"""Oedema relative to the first visit, and joint fluid, at each visit."""

RETEST_VISIT: Final = 1

Truth = Mapping[tuple[Side, SegmentClass], BoolArray]


class SeriesWriter(Protocol):
    """Writes one stack of slices into a folder."""

    def __call__(self, folder: Path, volume: Volume, first_instance: int = 1) -> tuple[Path, ...]:
        """Return the files written, in stack order."""
        ...


TruthWriter = Callable[[Path, Truth], Path]
"""Writes ground-truth masks to a file."""


@dataclass(frozen=True, slots=True)
class DemoPlans:
    """Fields of view of the series of one visit."""

    stir: SeriesPlan
    t1: SeriesPlan
    axial: SeriesPlan
    localizer: SeriesPlan


PLANS: Final = DemoPlans(
    stir=SeriesPlan(PAPER_STIR, 384, 384, 0.9375, 24, 4.8, 4.0, (0.0, 5.0, -8.0), samples=(2, 2)),
    t1=SeriesPlan(T1_TSE, 320, 320, 1.125, 24, 4.8, 4.0, (0.0, 5.0, -8.0), samples=(1, 3)),
    axial=SeriesPlan(
        T2_FS, 224, 288, 1.25, 20, 6.0, 5.0, (0.0, 5.0, -12.0), axes=(1, 0, 2), samples=(1, 2)
    ),
    localizer=SeriesPlan(
        replace(T1_TSE, contrast=Contrast.OTHER, tr_ms=900.0, te_ms=80.0),
        rows=200,
        columns=200,
        pixel_mm=2.0,
        slices=3,
        spacing_mm=20.0,
        thickness_mm=6.0,
        samples=(1, 1),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """One visit's files.

    Attributes
    ----------
    folder : the study, and nothing but the study
    stir_uid : SeriesInstanceUID of the series to be analysed
    truth : ground truth of that series, outside ``folder``
    """

    number: int
    week: int
    day: date
    folder: Path = field(repr=False)
    stir_uid: str = field(repr=False)
    truth: Path = field(repr=False)


def make_demo(
    out: Path,
    write: SeriesWriter,
    write_truth: TruthWriter,
    *,
    anatomy: Anatomy | None = None,
    plans: DemoPlans = PLANS,
    seed: int = SEED,
    retest_pairs: int = 1,
    workers: int = 2,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> tuple[DemoVisit, ...]:
    """Simulate the demo patient's visits and write them below ``out``.

    Parameters
    ----------
    write, write_truth : how series and masks become files
    anatomy : the procedural one where None
    plans : smaller fields of view make a faster demo
    seed : the same seed gives the same files
    retest_pairs : unchanged repeats of the second visit, in ``out/test-retest``
    workers : series simulated at the same time

    Raises
    ------
    Cancelled
        The user asked to stop; what was written stays.
    OutputError
        From the writers.
    """
    progress(0.0, "Building the demo patient")
    body = anatomy or procedural.build(np.random.default_rng(seed), "M")
    demo = _Demo(out, write, write_truth, prepare(body), seed)
    visits = tuple(_visit(out, number, seed) for number in range(len(WEEKS)))
    orders = [
        *_retest_orders(visits[RETEST_VISIT], plans, out, retest_pairs),
        *(order for visit in visits for order in _visit_orders(visit, plans)),
    ]
    orders.sort(key=lambda order: -order.cost)
    _run([partial(demo.make, order) for order in orders], workers, progress, cancelled)
    return visits


def _run(
    jobs: Sequence[Callable[[], None]], workers: int, progress: Progress, cancelled: Cancelled
) -> None:
    """Run independent jobs on a few threads; numpy works outside Python's lock."""
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                progress(done / len(jobs), f"Simulated series {done} of {len(jobs)}")
                if cancelled():
                    raise CancelledError
        finally:
            for future in waiting:
                future.cancel()


def _visit(out: Path, number: int, seed: int) -> DemoVisit:
    """Where a visit is, and what it is called."""
    week = WEEKS[number]
    return DemoVisit(
        number + 1,
        week,
        FIRST_DAY + timedelta(weeks=week),
        out / f"visit-{number + 1}_week-{week:02d}",
        _uid(seed, "series", number + 1, "stir", ""),
        out / "truth" / f"visit-{number + 1}_stir.npz",
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """One series to be made.

    Attributes
    ----------
    kind : ``localizer``, ``stir``, ``t1`` or ``axial``
    repeat : which repeat of a scan-rescan pair; empty for the visit's own series
    plans : one stack each; a localizer has three
    """

    visit: DemoVisit
    kind: str
    number: int
    description: str
    folder: Path
    plans: tuple[SeriesPlan, ...]
    repeat: str = ""
    truth: Path | None = None

    @property
    def cost(self) -> int:
        """About proportional to the time that it takes."""
        return sum(
            plan.slices * plan.rows * plan.columns * plan.samples[0] ** 2 * plan.samples[1]
            for plan in self.plans
        )

    @property
    def occasion(self) -> tuple[int, ...]:
        """What differs between two positionings of the patient."""
        return self.visit.number, *self.repeat.encode()


def _visit_orders(visit: DemoVisit, plans: DemoPlans) -> Iterator[_Order]:
    """The series of one visit."""
    planes = tuple(
        replace(plans.localizer, axes=axes) for axes in ((0, 1, 2), (1, 0, 2), (2, 1, 0))
    )
    rows = (
        ("localizer", "Localizer 3-plane (simulated)", planes, None),
        ("stir", "STIR coronal hips (simulated)", (plans.stir,), visit.truth),
        ("t1", "T1 TSE coronal hips (simulated)", (plans.t1,), None),
        ("axial", "T2 TSE FS axial hips (simulated)", (plans.axial,), None),
    )
    for number, (kind, description, stacks, truth) in enumerate(rows, start=1):
        folder = visit.folder / f"{number}_{kind}"
        yield _Order(visit, kind, number, description, folder, stacks, truth=truth)


def _retest_orders(visit: DemoVisit, plans: DemoPlans, out: Path, pairs: int) -> Iterator[_Order]:
    """The series of the scan-rescan pairs."""
    for pair in range(1, pairs + 1):
        for place, repeat in enumerate("ab"):
            yield _Order(
                visit,
                "stir",
                100 + 2 * pair + place,
                f"STIR coronal hips TEST-RETEST pair {pair}{repeat} (simulated)",
                out / "test-retest" / f"pair-{pair}{repeat}",
                (plans.stir,),
                repeat=f"{pair}{repeat}",
                truth=out / "truth" / f"pair-{pair}{repeat}_stir.npz",
            )


class _Demo:
    """The patient's body and disease, and what makes series of them."""

    def __init__(
        self,
        out: Path,
        write: SeriesWriter,
        write_truth: TruthWriter,
        prepared: PreparedAnatomy,
        seed: int,
    ) -> None:
        self._out, self._write, self._write_truth = out, write, write_truth
        self._prepared, self._seed = prepared, seed
        rng = np.random.default_rng([seed, 1])
        self._pose = random_pose(rng, 0.4)
        self._textures = random_textures(rng)
        hips = prepared.anatomy.hips
        self._lesions = {side: _first_lesions(rng, hips[side], side) for side in Side}

    def make(self, order: _Order) -> None:
        """Simulate one series and write it."""
        first = 1
        subject = self._subject(order)
        for stack, plan in enumerate(order.plans):
            simulated = _in_stack_order(self._simulate(order, subject, plan, stack))
            volume = self._volume(order, simulated, first)
            first += len(self._write(order.folder, volume, first))
            if order.truth is not None:
                self._write_truth(order.truth, simulated.truth)

    def _subject(self, order: _Order) -> Subject:
        """The patient as positioned on one occasion, in that visit's state of disease."""
        rng = np.random.default_rng([self._seed, 2, *order.occasion])
        turn = Rotation.from_euler("xyz", rng.normal(0, 1.2, 3), degrees=True).as_matrix()
        turns = {
            side: _moved(self._pose.hip_turn_deg[side], rng.normal(0, 1.5, 3)) for side in Side
        }
        pose = replace(
            self._pose,
            linear=turn @ self._pose.linear,
            shift_mm=self._pose.shift_mm + rng.normal(0, 3.0, 3),
            hip_turn_deg=turns,
        )
        at = order.visit.number - 1
        lesions = {
            side: treated(self._lesions[side], ACTIVITY[side][at], FLUID_ML[side][at])
            for side in Side
        }
        return Subject(self._prepared, pose, lesions, self._textures)

    def _simulate(
        self, order: _Order, subject: Subject, plan: SeriesPlan, stack: int
    ) -> SimulatedSeries:
        """One stack of slices through the scanner."""
        kind = _KINDS.index(order.kind)
        signals = tissue_signals(np.random.default_rng([self._seed, 3, kind]), plan.protocol)
        rng = np.random.default_rng([self._seed, 4, kind, stack, *order.occasion])
        tilt = rng.normal(0, 1.0, 3) if order.kind != "localizer" else np.zeros(3)
        aside = rng.normal(0, 2.0, 3)
        placed = replace(
            plan,
            centre_mm=_moved(plan.centre_mm, aside),
            tilt_deg=_moved(plan.tilt_deg, tilt),
        )
        return simulate_series(rng, subject, placed, signals, _scanner(rng))

    def _volume(self, order: _Order, simulated: SimulatedSeries, first: int) -> Volume:
        """The record that the writer turns into files."""
        plain = as_volume(simulated, "hipdesk demo", order.description)
        return replace(plain, series=self._series(order, plain.series, first))

    def _series(self, order: _Order, plain: Series, first: int) -> Series:
        """A simulated series with the demo patient's names, numbers and times."""
        visit = order.visit
        begun = datetime.combine(visit.day, _BEGIN) + timedelta(minutes=4 * order.number)
        return replace(
            plain,
            uid=self._uid("series", order),
            patient=PATIENT,
            study=StudyInfo(
                uid=_uid(self._seed, "study", visit.number),
                date=visit.day,
                time=_BEGIN,
                accession=f"DEMO{visit.number:04d}",
                description=f"MRI both hips, week {visit.week} (simulated)",
            ),
            acquisition=replace(
                plain.acquisition,
                manufacturer="HipDesk",
                model="phantom (simulated)",
                sequence="",
                protocol=order.description,
                institution="HipDesk demo (simulated)",
            ),
            number=order.number,
            frame_of_reference_uid=_uid(self._seed, "frame", *order.occasion),
            slices=tuple(
                SliceSource(
                    SliceKey(self._uid(f"slice {number}", order)),
                    Path(f"{number:03d}.dcm"),
                    source.position_lps_mm,
                    begun + timedelta(seconds=2 * number),
                )
                for number, source in enumerate(plain.slices, start=first)
            ),
            image_type=("ORIGINAL", "PRIMARY", "LOCALIZER") if order.kind == "localizer" else (),
        )

    def _uid(self, what: str, order: _Order) -> str:
        return _uid(self._seed, what, order.visit.number, order.kind, order.repeat)


_KINDS: Final = ("localizer", "stir", "t1", "axial")
_BEGIN: Final = time(9, 12)


def _uid(seed: int, *words: str | int) -> str:
    """A UID of the demo patient."""
    return simulated_uid("hipdesk demo", seed, *words)


def _scanner(rng: np.random.Generator) -> Scanner:
    """A good 1.5 T scanner, its shading a little different each time."""
    shading = rng.normal(0, 0.04, 3)
    return Scanner(
        coil_gain=0.35,
        coil_reach_mm=28.0,
        shading=(float(shading[0]), float(shading[1]), float(shading[2])),
        resolution=(0.8, 0.95),
        ghost=0.0,
        ghost_shift=0.25,
        fat_shift_px=0.6,
        noise=0.06,
    )


def _first_lesions(rng: np.random.Generator, hip: HipGeometry, side: Side) -> HipLesions:
    """Active hip disease at the first visit, worse in the right hip."""
    table = _RIGHT_OEDEMA if side is Side.RIGHT else _LEFT_OEDEMA
    patches = tuple(_oedema(hip, side, *row) for row in table)
    return replace(no_lesions(rng, FLUID_ML[side][0]), oedema=patches)


def _oedema(hip: HipGeometry, side: Side, place: Point, size_mm: Point, contrast: float) -> Oedema:
    """A patch at ``place``, in head radii (lateral, anterior, up) from the head centre."""
    outwards = -1.0 if side is Side.RIGHT else 1.0
    offset = np.array([outwards * place[0], -place[1], place[2]]) * hip.radius_mm
    centre = _point(np.asarray(hip.centre_lps_mm) + offset)
    return Oedema(centre, size_mm, 2.5, contrast)


# (lateral, anterior, up) in head radii, half-axes in mm, peak relative to marrow:
# weight-bearing head, roof of the socket, neck.
_RIGHT_OEDEMA: Final = (
    ((0.1, 0.25, 0.62), (15.0, 14.0, 9.0), 2.4),
    ((-0.15, 0.1, 1.38), (16.0, 13.0, 8.0), 2.1),
    ((0.95, -0.2, -0.65), (11.0, 10.0, 10.0), 1.8),
)
_LEFT_OEDEMA: Final = (
    ((0.0, 0.2, 0.72), (9.0, 9.0, 6.0), 2.0),
    ((-0.35, 0.0, 1.32), (9.0, 8.0, 6.0), 1.8),
)


def _in_stack_order(simulated: SimulatedSeries) -> SimulatedSeries:
    """Slices front to back, feet to head, right to left, as the records have them."""
    step = simulated.affine[:3, 0]
    if step[int(np.argmax(np.abs(step)))] > 0:
        return simulated
    affine: Affine = simulated.affine.copy()
    affine[:3, 3] += step * (len(simulated.voxels) - 1)
    affine[:3, 0] = -step
    truth = {key: mask[::-1] for key, mask in simulated.truth.items()}
    return replace(
        simulated,
        voxels=np.ascontiguousarray(simulated.voxels[::-1]),
        affine=affine,
        truth=MappingProxyType(truth),
    )


def _moved(point: Point, by: NDArray[np.float64]) -> Point:
    return _point(np.asarray(point) + by)


def _point(values: NDArray[np.float64]) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
