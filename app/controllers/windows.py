"""The windows on the number keys, from the series' own signal; they never change a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.controllers.showing import Translate
from app.state import WindowPreset
from hipdesk.display import DisplayStack
from hipdesk.intensity import BACKGROUND_FRACTION
from hipdesk.overlay import WINDOW_SAMPLES, Window, body_window
from hipdesk.records import FloatArray

TISSUE_PERCENTILES: Final = (50.0, 99.9)
"""Suppressed marrow lies in the darker half of the tissue, fluid in the brighter (our choice)."""

SLICES: Final = 10
"""Slices over the whole stack that the presets are measured from, at least, where there are so
many: all of them would keep the window waiting for 50 ms."""

LEAST_WIDTH: Final = 1e-6


def preset_windows(stack: DisplayStack) -> tuple[Window, ...]:
    """The windows of a series' five presets; measuring them takes some 10 ms.

    1 the series' own window, 2 the body's 1st to 99th percentile, 3 the whole
    signal, 4 from the darkest of the body to the tissue's median, 5 from there
    to its 99.9th percentile.
    """
    sample = stack.images[:: max(1, stack.slices // SLICES)]
    body = body_window(sample)
    middle, bright = tissue_levels(sample)
    marrow = between(body[0] - body[1] / 2, middle)
    return stack.window, body, between(*stack.limits), marrow, between(middle, bright)


def window_presets(windows: tuple[Window, ...], translate: Translate) -> tuple[WindowPreset, ...]:
    """The presets with their names, from `preset_windows`."""
    names = (
        translate("Windows", "As the images state"),
        translate("Windows", "Body, 1st to 99th percentile"),
        translate("Windows", "Wide, all signal"),
        translate("Windows", "Marrow, up to the tissue's median"),
        translate("Windows", "Fluid, above the tissue's median"),
    )
    named = enumerate(zip(names, windows, strict=True), start=1)
    return tuple(WindowPreset(number, name, window) for number, (name, window) in named)


def tissue_levels(voxels: FloatArray) -> tuple[float, float]:
    """Median and 99.9th percentile of the signal above the background.

    The background is what `hipdesk.intensity.body_scale` takes for it. Every
    few pixels are enough for a percentile.
    """
    stride = max(1, min(voxels.shape[1:]) // WINDOW_SAMPLES)
    sample = voxels[:, ::stride, ::stride]
    positive = sample[sample > 0]
    if positive.size == 0:
        return 0.0, 1.0
    least = BACKGROUND_FRACTION * float(np.percentile(positive, 99.5))
    middle, bright = np.percentile(positive[positive > least], TISSUE_PERCENTILES)
    return float(middle), float(bright)


def between(low: float, high: float) -> Window:
    """(centre, width) of a window from one signal to another; never without width."""
    return (low + high) / 2, max(high - low, LEAST_WIDTH)


@dataclass(frozen=True, slots=True)
class RelativeWindow:
    """A window told by a series' own: the same for series of another gain.

    Attributes
    ----------
    shift : of the centre, in widths of the series' own window
    width : as a multiple of that width
    """

    shift: float = 0.0
    width: float = 1.0

    def of(self, own: Window) -> Window:
        """The window itself, for a series whose own window is this."""
        return own[0] + self.shift * own[1], self.width * own[1]


def relative(window: Window, own: Window) -> RelativeWindow:
    """A window told by the series' own."""
    width = max(window[1], LEAST_WIDTH)
    return RelativeWindow((window[0] - own[0]) / own[1], width / own[1])
