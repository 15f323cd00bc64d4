"""When the locator says "not there": its limit of confidence, chosen on simulated stacks.

Half of the stacks show hips as the locator learned them (both, one, cut or
none), half show knees, thighs or an abdomen. A side counts as in view where at
least 30 mL of its head are, as absent where nothing of it is; what lies between
is not judged.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import to_lps, voxel_volume_ml
from hipdesk.intensity import by_body
from hipdesk.locating import HEAD_CHANNEL, PEAK_MINIMUM, both_ways, find_heads
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.phantom.samples import PelvisStack, hipless_stack, pelvis_stack
from hipdesk.ports import Network
from hipdesk.records import Affine, FloatArray, Point, Side

log = logging.getLogger(__name__)

GRID: Final = tuple(round(0.3 + 0.05 * step, 2) for step in range(13))
"""Limits that are tried: 0.3 to 0.9."""

IN_VIEW_ML: Final = 30.0
"""Nearly the whole of a small adult head (radius 20 mm: 33 mL)."""

NEAR_MM: Final = 15.0
"""A head found farther from the true one than this is not that head."""

MIN_SIDES: Final = 10
"""Fewer heads in view, or absent ones, say nothing."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What a limit of confidence does.

    Attributes
    ----------
    found, there : heads found, of those in view
    claimed, absent : heads claimed, of those not there
    """

    limit: float
    found: int
    there: int
    claimed: int
    absent: int

    @property
    def merit(self) -> float:
        """Youden's J: share found less share claimed."""
        return self.found / self.there - self.claimed / self.absent

    def words(self, test_set: str) -> str:
        """The limit and what it does, as a model card prints it."""
        return (
            f"The limit of confidence, {self.limit:.2f}, was chosen on {test_set}: {self.found} of "
            f"{self.there} heads in view are found there, and {self.claimed} of {self.absent} "
            "absent ones are claimed."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The network's answer on one stack, and the true heads."""

    probabilities: FloatArray
    affine: Affine
    volumes_ml: dict[Side, float]
    centres: dict[Side, Point]


def presence_stacks(
    anatomies: Sequence[PreparedAnatomy], count: int, seed: int
) -> Iterator[PelvisStack]:
    """Stacks with and without hips by turns, each from its own generator ``(seed, index)``."""
    for index in range(count):
        make = hipless_stack if index % 2 else pelvis_stack
        yield make(np.random.default_rng([seed, index]), anatomies)


def choose_limit(stacks: Iterable[PelvisStack], network: Network) -> Presence:
    """The limit of confidence that tells heads from none best, nearest to the usual one.

    Raises
    ------
    UnreadableInput
        Too few heads are in view, or absent.
    """
    answers = [answered(stack, network) for stack in stacks]
    tried = [presence(answers, limit) for limit in GRID]
    if min(tried[0].there, tried[0].absent) < MIN_SIDES:
        raise UnreadableInput(
            "There are too few heads in view or absent to choose a limit; give more stacks."
        )
    best = max(each.merit for each in tried)
    good = [each for each in tried if each.merit == best]
    chosen = min(good, key=lambda each: abs(each.limit - PEAK_MINIMUM))
    log.info("limit of confidence: %.2f", chosen.limit)
    return chosen


def presence(answers: Sequence[Answer], limit: float) -> Presence:
    """Heads found and claimed at a limit of confidence."""
    found = there = claimed = absent = 0
    for answer in answers:
        heads = find_heads(answer.probabilities, answer.affine, limit)
        for side, head in zip(Side, heads, strict=True):
            if answer.volumes_ml[side] >= IN_VIEW_ML:
                there += 1
                found += head.centre_lps_mm is not None and _near(head.centre_lps_mm, answer, side)
            elif answer.volumes_ml[side] == 0:
                absent += 1
                claimed += head.found
    return Presence(limit, found, there, claimed, absent)


def _near(centre: Point, answer: Answer, side: Side) -> bool:
    """Whether a centre is that of the true head."""
    offset = np.asarray(centre) - answer.centres[side]
    return bool(np.linalg.norm(offset) <= NEAR_MM)


def answered(stack: PelvisStack, network: Network) -> Answer:
    """Ask the network, and measure the true heads."""
    volumes, centres = {}, {}
    for side in Side:
        ball = (stack.labels >> HEAD_CHANNEL[side]) & 1 > 0
        volumes[side] = int(np.count_nonzero(ball)) * voxel_volume_ml(stack.affine)
        if ball.any():
            x, y, z = to_lps(stack.affine, np.argwhere(ball).mean(axis=0))
            centres[side] = (float(x), float(y), float(z))
    answer = both_ways(by_body(stack.signal), network)
    return Answer(answer, stack.affine, volumes, centres)
