from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hipdesk.adapters.pictures import (
    GAP_PX,
    HEIGHT_PX,
    burn_in,
    jpeg,
    side_by_side,
    slices_with_head,
    write_overlays,
)
from hipdesk.errors import OutputError
from hipdesk.records import Side
from tests.report_factory import make_analysis

WIDE_PX = round(HEIGHT_PX * 62 / 50)
"""The hip's box is 50 rows and 62 columns of square pixels."""


def test_one_picture_and_one_pair_for_each_slice_with_a_head(tmp_path: Path) -> None:
    analysis, volume = make_analysis(missing=(Side.LEFT,))
    written = write_overlays(analysis, volume, tmp_path / "overlays")
    # The head shows on slices 5 to 15, counted from 1.
    names = [f"R_slice_{n:03d}{kind}.jpg" for n in range(5, 16) for kind in ("", "_pair")]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "overlays").iterdir()) == sorted(names)
    with Image.open(written[0]) as single, Image.open(written[1]) as pair:
        assert single.format == pair.format == "JPEG"
        assert single.size == (WIDE_PX, HEIGHT_PX)
        assert pair.size == (2 * WIDE_PX + GAP_PX, HEIGHT_PX)


def test_slices_with_head_are_series_indices() -> None:
    analysis, _ = make_analysis(missing=(Side.LEFT,))
    assert slices_with_head(analysis.hip(Side.RIGHT)) == tuple(range(4, 15))
    assert slices_with_head(analysis.hip(Side.LEFT)) == ()


def test_only_the_pair_s_right_half_is_drawn_on(tmp_path: Path) -> None:
    analysis, volume = make_analysis(missing=(Side.LEFT,))
    pair = np.asarray(Image.open(write_overlays(analysis, volume, tmp_path)[11]), dtype=int)
    bare, drawn = pair[:, :WIDE_PX], pair[:, -WIDE_PX:]
    coloured = [np.ptp(half, axis=2).max() for half in (bare, drawn)]
    assert coloured[0] < 20
    assert coloured[1] > 150


def test_a_folder_that_cannot_be_made_is_a_known_error(tmp_path: Path) -> None:
    analysis, volume = make_analysis(missing=(Side.LEFT,))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_overlays(analysis, volume, tmp_path / "file" / "overlays")


def test_letters_are_burned_in_at_corner_and_edges() -> None:
    grey = np.full((240, 300, 3), 60, dtype=np.uint8)
    marked = burn_in(grey, "R hip  9/18", ("H", "F", "R", "L"), "note")
    changed = np.any(marked != grey, axis=2)
    assert changed[:20, :90].any()
    assert changed[:20, 140:160].any()
    assert changed[-20:, 140:160].any()
    assert changed[110:130, :20].any()
    assert changed[110:130, -20:].any()
    assert changed[-20:, -60:].any()
    assert not changed[40:100, 40:260].any()
    assert (grey == 60).all()


def test_letters_differ_by_side() -> None:
    grey = np.zeros((240, 300, 3), dtype=np.uint8)
    edges = ("H", "F", "R", "L")
    assert (burn_in(grey, "R hip", edges) != burn_in(grey, "L hip", edges)).any()


def test_pictures_side_by_side_keep_their_pixels() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 255, (2, 10, 12, 3), dtype=np.uint8)
    both = side_by_side(first, second)
    np.testing.assert_array_equal(both[:, :12], first)
    np.testing.assert_array_equal(both[:, -12:], second)
    assert not both[:, 12:-12].any()


def test_jpeg_keeps_the_palette_s_colours() -> None:
    orange = np.full((16, 16, 3), (0xE6, 0x9F, 0x00), dtype=np.uint8)
    back = np.asarray(Image.open(BytesIO(jpeg(orange))), dtype=int)
    assert np.abs(back - orange).max() <= 3
