from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.crop import hip_grid
from hipdesk.display import DisplayStack, PictureBox, display_stack, signal_limits
from hipdesk.errors import BugError, Cancelled
from hipdesk.geometry import as_point, canonical_axes, spacing_of, to_lps, upright
from hipdesk.grids import restore
from hipdesk.overlay import OUTLINED, Style, hip_picture, outlines, render, window_of
from hipdesk.records import (
    BoolArray,
    GridBox,
    Head,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
)
from tests.stacks import coronal_stacks, head_centre, reordered, series_of, stack_about, turned

HEAD, BME, FLUID = (
    SegmentClass.FEMORAL_HEAD,
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
)
SHAPE = (4, 24, 30)
orders = st.tuples(st.booleans(), st.booleans(), st.booleans())


def noisy_volume(affine: np.ndarray, shape: tuple[int, int, int], **changes: object) -> Volume:
    voxels = np.random.default_rng(0).random(shape, dtype=np.float32) * 1000
    return Volume(replace(series_of(affine, shape), **changes), voxels, "0" * 64)


def small_stack(order: tuple[bool, bool, bool] = (False, False, False)) -> tuple[Volume, Side]:
    """A tilted stack stored in some order; the same pixels whichever it is."""
    affine = stack_about(turned(10, 5, -7), (4.0, 1.5, 1.0), SHAPE, (3.0, -2.0, 1.0))
    voxels = noisy_volume(affine, SHAPE).voxels
    affine, shape = reordered(affine, SHAPE, *order)
    return Volume(series_of(affine, shape), stored(voxels, *order), "0" * 64), Side.RIGHT


def stored(array: np.ndarray, transpose: bool, flip_rows: bool, flip_columns: bool) -> np.ndarray:
    """An array in the pixel order of `tests.stacks.reordered`."""
    array = array[:, ::-1] if flip_rows else array
    array = array[:, :, ::-1] if flip_columns else array
    return np.ascontiguousarray(array.transpose(0, 2, 1) if transpose else array)


def whole_masks(seed: int = 1) -> dict[SegmentClass, BoolArray]:
    """Blobs of two classes in the canonical pixel order."""
    rows, columns = np.indices(SHAPE[1:])
    head = np.hypot(rows - 9, columns - 17) < 6.5
    spots = np.random.default_rng(seed).random(SHAPE) > 0.9
    masks = {HEAD: np.stack([head] * SHAPE[0]), BME: spots}
    masks[HEAD][0] = False
    return masks


def segmentation_in(
    order: tuple[bool, bool, bool], side: Side = Side.RIGHT, inset: int = 2
) -> Segmentation:
    """The blobs' block of the stored grid, some pixels smaller than the whole."""
    masks = {name: stored(mask, *order) for name, mask in whole_masks().items()}
    slices, rows, columns = masks[HEAD].shape
    box = GridBox((1, inset, inset + 1), (slices, rows - inset, columns))
    return Segmentation(side, box, {name: mask[box.index] for name, mask in masks.items()})


@given(coronal_stacks(), st.data())
def test_a_picture_point_goes_to_the_patient_and_back(
    stack: tuple[np.ndarray, tuple[int, int, int]], data: st.DataObject
) -> None:
    affine, shape = stack
    shown = display_stack(Volume(series_of(affine, shape), np.zeros(shape, np.float32), ""), [])
    place = tuple(data.draw(st.floats(-50, 300)) for _ in range(3))
    np.testing.assert_allclose(shown.to_picture(shown.to_lps(*place)), place, atol=1e-8)


@given(orders, st.data())
def test_the_pixel_at_a_patient_point_is_the_stored_one(
    order: tuple[bool, bool, bool], data: st.DataObject
) -> None:
    volume, _ = small_stack(order)
    native = tuple(data.draw(st.integers(0, count - 1)) for count in volume.series.shape)
    shown = display_stack(volume, [])
    index, x, y = shown.to_picture(as_point(to_lps(volume.series.affine, native)))
    np.testing.assert_allclose((index, x, y), np.rint((index, x, y)), atol=1e-9)
    assert shown.picture(round(index)).image[round(y), round(x)] == volume.voxels[native]


@given(orders)
def test_any_pixel_order_is_shown_the_same(order: tuple[bool, bool, bool]) -> None:
    first = display_stack(small_stack()[0], [])
    other = display_stack(small_stack(order)[0], [])
    np.testing.assert_array_equal(other.images, first.images)
    np.testing.assert_allclose(other.affine, first.affine, atol=1e-9)
    assert other.edges == first.edges == ("H", "F", "R", "L")
    assert other.shape == first.shape == (24, 30)
    assert other.pixel_mm == pytest.approx((1.5, 1.0))
    assert other.picture(2).edges == ("H", "F", "R", "L")
    assert other.limits == first.limits
    assert other.window == first.window


def test_up_is_towards_the_head_and_screen_right_the_patients_left() -> None:
    shown = display_stack(small_stack((True, True, False))[0], [])
    here, right, down = (shown.to_lps(1, *point) for point in ((5, 5), (6, 5), (5, 6)))
    assert right[0] > here[0]
    assert down[2] < here[2]


@given(orders, st.integers(0, 2))
def test_outlines_are_those_that_overlay_draws(order: tuple[bool, bool, bool], inset: int) -> None:
    volume, side = small_stack(order)
    segmentation = segmentation_in(order, inset=inset)
    shown = display_stack(volume, [segmentation])
    up = upright(volume.series.affine)
    corner = up.turn_box(segmentation.box, shown.shape).start[1:]
    for index in range(1, 4):
        drawn = shown.picture(index).outlines[side]
        assert list(drawn) == [HEAD, BME]
        for name, mask in segmentation.masks.items():
            expected = outlines(up.turn(mask[index - 1]))
            assert len(drawn[name]) == len(expected) > 0
            for path, wanted in zip(drawn[name], expected, strict=True):
                assert path.dtype == np.float32
                np.testing.assert_allclose(path[:, ::-1], wanted + corner, atol=1e-4)
                np.testing.assert_array_equal(path[0], path[-1])


@given(orders)
def test_outlines_lie_on_the_picture_where_the_masks_are(order: tuple[bool, bool, bool]) -> None:
    volume, side = small_stack(order)
    shown = display_stack(volume, [segmentation_in(order, inset=0)])
    (path,) = shown.picture(2).outlines[side][HEAD]
    # `whole_masks` has its head about row 9 and column 17 of the canonical order.
    np.testing.assert_allclose(path[:-1].mean(axis=0), (17, 9), atol=0.1)
    assert np.hypot(*(path - (17, 9)).T).max() == pytest.approx(6.5, abs=0.8)


def test_the_drawn_picture_is_the_report_s() -> None:
    """One slice by `hip_picture`, and the same from the stack's picture and turned masks."""
    order = (True, False, True)
    volume, _ = small_stack(order)
    segmentation = segmentation_in(order, inset=0)
    shown = display_stack(volume, [])
    box = shown.turned.turn_box(segmentation.box, shown.shape)
    image = shown.picture(2).image[box.index[1:]]
    masks = {name: shown.turned.turn(mask[1]) for name, mask in segmentation.masks.items()}
    zoom = 120 / image.shape[0]
    scale = (zoom, zoom * shown.pixel_mm[1] / shown.pixel_mm[0])
    expected = hip_picture(volume, segmentation, 2, shown.window, OUTLINED, 120)
    np.testing.assert_array_equal(render(image, masks, shown.window, scale, Style()), expected)


def test_slices_without_a_hip_have_no_outlines() -> None:
    volume, _ = small_stack()
    shown = display_stack(volume, [segmentation_in((False, False, False), Side.LEFT)])
    assert set(shown.picture(0).outlines) == set(Side)
    assert not shown.picture(0).outlines[Side.LEFT]
    assert not shown.picture(2).outlines[Side.RIGHT]
    assert shown.picture(2).outlines[Side.LEFT]


def test_lesions_come_after_bones() -> None:
    volume, _ = small_stack()
    box = GridBox((0, 0, 0), SHAPE)
    every = np.ones(SHAPE, dtype=bool)
    segmentation = Segmentation(Side.RIGHT, box, dict.fromkeys((BME, FLUID, HEAD), every))
    drawn = display_stack(volume, [segmentation]).picture(0).outlines[Side.RIGHT]
    assert list(drawn) == [HEAD, FLUID, BME]


def test_pictures_are_views_that_cannot_be_written() -> None:
    volume, _ = small_stack((True, True, False))
    picture = display_stack(volume, []).picture(3)
    assert np.shares_memory(picture.image, volume.voxels)
    assert (picture.index, picture.of) == (3, 4)
    assert not picture.image.flags.writeable
    assert volume.voxels.flags.writeable
    with pytest.raises(IndexError):
        display_stack(volume, []).picture(4)


def upright_stack(shape: tuple[int, int, int] = (11, 200, 300)) -> DisplayStack:
    """Pixels of 1.25 mm high and 0.625 mm wide, (0, 0, 0) at slice 5, row 80, column 120."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 0.625], [4, 0, 0], [0, -1.25, 0]])
    affine[:3, 3] = -affine[:3, :3] @ (5, 80, 120)
    return display_stack(noisy_volume(affine, shape), [])


@pytest.mark.parametrize(
    ("side", "columns_before"),
    # 80.5 crop pixels of 0.78125 mm lie before the head centre, 79.5 in a mirrored crop.
    [(Side.RIGHT, 80.5), (Side.LEFT, 79.5)],
)
def test_a_head_s_frame_is_100_by_125_mm(side: Side, columns_before: float) -> None:
    box = upright_stack().box_of(Head(side, True, 0.9, (0.0, 0.0, 0.0), 24.0))
    assert box.width == pytest.approx(125 / 0.625)
    assert box.height == pytest.approx(100 / 1.25)
    assert box.x == pytest.approx(120 - columns_before * 0.78125 / 0.625)
    assert box.y == pytest.approx(80 - 56.5 * 0.78125 / 1.25)


def test_a_head_that_was_not_found_has_no_frame() -> None:
    with pytest.raises(BugError):
        upright_stack().box_of(Head(Side.LEFT, False, 0.1))


@given(orders)
def test_masks_frame_is_their_pixels_outer_edges(order: tuple[bool, bool, bool]) -> None:
    volume, _ = small_stack(order)
    rows, columns = (5, 11), (4, 20)
    only = np.zeros(SHAPE, dtype=bool)
    only[1:3, slice(*rows), slice(*columns)] = True
    mask = stored(only, *order)
    places = np.argwhere(mask)
    first, last = places.min(axis=0), places.max(axis=0) + 1
    box = GridBox(tuple(map(int, first)), tuple(map(int, last)))
    segmentation = Segmentation(Side.RIGHT, box, {HEAD: mask[box.index]})
    assert display_stack(volume, []).box_of(segmentation) == PictureBox(3.5, 4.5, 16, 6)


@given(coronal_stacks(), st.sampled_from(Side))
def test_the_frame_of_restored_masks_is_the_crop_s_within_a_pixel(
    stack: tuple[np.ndarray, tuple[int, int, int]], side: Side
) -> None:
    affine, shape = stack
    middle = to_lps(affine, [(count - 1) / 2 for count in shape])
    head = Head(side, True, 1.0, as_point(middle), 24.0)
    grid, _ = hip_grid(affine, shape[0], head)
    box, maps = restore(np.ones((1, *grid.shape), np.float32), grid.affine, affine, shape)
    shown = display_stack(Volume(series_of(affine, shape), np.zeros(shape, np.float32), ""), [])
    restored = shown.box_of(Segmentation(side, box, {HEAD: maps[0] > 0.5}))
    frame = shown.box_of(head)
    pixel = 0.78125 / min(spacing_of(affine)[1:]) + 1
    for name in ("x", "y"):
        assert abs(getattr(restored, name) - getattr(frame, name)) <= pixel
    assert abs(restored.width - frame.width) <= 2 * pixel
    assert abs(restored.height - frame.height) <= 2 * pixel


@given(coronal_stacks(), st.sampled_from(Side))
def test_the_frame_holds_the_head_centre_at_its_place(
    stack: tuple[np.ndarray, tuple[int, int, int]], side: Side
) -> None:
    affine, shape = stack
    shown = display_stack(Volume(series_of(affine, shape), np.zeros(shape, np.float32), ""), [])
    centre = as_point(head_centre(side))
    box = shown.box_of(Head(side, True, 1.0, centre, 24.0))
    _, x, y = shown.to_picture(centre)
    assert (y - box.y) / box.height == pytest.approx(56.5 / 128)
    columns = 80.5 if side is Side.RIGHT else 79.5
    assert (x - box.x) / box.width == pytest.approx(columns / 160)
    rows, right = canonical_axes(affine)
    down_mm = np.dot(np.subtract(shown.to_lps(0, 0, 1), shown.to_lps(0, 0, 0)), rows)
    right_mm = np.dot(np.subtract(shown.to_lps(0, 1, 0), shown.to_lps(0, 0, 0)), right)
    assert (down_mm, right_mm) == pytest.approx(shown.pixel_mm)


def test_other_outlines_of_one_hip_leave_the_rest_shared() -> None:
    volume, _ = small_stack()
    plain = (False, False, False)
    both = display_stack(volume, [segmentation_in(plain, side) for side in Side])
    without = both.with_hip(Side.LEFT, None)
    assert without.outlines[Side.RIGHT] is both.outlines[Side.RIGHT]
    assert without.images is both.images
    assert not without.picture(2).outlines[Side.LEFT]
    assert both.picture(2).outlines[Side.LEFT]
    head_only = replace(segmentation_in(plain, Side.LEFT), masks={HEAD: np.ones((3, 20, 27))})
    again = without.with_hip(Side.LEFT, head_only)
    assert list(again.picture(2).outlines[Side.LEFT]) == [HEAD]
    assert again.outlines[Side.RIGHT] is both.outlines[Side.RIGHT]


def test_only_slices_that_changed_are_outlined_anew() -> None:
    volume, _ = small_stack()
    before = segmentation_in((False, False, False), Side.LEFT)
    stack = display_stack(volume, [before])
    masks = {name: mask.copy() for name, mask in before.masks.items()}
    masks[HEAD][1] = False
    masks[HEAD][1, 4:9, 5:11] = True
    after = replace(before, masks=masks)
    first = before.box.start[0]
    changed = stack.with_changes(before, after)
    for index in range(stack.slices):
        own = changed.outlines[Side.LEFT][index] is stack.outlines[Side.LEFT][index]
        assert own is (index != first + 1)
    whole = stack.with_hip(Side.LEFT, after)
    for got, want in zip(changed.outlines[Side.LEFT], whole.outlines[Side.LEFT], strict=True):
        assert got.keys() == want.keys()
        for name, lines in want.items():
            assert len(got[name]) == len(lines)
            for one, other in zip(got[name], lines, strict=True):
                np.testing.assert_array_equal(one, other)


def test_progress_comes_with_every_slice_of_every_hip() -> None:
    volume, _ = small_stack()
    heard: list[float] = []
    hips = [segmentation_in((False, False, False), side) for side in Side]
    display_stack(volume, hips, lambda fraction, what: heard.append(fraction))
    np.testing.assert_allclose(heard, [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6])


def test_cancelling_stops_between_slices() -> None:
    volume, _ = small_stack()
    answers = iter((False, False, True))
    heard: list[float] = []
    with pytest.raises(Cancelled):
        display_stack(
            volume,
            [segmentation_in((False, False, False))],
            lambda fraction, what: heard.append(fraction),
            lambda: next(answers),
        )
    assert len(heard) == 2


def test_the_window_is_overlay_s_and_its_limits_are_robust() -> None:
    voxels = np.linspace(0, 1000, 100 * 100, dtype=np.float32).reshape(1, 100, 100)
    voxels[0, 0, 0], voxels[0, 50, 50] = -1e6, 1e6
    # A thousandth at each end of 10000 evenly spread values; the two wild ones are among it.
    assert signal_limits(voxels, (500.0, 10.0)) == pytest.approx((0.9, 999.1), abs=0.3)
    assert signal_limits(voxels, (500.0, 3000.0)) == (-1000.0, 2000.0)
    volume, _ = small_stack()
    shown = display_stack(volume, [])
    assert shown.window == window_of(volume)
    assert shown.limits[0] < shown.window[0] < shown.limits[1]
