"""Thresholds chosen on simulated patients kept for this: bones by overlap, lesions by score.

The network answers once; the thresholds are then tried on its probabilities.
Each bone takes the threshold of the highest mean Dice. Each lesion takes that
at which its own part of the UNet-score agrees best with the true one, unless
the whole score then agrees worse than at one half.
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
from hipdesk.manifest import Manifest, OutputChannel
from hipdesk.ports import Network, Progress, no_progress
from hipdesk.records import BONES, LESIONS, FloatArray, HipCrop, HipScore, SegmentClass
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
"""Differences of Dice or ICC below this are chance; the threshold nearest to one half is taken."""

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
            f"Thresholds were chosen on {self.test_set}: bones by Dice, lesions by their part of "
            f"the UNet-score, whose ICC(2,1) over hips went from {before:.3f} at 0.5 to "
            f"{after:.3f} there."
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
        figures = [_figure(hips, manifest, {**chosen, name: value}, name) for value in GRID]
        chosen[name] = nearest_to_half(figures)
        log.info("%s: threshold %.2f", name.value, chosen[name])
    after = _icc(hips, with_thresholds(manifest, chosen), _whole)
    if not after >= before:
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
        OutputChannel(name=each.name, threshold=thresholds[SegmentClass(each.name)])
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


def _figure(
    hips: Sequence[_Hip], manifest: Manifest, thresholds: Thresholds, name: SegmentClass
) -> float:
    """What a threshold of one class is judged by."""
    manifest = with_thresholds(manifest, thresholds)
    if name in LESIONS:
        return _icc(hips, manifest, lambda score: _part(score, name))
    overlaps = [_overlap(hip, manifest, name) for hip in hips]
    known = [value for value in overlaps if np.isfinite(value)]
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
    volume = hip.case.volume
    found = outlined(hip.answer.astype(np.float32), manifest, hip.crop, volume.series)
    return score_hip(volume, found)


def _whole(score: HipScore) -> float:
    """A hip's UNet-score."""
    return float("nan") if score.u_intensity is None else score.u_intensity


def _part(score: HipScore, name: SegmentClass) -> float:
    """One lesion's part of it."""
    return float("nan") if score.by_lesion is None else score.by_lesion[name].u_intensity
