"""A reader's brush: pixels under a drag, masks after strokes, and the scores that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.errors import BugError
from hipdesk.quality import notices
from hipdesk.records import (
    Contrast,
    GridBox,
    Head,
    HipResult,
    Reason,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
)
from hipdesk.review import (
    PAINTABLE,
    BrushAct,
    BrushEntry,
    Stroke,
    Strokes,
    open_entries,
    strokes_of,
)
from hipdesk.scoring import score_hip
from hipdesk.strokes import drawn, paintable, stroke_along, swept, with_strokes
from tests.record_builders import build_analysis
from tests.test_scoring import make_volume

BME, FLUID, HEAD = PAINTABLE
FEMUR, PELVIS = SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM
SHAPE = (7, 8, 10)
"""Slices 5 mm apart of 2 x 1 mm pixels; a signal of 10 but where a test says otherwise."""

BOX = GridBox((0, 2, 2), (7, 6, 8))
AT = datetime(2024, 5, 7, tzinfo=UTC)


def volume_of(signal: np.ndarray | None = None, contrast: Contrast = Contrast.STIR) -> Volume:
    return make_volume(np.full(SHAPE, 10.0) if signal is None else signal, contrast)


def hip_of(volume: Volume, lesions: bool = True) -> HipResult:
    """On every slice a head of 2 rows x 4 columns in a femur of 3 rows; a cup of one row."""
    masks = {name: np.zeros(BOX.shape, dtype=np.bool_) for name in SegmentClass}
    masks[HEAD][:, 1:3, 1:5] = True
    masks[FEMUR][:, 1:4, 1:5] = True
    masks[PELVIS][:, 0, 1:5] = True
    if lesions:
        masks[BME][3, 1, 1] = True
    else:
        del masks[BME], masks[FLUID]
    segmentation = Segmentation(Side.RIGHT, BOX, masks, confidence=(1.0,) * 7)
    head = Head(Side.RIGHT, True, 0.9, (5.0, 15.0, -6.0), 20.0)
    return HipResult(Side.RIGHT, head, segmentation, score_hip(volume, segmentation))


def stroke(
    start: tuple[int, int],
    bits: Sequence[Sequence[int]] = ((1,),),
    name: SegmentClass = BME,
    index: int = 3,
    erases: bool = False,
) -> Stroke:
    key = volume_of().series.slices[index].key
    return Stroke(name, key, index, start, np.array(bits, dtype=np.bool_), erases)


def full(hip: HipResult, name: SegmentClass) -> np.ndarray:
    assert hip.segmentation is not None
    return hip.segmentation.full(name, SHAPE)


def as_sets(found: tuple[tuple[int, int], np.ndarray] | None) -> set[tuple[int, int]]:
    if found is None:
        return set()
    (row, column), bits = found
    return {(row + int(r), column + int(c)) for r, c in np.argwhere(bits)}


class TestSwept:
    def test_disc_of_two_millimetres_on_square_pixels(self) -> None:
        # On paper: centres within 2 of (3, 3) on a 1 mm grid: 13 pixels.
        found = as_sets(swept([(3.0, 3.0)], 2.0, (1.0, 1.0), (9, 9)))
        row = {0: 2, 1: 1, 2: 0}
        wanted = {
            (3 + dr, 3 + dc) for dr in range(-2, 3) for dc in range(-row[abs(dr)], row[abs(dr)] + 1)
        }
        assert found == wanted
        assert len(found) == 13

    def test_disc_on_pixels_twice_as_tall_as_wide(self) -> None:
        # 2 mm rows, 1 mm columns, radius 2: row itself 5 pixels, the rows beside it one each.
        found = as_sets(swept([(3.0, 4.0)], 2.0, (2.0, 1.0), (8, 10)))
        assert found == {(3, 2), (3, 3), (3, 4), (3, 5), (3, 6), (2, 4), (4, 4)}

    def test_drag_is_a_capsule(self) -> None:
        # Along a row from column 2 to 6, radius 1: the row with round ends, one row each way.
        found = as_sets(swept([(3.0, 2.0), (3.0, 6.0)], 1.0, (1.0, 1.0), (8, 10)))
        wanted = {(3, c) for c in range(1, 8)} | {(r, c) for r in (2, 4) for c in range(2, 7)}
        assert found == wanted

    def test_slanted_drag_leaves_no_gap(self) -> None:
        # Points 10 pixels apart: the fast hand still paints what lies between.
        found = as_sets(swept([(0.0, 0.0), (10.0, 5.0)], 0.1, (1.0, 1.0), (12, 12)))
        rows = sorted({row for row, _ in found})
        assert rows == list(range(11))
        columns = [sorted(c for r, c in found if r == row) for row in rows]
        assert all(after[0] <= before[-1] + 1 for before, after in pairwise(columns))

    def test_clipped_to_the_image(self) -> None:
        assert as_sets(swept([(0.0, 0.0)], 1.0, (1.0, 1.0), (4, 4))) == {(0, 0), (0, 1), (1, 0)}
        assert swept([(-9.0, 2.0)], 1.0, (1.0, 1.0), (4, 4)) is None
        assert swept([(2.0, 9.0), (3.0, 8.0)], 1.0, (1.0, 1.0), (4, 4)) is None

    def test_a_stroke_needs_a_point(self) -> None:
        with pytest.raises(BugError):
            swept([], 1.0, (1.0, 1.0), (4, 4))

    places = st.tuples(st.floats(-3, 14), st.floats(-3, 14))

    @settings(max_examples=40, deadline=None)
    @given(
        path=st.lists(places, min_size=1, max_size=6),
        radius=st.floats(0.0, 6.0),
        pixel=st.tuples(st.floats(0.3, 2.5), st.floats(0.3, 2.5)),
    )
    def test_exactly_the_centres_within_reach(
        self, path: list[tuple[float, float]], radius: float, pixel: tuple[float, float]
    ) -> None:
        shape = (11, 12)
        found = as_sets(swept(path, radius, pixel, shape))
        reach = max(radius, np.hypot(*pixel) / 2)
        ends = list(pairwise(path)) or [(path[0], path[0])]
        for row in range(shape[0]):
            for column in range(shape[1]):
                least = min(_distance((row, column), a, b, pixel) for a, b in ends)
                if abs(least - reach) > 1e-6:
                    assert ((row, column) in found) == (least < reach)
        assert as_sets(swept(path[::-1], radius, pixel, shape)) == found
        inside = [
            (round(r), round(c))
            for r, c in path
            if 0 <= round(r) < shape[0] and 0 <= round(c) < shape[1]
        ]
        assert set(inside) <= found


def _distance(
    pixel: tuple[int, int],
    first: tuple[float, float],
    last: tuple[float, float],
    size: tuple[float, float],
) -> float:
    """Of a pixel's centre from a straight piece, in millimetres, by sampling its line."""
    p, a, b = (np.asarray(each) * size for each in (pixel, first, last))
    along = b - a
    length = along @ along
    share = 0.0 if length == 0 else min(max(float((p - a) @ along / length), 0.0), 1.0)
    return float(np.linalg.norm(p - a - share * along))


class TestScores:
    def test_painting_two_pixels_beside_one(self) -> None:
        # Slice 3: head 8 pixels of 10 = 80; oedema 10/80, then 30/80 after two more.
        volume = volume_of()
        hip = hip_of(volume)
        new = with_strokes(volume, hip, [stroke((3, 4), ((1, 1),))])
        assert hip.score is not None
        assert new.score is not None
        assert (hip.score.u_intensity, hip.score.u_area) == (0.125, 0.125)
        assert (new.score.u_intensity, new.score.u_area) == (0.375, 0.375)
        assert new.score.slices[3].bme_px == 3
        assert new.score.bme_ml == pytest.approx(0.03)
        assert [s for s in new.score.slices if s.index != 3] == [
            s for s in hip.score.slices if s.index != 3
        ]
        assert new.head is hip.head

    def test_erasing_half_the_head_doubles_the_share(self) -> None:
        # Slice 3: one row of the head, oedema with it, is taken away: 10/40 of a pixel that stays.
        volume = volume_of()
        gone = stroke((4, 3), ((1, 1, 1, 1),), HEAD, erases=True)
        new = with_strokes(volume, hip_of(volume), [gone])
        assert new.score is not None
        assert new.score.slices[3].head_px == 4
        assert new.score.u_intensity == 0.25
        assert full(new, FEMUR).sum() == full(hip_of(volume), FEMUR).sum()

    def test_effusion_counts_outside_the_head_too(self) -> None:
        signal = np.full(SHAPE, 10.0)
        signal[2, 2, 3] = 40.0
        volume = volume_of(signal)
        new = with_strokes(volume, hip_of(volume), [stroke((2, 3), name=FLUID, index=2)])
        assert new.score is not None
        assert new.score.u_intensity == 0.125 + 40.0 / 80.0
        assert new.score.by_lesion is not None
        assert new.score.by_lesion[FLUID].u_intensity == 0.5
        assert new.score.effusion_ml == pytest.approx(0.01)

    def test_centre_and_exclusions_of_a_reader_stay(self) -> None:
        volume = volume_of()
        hip = hip_of(volume)
        assert hip.segmentation is not None
        out = {volume.series.slices[3].key: "vessel"}
        chosen = replace(hip, score=score_hip(volume, hip.segmentation, 2, out))
        new = with_strokes(volume, chosen, [stroke((3, 4)), stroke((3, 4), index=4)])
        assert new.score is not None
        assert (new.score.central_index, new.score.central_moved) == (2, True)
        assert dict(new.score.excluded) == out
        assert new.score.slices[3].reason is Reason.EXCLUDED_BY_READER
        assert new.score.u_area == 0.125

    def test_without_strokes_it_is_the_hip_itself(self) -> None:
        volume = volume_of()
        hip = hip_of(volume)
        assert with_strokes(volume, hip, []) is hip

    def test_the_programs_confidence_is_not_in_a_readers_masks(self) -> None:
        volume = volume_of()
        new = with_strokes(volume, hip_of(volume), [stroke((3, 4))])
        assert new.segmentation is not None
        assert new.segmentation.confidence is None


class TestMasks:
    def test_box_grows_to_what_was_painted(self) -> None:
        volume = volume_of()
        hip = hip_of(volume)
        far = stroke((0, 9), ((1,), (1,)), FLUID, index=0)
        new = with_strokes(volume, hip, [far])
        assert new.segmentation is not None
        assert new.segmentation.box == GridBox((0, 0, 2), (7, 6, 10))
        assert np.argwhere(full(new, FLUID)).tolist() == [[0, 0, 9], [0, 1, 9]]
        for name in (BME, HEAD, FEMUR, PELVIS):
            assert np.array_equal(full(new, name), full(hip, name))

    def test_erasing_outside_the_box_grows_nothing(self) -> None:
        volume = volume_of()
        new = with_strokes(volume, hip_of(volume), [stroke((0, 0), FLUID_ROW, FLUID, erases=True)])
        assert new.segmentation is not None
        assert new.segmentation.box == BOX

    def test_painted_head_is_femur_and_no_hip_bone(self) -> None:
        volume = volume_of()
        new = with_strokes(volume, hip_of(volume), [stroke((2, 3), name=HEAD)])
        assert full(new, HEAD)[3, 2, 3]
        assert full(new, FEMUR)[3, 2, 3]
        assert not full(new, PELVIS)[3, 2, 3]
        back = [stroke((2, 3), name=HEAD), stroke((2, 3), name=HEAD, erases=True)]
        same = with_strokes(volume, hip_of(volume), back)
        for name in SegmentClass:
            assert np.array_equal(full(same, name), full(hip_of(volume), name))

    def test_only_the_head_where_lesions_are_undefined(self) -> None:
        volume = volume_of(contrast=Contrast.T1)
        hip = hip_of(volume, lesions=False)
        assert paintable(volume.series, hip) == (HEAD,)
        new = with_strokes(volume, hip, [stroke((2, 3), name=HEAD)])
        assert new.score is not None
        assert new.score.head_ml == pytest.approx(0.57)
        with pytest.raises(BugError, match="cannot be painted"):
            with_strokes(volume, hip, [stroke((2, 3))])

    @pytest.mark.parametrize(
        "wrong",
        [
            stroke((7, 9), ((1, 1),)),
            stroke((-1, 0)),
            stroke((2, 2), name=FEMUR),
            replace(stroke((2, 2)), index=2),
            replace(stroke((2, 2)), index=7),
        ],
        ids=["beyond", "before", "bone", "other slice", "no slice"],
    )
    def test_what_is_no_stroke_of_the_hip(self, wrong: Stroke) -> None:
        volume = volume_of()
        with pytest.raises(BugError):
            with_strokes(volume, hip_of(volume), [wrong])

    def test_a_hip_without_outlines(self) -> None:
        volume = volume_of()
        lost = HipResult(Side.RIGHT, Head(Side.RIGHT, False, 0.1), None, None)
        assert paintable(volume.series, lost) == ()
        with pytest.raises(BugError):
            with_strokes(volume, lost, [stroke((2, 2))])

    def test_a_drag_becomes_a_stroke_of_its_slice(self) -> None:
        series = volume_of().series
        made = stroke_along(series, 5, FLUID, [(3.0, 4.0)], 2.0, erases=True)
        assert made is not None
        assert (made.key, made.index, made.erases) == (series.slices[5].key, 5, True)
        assert made.start == (2, 2)
        assert made.bits.astype(int).tolist() == [[0, 0, 1, 0, 0], [1] * 5, [0, 0, 1, 0, 0]]
        assert stroke_along(series, 5, FLUID, [(30.0, 4.0)], 2.0) is None


FLUID_ROW = ((1, 1),)


@st.composite
def some_strokes(draw: st.DrawFn, erasing: bool = True) -> Stroke:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    bits = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    start = draw(st.integers(0, SHAPE[1] - rows)), draw(st.integers(0, SHAPE[2] - columns))
    return stroke(
        start,
        np.reshape(bits, (rows, columns)).astype(int).tolist(),
        draw(st.sampled_from(PAINTABLE)),
        draw(st.integers(2, 4)),
        erasing and draw(st.booleans()),
    )


class TestProperties:
    @settings(max_examples=60, deadline=None)
    @given(made=st.lists(some_strokes(), max_size=6))
    def test_each_pixel_is_as_its_last_stroke_left_it(self, made: list[Stroke]) -> None:
        hip = hip_of(VOLUME)
        assert hip.segmentation is not None
        new = drawn(hip.segmentation, made)
        for name in PAINTABLE:
            wanted = hip.segmentation.full(name, SHAPE).copy()
            for each in made:
                if each.name is name:
                    place = (each.index, *map(slice, each.start, each.stop))
                    wanted[place][each.bits] = not each.erases
            assert np.array_equal(new.full(name, SHAPE), wanted)

    @settings(max_examples=40, deadline=None)
    @given(made=st.lists(some_strokes(erasing=False), max_size=5))
    def test_order_of_painting_is_irrelevant_and_twice_is_once(self, made: list[Stroke]) -> None:
        hip = hip_of(VOLUME)
        assert hip.segmentation is not None
        once = drawn(hip.segmentation, made)
        again = drawn(hip.segmentation, [*reversed(made), *made])
        assert once.box == again.box
        for name in SegmentClass:
            assert np.array_equal(once.masks[name], again.masks[name])

    @settings(max_examples=40, deadline=None)
    @given(made=some_strokes(erasing=False))
    def test_erasing_what_was_painted_leaves_nothing_of_it(self, made: Stroke) -> None:
        hip = hip_of(VOLUME)
        assert hip.segmentation is not None
        back = drawn(hip.segmentation, [made, replace(made, erases=True)])
        before = hip.segmentation.full(made.name, SHAPE).copy()
        before[made.index, slice(made.start[0], made.stop[0]), slice(made.start[1], made.stop[1])][
            made.bits
        ] = False
        assert np.array_equal(back.full(made.name, SHAPE), before)

    @settings(max_examples=60)
    @given(acts=st.lists(st.sampled_from(["stroke", "undo", "redo"]), max_size=14))
    def test_undoing_and_doing_again_are_exact(self, acts: list[str]) -> None:
        strokes, model, gone = Strokes(), [], []
        for at, act in enumerate(acts):
            if act == "stroke":
                made = stroke((at % 8, 0))
                strokes, model, gone = strokes.after(BrushAct.PAINTED, made), [*model, made], []
            elif act == "undo":
                strokes = strokes.after(BrushAct.UNDONE)
                gone += [model.pop()] if model else []
            else:
                strokes = strokes.after(BrushAct.REDONE)
                model += [gone.pop()] if gone else []
        assert (list(strokes.standing), list(strokes.undone)) == (model, gone)


VOLUME = volume_of()


class TestJournal:
    @staticmethod
    def entry(number: int, act: BrushAct, side: Side = Side.RIGHT, base: int = 0) -> BrushEntry:
        has = act in (BrushAct.PAINTED, BrushAct.ERASED)
        made = stroke((number, 0)) if has else None
        return BrushEntry(number, side, base, act, "Reader", AT, made)

    def test_what_stands_after_a_session(self) -> None:
        acts = (BrushAct.PAINTED, BrushAct.PAINTED, BrushAct.UNDONE, BrushAct.PAINTED)
        entries = [self.entry(n, act) for n, act in enumerate(acts, 1)]
        strokes = strokes_of(open_entries(entries, Side.RIGHT))
        assert [each.start[0] for each in strokes.standing] == [1, 4]
        assert strokes.undone == ()
        assert open_entries(entries, Side.LEFT) == ()

    @pytest.mark.parametrize("last", [BrushAct.DISCARDED, BrushAct.FINISHED])
    def test_nothing_is_open_after_the_end(self, last: BrushAct) -> None:
        entries = [
            self.entry(1, BrushAct.PAINTED),
            self.entry(2, BrushAct.PAINTED, Side.LEFT),
            self.entry(3, last),
        ]
        assert open_entries(entries, Side.RIGHT) == ()
        assert [each.number for each in open_entries(entries, Side.LEFT)] == [2]
        more = [*entries, self.entry(4, BrushAct.PAINTED, base=1)]
        assert [each.number for each in open_entries(more, Side.RIGHT)] == [4]


def test_oedema_outside_the_bones_is_kept_and_told() -> None:
    volume = volume_of()
    hip = hip_of(volume)
    outside = stroke((7, 2), ((1, 1, 1, 1),))  # two rows below the femur: 0.04 mL
    new = with_strokes(volume, hip, [outside])
    assert full(new, BME)[3, 7, 2:6].all()

    def told(of: HipResult) -> list[str]:
        analysis = build_analysis(volume.series, [of])
        said = notices(volume.series, [of], analysis.models, analysis.compute)
        return [each.code for each in said if each.code == "bme_outside_bone"]

    assert (told(hip), told(new)) == ([], ["bme_outside_bone"])
    touching = with_strokes(volume, hip, [stroke((6, 3), ((1, 1, 1, 1),))])
    assert told(touching) == []
