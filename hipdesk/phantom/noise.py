"""Smooth random fields that tile space, for textures and irregular borders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.records import read_only

TILE: Final = 64
"""Edge of a tile in cells."""

_TILES: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """One periodic field of mean 0 and standard deviation 1.

    Attributes
    ----------
    tile : float32 (TILE, TILE, TILE)
    cells_per_mm : 3 x 3, LPS millimetres to cells
    offset : cells
    """

    tile: NDArray[np.float32]
    cells_per_mm: NDArray[np.float32]
    offset: NDArray[np.float32]

    def at(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values at LPS points ``(..., 3)``, nearest cell: for fine grain."""
        cells = (points @ self.cells_per_mm + self.offset).astype(np.int32) & (TILE - 1)
        flat = (cells[..., 0] * TILE + cells[..., 1]) * TILE + cells[..., 2]
        return np.asarray(self.tile.ravel()[flat])

    def smooth_at(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values at LPS points ``(..., 3)``, linear between cells: for borders and bends."""
        cells = points.reshape(-1, 3) @ self.cells_per_mm + self.offset
        values = ndimage.map_coordinates(
            self.tile, cells.T, output=np.float32, order=1, mode="grid-wrap"
        )
        return np.asarray(values.reshape(points.shape[:-1]))


@cache
def _tile(number: int) -> NDArray[np.float32]:
    """One of `_TILES` fixed tiles: white noise on a torus, smoothed by two cells."""
    frequency = np.fft.fftfreq(TILE)
    gauss = np.exp(-2 * (np.pi * 2.0 * frequency) ** 2)
    transfer = gauss[:, None, None] * gauss[None, :, None] * gauss[None, None, : TILE // 2 + 1]
    white = np.random.default_rng(number).standard_normal((TILE, TILE, TILE))
    smooth = np.fft.irfftn(np.fft.rfftn(white) * transfer, s=(TILE,) * 3, axes=(0, 1, 2))
    return read_only(np.asarray(smooth / smooth.std(), dtype=np.float32))


def random_noise(
    rng: np.random.Generator,
    correlation_mm: float,
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Noise:
    """A field whose Gaussian smoothing is ``correlation_mm``, longer along stretched axes.

    Cells are half the smoothing length, so nearest-cell look-up stays smooth.
    """
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    if stretch != (1.0, 1.0, 1.0):
        rotation = np.eye(3) + 0.15 * (rotation - np.eye(3))
    scale = 2.0 / correlation_mm / np.asarray(stretch)
    return Noise(
        tile=_tile(int(rng.integers(_TILES))),
        cells_per_mm=np.asarray(rotation * scale, dtype=np.float32),
        offset=rng.uniform(0, TILE, 3).astype(np.float32) + np.float32(64 * TILE),
    )
