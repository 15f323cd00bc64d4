"""Whether the smallest detectable change tells growth from noise: figures of docs/validation.md.

Each simulated patient is scanned `SCANS` times unchanged; these scans, each with each, give
the smallest detectable change, as a site's named pairs do. Other scans of the same patient
are then compared as visits are: unchanged each with each, and unchanged with one in which
a lesion of each hip has grown by a known true change of the score.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from hipdesk.adapters.network_loading import load_network
from hipdesk.phantom.lesions import HipLesions
from hipdesk.records import Side
from hipdesk.review import PairKind, RepeatPair
from hipdesk.sdc import Z_95, DetectableChange, Quantity, estimates, exceeds, scope_of
from hipdesk.timeline import Basis, ValueChange, change_between
from tests.conftest import DATA_VARIABLE, REPOSITORY
from tests.follow_up_noise import (
    Clinic,
    Followed,
    Growth,
    GrowthCurve,
    Scan,
    followed_patients,
    grown,
    growth_curve,
)

MODELS = os.environ.get("HIPDESK_MODELS")
KEPT = os.environ.get("HIPDESK_NOISE_CACHE")
SCANS = int(os.environ.get("HIPDESK_NOISE_SCANS", "30"))
PAIRS = int(os.environ.get("HIPDESK_NOISE_PAIRS", "12"))
PATIENTS = int(os.environ.get("HIPDESK_NOISE_PATIENTS", "4"))

SEED = 7000
MOST = 3.0
"""Largest true growth, in smallest detectable changes; the smallest is 1."""

SURE = 1 + 1.2816 / Z_95
"""True growth of so many smallest detectable changes is called in 90 % by the definition,
if errors are normal: the error of its own measurement comes on top."""

HEADINGS = (
    "Patient",
    "SDC of U/n, right and left",
    "U/n, right and left",
    "Spread of unchanged differences",
    "Measured by true growth",
    "Unchanged, called so",
    "Growth, called",
)
BINS = (1.0, 1.25, 1.5, SURE, 2.0, 2.5, MOST)


@dataclass(frozen=True, slots=True)
class Compared:
    """One hip at two visits.

    Attributes
    ----------
    true : change of the true score; 0 where nothing grew
    measured : what the timeline gives; None where it refuses a change
    level : U/n of the unchanged hip
    sdc : of this patient
    """

    patient: str
    side: Side
    growth: Growth | None
    true: float
    measured: ValueChange | None
    level: float
    sdc: DetectableChange

    @property
    def called(self) -> bool:
        """Whether the program calls it more than noise, and growth where something grew."""
        if self.measured is None:
            return False
        moved, level = self.measured.absolute, self.measured.mean
        return bool(exceeds(moved, self.sdc, level)) and (self.growth is None or moved > 0.0)

    @property
    def ratio(self) -> float:
        """True change in smallest detectable changes."""
        return self.true / (self.sdc.at(self.level + self.true / 2) or math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that one patient gave."""

    patient: Followed
    pairs: Sequence[RepeatPair]
    sdc: DetectableChange
    unchanged: Sequence[Compared]
    grew: Sequence[Compared]


def _pairs(scans: Sequence[Scan]) -> Iterator[RepeatPair]:
    """Each scan with each other, as a site may name them."""
    for first, second in combinations(scans, 2):
        for side in Side:
            if side in first.takes and side in second.takes:
                yield RepeatPair(PairKind.SCAN_RESCAN, first.takes[side], second.takes[side])


def _detectable(pairs: Sequence[RepeatPair]) -> DetectableChange:
    """The smallest detectable change of U/n on matched slices."""
    scope = scope_of(
        PairKind.SCAN_RESCAN,
        pairs[0].first.hip,
        Quantity.U_INTENSITY_MEAN,
        basis=Basis.MATCHED_SLICES,
    )
    return estimates(pairs).of(scope)


def _measured(one: Scan, other: Scan, side: Side) -> ValueChange | None:
    change = change_between(one.visit, other.visit, side)
    if change is None or change.basis is not Basis.MATCHED_SLICES:
        return None
    return change.intensity


def _follow(clinic: Clinic, patient: Followed) -> Measured:
    lesions = patient.subject.lesions
    repeats = [clinic.scan(patient, (0, n), lesions) for n in range(SCANS)]
    pairs = tuple(_pairs(repeats))
    sdc = _detectable(pairs)
    levels = {side: _level(pairs, side) for side in Side}
    others = [clinic.scan(patient, (1, n), lesions) for n in range(PAIRS)]
    unchanged = [
        Compared(patient.name, side, None, 0.0, _measured(one, other, side), levels[side], sdc)
        for one, other in combinations(others, 2)
        for side in Side
    ]
    assert sdc.value is not None
    curves = {side: growth_curve(patient, side) for side in Side}
    grew = []
    for number, before in enumerate(others):
        drawn = {
            side: _drawn(patient, side, number, curves[side], levels[side], sdc) for side in Side
        }
        ill = {side: each[2] for side, each in drawn.items()}
        after = clinic.scan(patient, (2, number), ill)
        grew += [
            Compared(
                patient.name,
                side,
                growth,
                true,
                _measured(before, after, side),
                levels[side],
                sdc,
            )
            for side, (growth, true, _) in drawn.items()
        ]
    return Measured(patient, pairs, sdc, unchanged, grew)


def _drawn(
    patient: Followed,
    side: Side,
    number: int,
    curve: GrowthCurve,
    level: float,
    sdc: DetectableChange,
) -> tuple[Growth, float, HipLesions]:
    """What grows, by which true change of the score, and the hip with it."""
    rng = np.random.default_rng([patient.seed, 4, number, side is Side.LEFT])
    change = _change_of(sdc, level, float(rng.uniform(1.0, MOST)))
    can = [kind for kind in Growth if curve.amount(kind, change) is not None]
    growth = can[int(rng.integers(len(can)))]
    amount = curve.amount(growth, change)
    assert amount is not None
    return growth, change, grown(patient.subject.lesions[side], growth, amount, curve.new)


def _change_of(sdc: DetectableChange, level: float, ratio: float) -> float:
    """The growth from a level that is so many times the smallest detectable change about it."""
    change = 0.0
    for _ in range(100):
        change = ratio * (sdc.at(level + change / 2) or math.nan)
    return change


def _share(found: Iterable[bool]) -> str:
    """A share with its 95 % interval."""
    each = list(found)
    if not each:
        return "none"
    low, high = _interval(each)
    return f"{sum(each)} of {len(each)}, {np.mean(each):.1%} ({low:.0%}-{high:.0%})"


def _plain_share(found: Iterable[bool]) -> str:
    """A share of pairs that have scans in common, which leaves no interval to be told."""
    each = list(found)
    return f"{sum(each)} of {len(each)}, {np.mean(each):.1%}"


def _interval(found: Sequence[bool]) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    n, k, z = len(found), sum(found), Z_95
    middle = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def _by_definition(ratio: float) -> float:
    """How often a growth is called if errors are normal and no growth is misjudged."""
    return 0.5 * (1 + math.erf(Z_95 * (ratio - 1) / math.sqrt(2)))


def _spread(found: Sequence[Compared], side: Side) -> str:
    changes = [each.measured.absolute for each in found if each.side is side and each.measured]
    return f"{np.std(changes, ddof=1):.4f}"


def _level(pairs: Sequence[RepeatPair], side: Side) -> float:
    """Mean U/n of a hip as the program has it."""
    takes = (take for pair in pairs for take in (pair.first, pair.second))
    scores = [take.hip.score for take in takes if take.hip.side is side]
    return float(np.mean([score.u_intensity_mean or 0.0 for score in scores]))


def _slope(found: Measured, side: Side) -> float:
    """Measured growth of a hip by its true growth."""
    ways = [
        each.measured.absolute / each.true
        for each in found.grew
        if each.side is side and each.measured
    ]
    return float(np.median(ways))


def _print_patients(found: Sequence[Measured]) -> None:
    print(f"\n| {' | '.join(HEADINGS)} |\n{'|---' * len(HEADINGS)}|")
    for each in found:
        levels = ", ".join(f"{_level(each.pairs, side):.3f}" for side in Side)
        spreads = ", ".join(_spread(each.unchanged, side) for side in Side)
        slopes = ", ".join(f"{_slope(each, side):.2f}" for side in Side)
        same = _plain_share(not one.called for one in each.unchanged)
        grew = _share(one.called for one in each.grew)
        known = ", ".join(f"{each.sdc.at(_level(each.pairs, side)):.3f}" for side in Side)
        print(
            f"| {each.patient.name} | {known} | {levels} | {spreads} | {slopes} | {same} | {grew} |"
        )


def _print_curve(grew: Sequence[Compared]) -> None:
    print("\n| True growth | Called | By the definition |\n|---|---|---|")
    for low, high in pairwise(BINS):
        part = [each for each in grew if low <= each.ratio < high]
        if part:
            want = np.mean([_by_definition(each.ratio) for each in part])
            share = _share(each.called for each in part)
            print(f"| {low:.2f} - {high:.2f} SDC | {share} | {want:.0%} |")
    for kind in Growth:
        print(f"| {kind} | {_share(each.called for each in grew if each.growth is kind)} | |")


def _label_maps() -> Path | None:
    """The folder of label maps, where there is one."""
    folder = Path(os.environ.get(DATA_VARIABLE, REPOSITORY.parent / "shared" / "data")) / "anatomy"
    return folder if folder.is_dir() else None


def _print_shares(found: Sequence[Measured], sure: Sequence[Compared]) -> None:
    unchanged = list(chain.from_iterable(each.unchanged for each in found))
    grew = list(chain.from_iterable(each.grew for each in found))
    _print_curve(grew)
    expected = stats.t.cdf(Z_95, SCANS - 1) * 2 - 1
    print(f"\nunchanged, called unchanged: {_plain_share(not each.called for each in unchanged)}")
    print(f"  of a spread known from {SCANS} normal scans only, to be expected: {expected:.1%}")
    print(f"growth of 1-{MOST:.0f} SDC called: {_share(each.called for each in grew)}")
    print(f"growth of {SURE:.2f}-{MOST:.0f} SDC called: {_share(each.called for each in sure)}")
    site = _detectable([pair for each in found for pair in each.pairs])
    same = [replace(each, sdc=site) for each in unchanged]
    more = [each for each in (replace(one, sdc=site) for one in grew) if each.ratio >= SURE]
    about = ", ".join(f"{site.at(level):.3f} about {level}" for level in (0.05, 0.2, 0.8))
    print(f"\nall patients as one site: SDC {about}, of {site.n_pairs} pairs")
    print(f"  unchanged, called unchanged: {_plain_share(not each.called for each in same)}")
    print(f"  growth of at least {SURE:.2f} SDC called: {_share(each.called for each in more)}")


@pytest.mark.bench
def test_growth_is_told_from_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if MODELS:
        monkeypatch.setenv("HIPDESK_MODELS", MODELS)
    kept = Path(KEPT) if KEPT else tmp_path
    kept.mkdir(parents=True, exist_ok=True)
    locator, segmenter = (load_network(task, "cpu") for task in ("locate", "segment"))
    for network in (locator, segmenter):
        print(f"{network.reference.name} {network.reference.version} {network.reference.sha256}")
    clinic = Clinic(locator, segmenter, kept)
    found = []
    for patient in islice(followed_patients(SEED, _label_maps()), PATIENTS):
        found.append(_follow(clinic, patient))
        _print_patients(found[-1:])
    same = [not each.called for one in found for each in one.unchanged]
    sure = [each for one in found for each in one.grew if each.ratio >= SURE]
    _print_patients(found)
    _print_shares(found, sure)
    # The definition itself calls 5 % of unchanged pairs, so 95 % must lie within what is likely.
    assert _interval(same)[1] >= 0.95
    assert np.mean([each.called for each in sure]) >= 0.90
