"""Thresholds chosen on simulated patients kept for this: bones by overlap, lesions by score.

The network answers once; the thresholds are then tried on its probabilities.
Each bone takes the threshold of the highest mean Dice. Each lesion takes, of
those at which its own part of the UNet-score agrees with the true one as well as
at any (differences that few hips cannot show are none), the one of the highest
mean Dice, unless the whole score then agrees worse than at one half.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from hipdesk.crop import crop_hip
from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.inference import run_batches
from hipdesk.manifest import Manifest
from hipdesk.ports import Network, Progress, no_progress
from hipdesk.records import (
    BONES,
    LESIONS,
    FloatArray,
    HipCrop,
    HipScore,
    Segmentation,
    SegmentClass,
)
from hipdesk.scoring import score_hip
from hipdesk.segmentation import BATCH, native_masks, network_inputs, outlined
from hipdesk.training.cases import Case, marrows_of
from hipdesk.training.metrics import agreement_of_pairs, dice

log = logging.getLogger(__name__)

FILE: Final = "calibration.json"
HALF: Final = 0.5

GRID: Final = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))
"""Thresholds that are tried: 0.2 to 0.8."""

BOUND: Final = 0.002
"""Differences of Dice below this are chance; the threshold nearest to one half is taken."""

ICC_BOUND: Final = 0.01
"""Differences of ICC below this are chance, among the few dozen hips that are calibrated on."""

MIN_HIPS: Final = 8
"""An ICC of fewer hips says nothing."""

Thresholds = dict[SegmentClass, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds chosen, and what for.

    Attributes
    ----------
    test_set : what they were chosen on, in words
    icc : of the hips' UNet-score at one half throughout, and as chosen
    """

    thresholds: Mapping[SegmentClass, float]
    test_set: str
    icc: tuple[float, float]

    @property
    def kept(self) -> Kept:
        """As a training's folder keeps it."""
        return Kept(
            {name.value: value for name, value in self.thresholds.items()}, None, self.words
        )

    @property
    def words(self) -> str:
        """How the thresholds came about, as a model card prints it."""
        before, after = self.icc
        return (
            f"Thresholds were chosen on {self.test_set}: bones by Dice, lesions by Dice among "
            f"those that serve the UNet-score, whose ICC(2,1) over hips went from {before:.3f} "
            f"at 0.5 to {after:.3f} there."
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Hip:
    """One hip with the network's answer and the true score."""

    case: Case
    crop: HipCrop
    answer: FloatArray
    true: HipScore


def calibrate(
    cases: Iterable[Case], network: Network, test_set: str, progress: Progress = no_progress
) -> Calibration:
    """Choose a threshold for each channel of a segmenter.

    Parameters
    ----------
    cases : fluid-sensitive, with every class outlined; crops are laid about
        their true heads
    test_set : what they are, in words

    Raises
    ------
    UnreadableInput
        Too few hips can be scored.
    """
    hips = _answered(cases, network)
    scored = sum(hip.true.u_intensity is not None for hip in hips)
    if scored < MIN_HIPS:
        raise UnreadableInput(
            f"{scored} hips are too few to choose thresholds on; give at least {MIN_HIPS}."
        )
    manifest, chosen = network.manifest, dict.fromkeys(SegmentClass, HALF)
    before = _icc(hips, with_thresholds(manifest, chosen), _whole)
    for number, name in enumerate((*BONES, *LESIONS)):
        progress(number / len(SegmentClass), f"threshold of {name.value}")
        tried = [with_thresholds(manifest, {**chosen, name: value}) for value in GRID]
        chosen[name] = nearest_to_half(_figures(hips, tried, name))
        log.info("%s: threshold %.2f", name.value, chosen[name])
    after = _icc(hips, with_thresholds(manifest, chosen), _whole)
    if not after >= before - ICC_BOUND:
        chosen |= dict.fromkeys(LESIONS, HALF)
        after = _icc(hips, with_thresholds(manifest, chosen), _whole)
    return Calibration(chosen, test_set, (before, after))


def nearest_to_half(figures: Sequence[float]) -> float:
    """The threshold of `GRID` whose figure is the best, or by chance only less than the best.

    One half where no figure is defined.
    """
    known = np.nan_to_num(np.asarray(figures, dtype=np.float64), nan=-np.inf)
    if not np.isfinite(known).any():
        return HALF
    good = [
        value for value, figure in zip(GRID, known, strict=True) if figure >= known.max() - BOUND
    ]
    return min(good, key=lambda value: abs(value - HALF))


def with_thresholds(manifest: Manifest, thresholds: Mapping[SegmentClass, float]) -> Manifest:
    """A manifest with other thresholds."""
    channels = tuple(
        each.model_copy(update={"threshold": thresholds[SegmentClass(each.name)]})
        for each in manifest.channels
    )
    return manifest.model_copy(update={"channels": channels})


@dataclass(frozen=True, slots=True)
class Kept:
    """What was chosen since a training.

    Attributes
    ----------
    thresholds : by channel; empty where none were chosen
    limit : a locator's limit of confidence
    words : how they came about
    """

    thresholds: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    words: str = "Thresholds and limits were not chosen but are the usual ones."


def write_calibration(kept: Kept, folder: Path) -> None:
    """Keep what was chosen in a training's folder, where `read_calibration` finds it.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    text = json.dumps(TypeAdapter(Kept).dump_python(kept, mode="json"), indent=1)
    try:
        (folder / FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written; check space and permission.") from error


def read_calibration(folder: Path) -> Kept:
    """What was chosen since the training in a folder.

    Raises
    ------
    UnreadableInput
        The file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return Kept()
    try:
        return TypeAdapter(Kept).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{path} is damaged; delete it and calibrate again.") from error


def _answered(cases: Iterable[Case], network: Network) -> list[_Hip]:
    """Every hip with the network's probabilities."""
    hips = []
    for case in cases:
        for side, median in marrows_of(case).items():
            if median is None:
                continue
            crop = crop_hip(case.volume, case.head(side), median)
            answer = run_batches(network, network_inputs(crop, network.manifest), BATCH)
            true = score_hip(case.volume, case.segmentation(side))
            hips.append(_Hip(case, crop, answer.astype(np.float16), true))
    return hips


def _figures(hips: Sequence[_Hip], tried: Sequence[Manifest], name: SegmentClass) -> list[float]:
    """Mean Dice of one class at each threshold; NaN where a lesion's would harm the score."""
    if name in BONES:
        return [_mean(_overlap(hip, manifest, name) for hip in hips) for manifest in tried]
    judged = [_lesion(hips, manifest, name) for manifest in tried]
    best = np.nanmax([-1.0, *(icc for icc, _ in judged)])
    return [overlap if icc >= best - ICC_BOUND else float("nan") for icc, overlap in judged]


def _lesion(hips: Sequence[_Hip], manifest: Manifest, name: SegmentClass) -> tuple[float, float]:
    """Agreement of a lesion's part of the score, and its mean Dice."""
    found = [_found(hip, manifest) for hip in hips]
    pairs = [
        (score_hip(hip.case.volume, each), hip.true) for hip, each in zip(hips, found, strict=True)
    ]
    icc = agreement_of_pairs((_part(one, name), _part(true, name)) for one, true in pairs).icc
    overlaps = (
        dice(each.masks[name], hip.case.truth[hip.crop.side][name][each.box.index])
        for hip, each in zip(hips, found, strict=True)
    )
    return icc, _mean(overlaps)


def _mean(values: Iterable[float]) -> float:
    """Mean of those that are defined."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _overlap(hip: _Hip, manifest: Manifest, name: SegmentClass) -> float:
    """Dice of one bone inside the hip's field."""
    series = hip.case.volume.series
    box, masks = native_masks(hip.answer.astype(np.float32), manifest, hip.crop, series, (name,))
    return dice(masks[name], hip.case.truth[hip.crop.side][name][box.index])


def _icc(hips: Sequence[_Hip], manifest: Manifest, value: Callable[[HipScore], float]) -> float:
    """Agreement of found and true scores over the hips."""
    return agreement_of_pairs((value(_score(hip, manifest)), value(hip.true)) for hip in hips).icc


def _score(hip: _Hip, manifest: Manifest) -> HipScore:
    """The score of a hip as the program would give it."""
    return score_hip(hip.case.volume, _found(hip, manifest))


def _found(hip: _Hip, manifest: Manifest) -> Segmentation:
    """A hip as the program would outline it."""
    answer = hip.answer.astype(np.float32)
    return outlined(answer, manifest, hip.crop, hip.case.volume.series)


def _whole(score: HipScore) -> float:
    """A hip's UNet-score."""
    return float("nan") if score.u_intensity is None else score.u_intensity


def _part(score: HipScore, name: SegmentClass) -> float:
    """One lesion's part of it."""
    return float("nan") if score.by_lesion is None else score.by_lesion[name].u_intensity
