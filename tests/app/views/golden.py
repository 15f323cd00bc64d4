"""Pictures of widgets against pictures that were looked at and kept.

Set ``HIPDESK_GOLDEN=write`` to keep what is drawn now; look at it before committing.
A failure leaves got, want and difference beside each other.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage

KEPT = Path(__file__).parent / "golden"
WORST = 24
"""Grey levels that antialiasing may differ by between versions of Qt."""
SHARE = 0.01
"""Share of pixels that may differ by more."""


def rgb(image: QImage) -> NDArray[np.uint8]:
    """A picture as uint8 (rows, columns, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def assert_golden(got: NDArray[np.uint8], name: str, failures: Path) -> None:
    """Compare with the kept picture by the absolute difference of every pixel."""
    path = KEPT / f"{name}.png"
    if os.environ.get("HIPDESK_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(got).save(path)
    want = np.asarray(Image.open(path).convert("RGB"))
    assert got.shape == want.shape
    difference = np.abs(got.astype(int) - want.astype(int))
    share = float((difference.max(axis=-1) > WORST).mean())
    if share > SHARE:
        for label, picture in (("got", got), ("want", want), ("difference", difference)):
            Image.fromarray(picture.astype(np.uint8)).save(failures / f"{name}_{label}.png")
    assert share <= SHARE, f"{share:.1%} of the pixels differ, see {failures}"
