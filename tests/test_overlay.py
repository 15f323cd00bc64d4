from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hipdesk.geometry import spacing_of, upright
from hipdesk.overlay import (
    FILLED,
    LINE_STYLES,
    OUTLINED,
    Style,
    body_window,
    hip_picture,
    outlines,
    render,
    thumbnail,
    window_of,
    windowed,
)
from hipdesk.records import (
    Acquisition,
    Contrast,
    GridBox,
    Patient,
    Plane,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)

GREY_IS_VALUE = (127.5, 255.0)
"""Window in which a value of 0-255 is its own grey level."""

BME, FLUID, HEAD = (
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
    SegmentClass.FEMORAL_HEAD,
)


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    rows, columns = np.indices(shape)
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


def black(shape: tuple[int, int]) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


def test_palette_and_patterns_are_those_of_the_design() -> None:
    colours = {name: "#{:02X}{:02X}{:02X}".format(*s.colour) for name, s in LINE_STYLES.items()}
    assert colours[BME] == "#E69F00"
    assert colours[FLUID] == "#56B4E9"
    assert colours[HEAD] == "#009E73"
    assert LINE_STYLES[BME].dash_px is None
    assert LINE_STYLES[FLUID].dash_px is not None
    assert LINE_STYLES[BME].width_px == LINE_STYLES[FLUID].width_px == 1.5
    assert LINE_STYLES[HEAD].width_px < 1.5
    assert list(LINE_STYLES)[-1] is BME


def test_window_follows_the_linear_exact_formula() -> None:
    image = np.array([0.0, 50.0, 100.0, 125.0, 150.0, 500.0])
    # (v - 100) / 100 + 0.5: 50 is black, 150 is white, 125 is 0.75 of 255 = 191.25.
    np.testing.assert_array_equal(windowed(image, (100.0, 100.0)), [0, 0, 128, 191, 255, 255])


def test_enlarging_interpolates_about_pixel_centres() -> None:
    image = np.array([[0, 96], [192, 240]], dtype=np.float32)
    by_hand = [
        [0, 24, 72, 96],
        [48, 69, 111, 132],
        [144, 159, 189, 204],
        [192, 204, 228, 240],
    ]
    picture = render(image, {}, GREY_IS_VALUE, 2)
    assert picture.dtype == np.uint8
    for channel in range(3):
        np.testing.assert_array_equal(picture[:, :, channel], by_hand)


def test_straight_outline_is_exact() -> None:
    mask = np.zeros((40, 20), dtype=bool)
    mask[:, :5] = True
    picture = render(black((40, 20)), {BME: mask}, GREY_IS_VALUE, 4)
    # The edge between columns 4 and 5 is at 5 x 4 - 0.5 = 19.5, half a pixel from columns 19
    # and 20: each is covered by 0.75 + 0.5 - 0.5 of a line 1.5 wide; 159 x 0.75 = 119.25.
    np.testing.assert_array_equal(picture[80, 17:23, 1], [0, 0, 119, 119, 0, 0])
    assert not picture[80, 23:].any()


def test_single_pixel_outline_is_exact() -> None:
    mask = np.zeros((3, 3), dtype=bool)
    mask[1, 1] = True
    picture = render(black((3, 3)), {BME: mask}, GREY_IS_VALUE, 4)
    golden = [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 42, 27, 0, 0, 0],
        [0, 0, 123, 230, 230, 119, 0, 0],
        [0, 45, 230, 131, 132, 230, 26, 0],
        [0, 26, 230, 132, 131, 230, 45, 0],
        [0, 0, 119, 230, 230, 123, 0, 0],
        [0, 0, 0, 27, 42, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]
    np.testing.assert_array_equal(picture[2:10, 2:10, 0], golden)
    assert picture[:, :, 0].sum() == np.sum(golden)
    # A share of the line's colour everywhere: #E69F00 has no blue.
    assert not picture[:, :, 2].any()


@pytest.mark.parametrize("zoom", [2, 4, 9])
def test_outline_is_as_wide_at_any_zoom(zoom: int) -> None:
    mask = disc((40, 40), (19.5, 19.5), 12.0)
    picture = render(black((40, 40)), {BME: mask}, GREY_IS_VALUE, zoom)
    painted = picture[:, :, 0].sum() / LINE_STYLES[BME].colour[0]
    length = sum(np.hypot(*np.diff((path + 0.5) * zoom, axis=0).T).sum() for path in outlines(mask))
    assert painted / length == pytest.approx(1.5, rel=0.08)


def test_dashes_leave_out_their_share() -> None:
    mask = disc((40, 40), (19.5, 19.5), 15.0)
    picture = render(black((40, 40)), {FLUID: mask}, GREY_IS_VALUE, 6)
    length = sum(np.hypot(*np.diff((p + 0.5) * 6, axis=0).T).sum() for p in outlines(mask))
    painted = picture[:, :, 2].sum() / LINE_STYLES[FLUID].colour[2]
    # 6 of 10 drawn, and each dash is lengthened by its two round ends.
    assert painted / (1.5 * length) == pytest.approx(0.7, abs=0.08)


def test_line_scale_widens_lines() -> None:
    mask = disc((40, 40), (19.5, 19.5), 12.0)
    sums = [
        render(black((40, 40)), {BME: mask}, GREY_IS_VALUE, 4, Style(line_scale=k)).sum()
        for k in (1.0, 2.0)
    ]
    assert sums[1] / sums[0] == pytest.approx(2.0, rel=0.06)


def test_fill_blends_three_tenths() -> None:
    image = np.full((20, 20), 100, dtype=np.float32)
    picture = render(image, {BME: disc((20, 20), (9.5, 9.5), 8)}, GREY_IS_VALUE, 2, FILLED)
    # 100 + 0.3 * (230 - 100, 159 - 100, 0 - 100)
    np.testing.assert_array_equal(picture[20, 20], [139, 118, 70])
    np.testing.assert_array_equal(picture[0, 0], [100, 100, 100])


def test_outline_only_leaves_the_inside_untouched() -> None:
    image = np.full((20, 20), 100, dtype=np.float32)
    picture = render(image, {BME: disc((20, 20), (9.5, 9.5), 8)}, GREY_IS_VALUE, 2, OUTLINED)
    np.testing.assert_array_equal(picture[20, 20], [100, 100, 100])


def test_lesions_lie_on_top_of_bones() -> None:
    mask = disc((20, 20), (9.5, 9.5), 7)
    both = render(black((20, 20)), {BME: mask, HEAD: mask}, GREY_IS_VALUE, 4)
    top, left = np.unravel_index(both[:, :, 0].argmax(), both.shape[:2])
    np.testing.assert_array_equal(both[top, left], LINE_STYLES[BME].colour)


def test_empty_masks_draw_nothing() -> None:
    image = np.full((5, 6), 77, dtype=np.float32)
    drawn = render(image, {BME: np.zeros((5, 6), dtype=bool)}, GREY_IS_VALUE, 3)
    np.testing.assert_array_equal(drawn, render(image, {}, GREY_IS_VALUE, 3))


def test_anisotropic_pixels_come_out_square() -> None:
    assert render(black((10, 20)), {}, GREY_IS_VALUE, (4.0, 2.0)).shape == (40, 40, 3)


def test_outline_encloses_the_mask() -> None:
    mask = disc((60, 60), (30, 29), 17.3)
    (path,) = outlines(mask)
    np.testing.assert_array_equal(path[0], path[-1])
    rows, columns = path.T
    area = abs(np.dot(rows[:-1], columns[1:]) - np.dot(rows[1:], columns[:-1])) / 2
    assert area == pytest.approx(mask.sum(), rel=0.01)
    np.testing.assert_allclose(path[:-1].mean(axis=0), (30, 29), atol=0.2)


@given(hnp.arrays(np.bool_, (7, 8)))
def test_outlines_keep_to_the_edge_of_the_mask(mask: np.ndarray) -> None:
    padded = np.pad(mask, 2)
    for path in outlines(mask):
        for row, column in path:
            near = padded[int(np.floor(row)) + 1 : int(np.ceil(row)) + 4][
                :, int(np.floor(column)) + 1 : int(np.ceil(column)) + 4
            ]
            assert near.any()
            assert not near.all()


def test_the_files_window_is_used_where_it_states_one() -> None:
    volume = one_slice(np.zeros((4, 4)), np.eye(4), window=(40.0, 80.0))
    assert window_of(volume) == (40.0, 80.0)


def test_body_window_spans_the_body_and_its_dark_marrow() -> None:
    voxels = np.zeros((1, 200, 200), dtype=np.float32)
    voxels[0, 20:180, 20:180] = np.linspace(400, 600, 160)
    voxels[0, 80:120, 80:120] = 30.0
    centre, width = body_window(voxels)
    # Dark marrow is 6 % of the body, so the first percentile is marrow, not air.
    assert centre - width / 2 == pytest.approx(30.0)
    assert centre + width / 2 == pytest.approx(597.0, abs=3.0)


def test_window_of_an_empty_picture_is_usable() -> None:
    assert body_window(np.zeros((1, 5, 5), dtype=np.float32))[1] > 0


def one_slice(
    pixels: np.ndarray, affine: np.ndarray, window: tuple[float, float] | None = GREY_IS_VALUE
) -> Volume:
    series = Series(
        uid="1",
        patient=Patient(),
        study=StudyInfo("2"),
        acquisition=Acquisition(),
        description="",
        number=1,
        frame_of_reference_uid="3",
        plane=Plane.CORONAL,
        contrast=Contrast.STIR,
        slices=(SliceSource(SliceKey("4"), Path("a.dcm"), (0.0, 0.0, 0.0)),),
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        affine=affine,
        spacing_mm=spacing_of(affine),
        window=window,
    )
    return Volume(series, pixels[np.newaxis].astype(np.float32), "0" * 64)


def upright_affine(row_mm: float = 1.0, column_mm: float = 1.0) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, column_mm], [4, 0, 0], [0, -row_mm, 0]])
    return affine


@given(st.booleans(), st.booleans(), st.booleans())
def test_any_pixel_order_is_shown_the_same(transposed: bool, rows: bool, columns: bool) -> None:
    pixels = np.arange(12.0).reshape(3, 4) * 20
    mask = np.zeros((1, 3, 4), dtype=bool)
    mask[0, 0, 3] = mask[0, 1, 3] = True
    affine = upright_affine(row_mm=2.0)
    expected = shown(pixels, mask, affine)
    if transposed:
        pixels, mask = pixels.T, mask.transpose(0, 2, 1)
        affine = affine[:, [0, 2, 1, 3]]
    if rows:
        affine = reversed_axis(affine, 1, pixels.shape[0])
        pixels, mask = pixels[::-1], mask[:, ::-1]
    if columns:
        affine = reversed_axis(affine, 2, pixels.shape[1])
        pixels, mask = pixels[:, ::-1], mask[:, :, ::-1]
    np.testing.assert_array_equal(shown(pixels, mask, affine), expected)
    assert upright(affine).edges == ("H", "F", "R", "L")


def reversed_axis(affine: np.ndarray, axis: int, count: int) -> np.ndarray:
    """The affine of the same stack with one of its axes stored backwards."""
    other = affine.copy()
    other[:3, 3] += affine[:3, axis] * (count - 1)
    other[:3, axis] *= -1
    return other


def shown(pixels: np.ndarray, mask: np.ndarray, affine: np.ndarray) -> np.ndarray:
    volume = one_slice(pixels, affine)
    box = GridBox((0, 0, 0), (1, *pixels.shape))
    segmentation = Segmentation(Side.LEFT, box, {HEAD: mask})
    # Fill alone: where an outline begins is up to the order of the pixels.
    style = Style(outline=False, fill=0.5)
    return hip_picture(volume, segmentation, 0, GREY_IS_VALUE, style, 60)


def test_hip_picture_is_cut_upright_and_square() -> None:
    pixels = np.zeros((6, 8))
    pixels[1, 5] = 255
    volume = one_slice(pixels, upright_affine(row_mm=2.0, column_mm=1.0))
    box = GridBox((0, 1, 2), (1, 5, 8))
    empty = Segmentation(Side.LEFT, box, {HEAD: np.zeros(box.shape, dtype=bool)})
    picture = hip_picture(volume, empty, 0, GREY_IS_VALUE, None, 40)
    # 4 rows of 2 mm and 6 columns of 1 mm: 8 x 6 mm at 5 pixels a millimetre.
    assert picture.shape == (40, 30, 3)
    # The bright pixel is the first row and fourth column of the box.
    assert picture[5, 17].tolist() == [255, 255, 255] or picture[4, 17, 0] > 200
    assert picture[20:].max() == 0


def test_edges_follow_the_patient_not_the_picture() -> None:
    affine = upright_affine()
    affine[:3, :3] = affine[:3, :3] @ np.diag([1, 1, -1])
    up = upright(affine)
    assert up.flip_columns
    assert not up.flip_rows
    assert up.edges == ("H", "F", "R", "L")


def test_effusion_stays_visible_on_fluid_as_bright_as_the_picture_gets():
    """A dark seam runs below the dashes and through their gaps; no other class has one."""
    white = np.ones((24, 24), dtype=np.float32)
    disc = np.hypot(*(np.indices((24, 24)) - 11.5)) < 8
    picture = render(white, {SegmentClass.EFFUSION_SYNOVITIS: disc}, (0.5, 1.0), scale=6)
    dark = (picture.max(axis=2) < 120).sum()
    assert dark > 300
    blue = picture[..., 2].astype(int) - picture[..., 0] > 60
    assert blue.sum() > 150
    plain = render(white, {SegmentClass.FEMORAL_HEAD: disc}, (0.5, 1.0), scale=6)
    assert plain.max(axis=2).min() >= 0x9E


def test_a_thumbnail_shows_the_middle_slice_upright_and_square() -> None:
    voxels = np.zeros((3, 40, 100), dtype=np.float32)
    voxels[1, 20:, :50] = 255.0
    affine = upright_affine(row_mm=2.0, column_mm=1.0)
    one = one_slice(voxels[1], affine)
    volume = replace(one, voxels=voxels)
    # 80 mm high and 100 mm wide; the patient's right half of the lower half is bright.
    expected = np.zeros((40, 50), dtype=np.uint8)
    expected[20:, :25] = 255
    small = thumbnail(volume, 40)
    assert small.dtype == np.uint8
    assert small.shape == (40, 50)
    inner = np.ones((40, 50), dtype=bool)
    inner[18:22] = inner[:, 23:27] = False
    np.testing.assert_array_equal(small[inner], expected[inner])


@given(st.booleans(), st.booleans(), st.booleans())
def test_a_thumbnail_is_the_same_for_any_pixel_order(
    transposed: bool, rows: bool, columns: bool
) -> None:
    pixels = np.random.default_rng(0).random((33, 48)) * 255
    affine = upright_affine(row_mm=2.0)
    expected = thumbnail(one_slice(pixels, affine), 20)
    if rows:
        affine, pixels = reversed_axis(affine, 1, 33), pixels[::-1]
    if columns:
        affine, pixels = reversed_axis(affine, 2, 48), pixels[:, ::-1]
    if transposed:
        affine, pixels = affine[:, [0, 2, 1, 3]], pixels.T
    np.testing.assert_allclose(thumbnail(one_slice(pixels, affine), 20), expected, atol=1)


def test_fine_texture_is_averaged_in_a_thumbnail() -> None:
    stripes = np.zeros((512, 512))
    stripes[::2] = 255.0
    small = thumbnail(one_slice(stripes, upright_affine()), 96)
    np.testing.assert_allclose(small[2:-2, 2:-2], 127.5, atol=12)


def test_a_thumbnail_may_be_larger_than_its_slice() -> None:
    assert thumbnail(one_slice(np.eye(30) * 255, upright_affine()), 96).shape == (96, 96)
