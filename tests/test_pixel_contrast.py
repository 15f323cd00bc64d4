"""Whether fat is bright: on pictures of known tissues, on simulated ones and on real T1."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.pixel_contrast import (
    OFFSET,
    WEIGHTS,
    Fat,
    PixelVerdict,
    features,
    judge_fat,
    settle_contrast,
)
from hipdesk.records import Contrast, Head, Reason, Scan, Side, Volume
from hipdesk.series_choice import as_said
from tests.stacks import series_of, stack_about, turned

SHAPE = (15, 100, 180)
SPACING = (5.0, 2.0, 2.0)
AFFINE = stack_about(turned(0, 0, 0), SPACING, SHAPE)
CENTRES = {Side.RIGHT: (-90.0, 0.0, 0.0), Side.LEFT: (90.0, 0.0, 0.0)}
HEADS = tuple(Head(side, True, 0.9, centre, 24.0) for side, centre in CENTRES.items())
LOST = Head(Side.LEFT, False, 0.1, reason=Reason.HEAD_NOT_FOUND)


def _volume(marrow, muscle, fat, fluid, contrast=Contrast.UNKNOWN, oedema=1.0):
    """Muscle with two heads; fat above, a little fluid below."""
    voxels = np.full(SHAPE, muscle, np.float32)
    voxels[:, :22] = fat
    voxels[:, 97:] = fluid
    index = np.moveaxis(np.indices(SHAPE), 0, -1)
    points = index @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    for side, factor in ((Side.RIGHT, oedema), (Side.LEFT, 1.0)):
        voxels[np.linalg.norm(points - CENTRES[side], axis=-1) < 24.0] = marrow * factor
    series = replace(series_of(AFFINE, SHAPE), contrast=contrast)
    return Volume(series, voxels, "0" * 64)


T1 = {"marrow": 300.0, "muscle": 100.0, "fat": 330.0, "fluid": 60.0}
STIR = {"marrow": 100.0, "muscle": 110.0, "fat": 60.0, "fluid": 600.0}


def test_the_two_ratios_by_hand():
    measured = features(_volume(**T1).voxels, AFFINE, HEADS)
    assert measured[0] == pytest.approx(3.0)
    bright = _volume(**T1).voxels[:, ::2, ::2]
    assert measured[1] == pytest.approx(float(np.mean(bright > 165.0)))


def test_bright_and_dark_fat():
    bright, dark = judge_fat(_volume(**T1), HEADS), judge_fat(_volume(**STIR), HEADS)
    assert (bright.fat, dark.fat) == (Fat.BRIGHT, Fat.DARK)
    share = features(_volume(**STIR).voxels, AFFINE, HEADS)[1]
    want = WEIGHTS[0] * np.log(100 / 110) + WEIGHTS[1] * np.log(share) + OFFSET
    assert dark.log_odds == pytest.approx(want, abs=0.01)


def test_gain_changes_nothing():
    one = _volume(**STIR)
    assert judge_fat(replace(one, voxels=one.voxels * 7), HEADS) == judge_fat(one, HEADS)


def test_oedema_of_one_head_does_not_make_fat_bright():
    assert judge_fat(_volume(**STIR, oedema=3.0), HEADS).fat is Fat.DARK


def test_without_a_head_nothing_is_said():
    assert judge_fat(_volume(**T1), (LOST,)) == PixelVerdict()
    assert judge_fat(replace(_volume(**T1), voxels=np.zeros(SHAPE, np.float32)), HEADS).fat is None


@pytest.mark.parametrize(
    ("stated", "tissues", "contrast", "codes"),
    [
        (Contrast.UNKNOWN, STIR, Contrast.T2_FS, ["contrast_from_pixels"]),
        (Contrast.UNKNOWN, T1, Contrast.OTHER, ["contrast_from_pixels"]),
        (Contrast.STIR, STIR, Contrast.STIR, []),
        (Contrast.STIR, T1, Contrast.STIR, ["contrast_disagrees"]),
        (Contrast.T1, T1, Contrast.T1, []),
        (Contrast.T1, STIR, Contrast.T1, ["contrast_disagrees"]),
        (Contrast.T1_FS, STIR, Contrast.T1_FS, []),
        (Contrast.OTHER, STIR, Contrast.OTHER, []),
    ],
)
def test_headers_are_believed_and_contradicted_aloud(stated, tissues, contrast, codes):
    volume = _volume(**tissues, contrast=stated)
    settled = settle_contrast(volume.series, judge_fat(volume, HEADS))
    assert settled.contrast is contrast
    assert [notice.code for notice in settled.notices] == codes


def test_a_reader_is_believed_and_contradicted_by_name():
    volume = _volume(**T1, contrast=Contrast.T1)
    scan = Scan(Path("root"), (volume.series,), (), 0.0)
    (said,) = as_said(scan, stated={volume.series.uid: Contrast.STIR}).series
    settled = settle_contrast(said, judge_fat(volume, HEADS))
    assert settled.contrast is Contrast.STIR
    assert [notice.code for notice in settled.notices] == [
        "contrast_by_reader",
        "contrast_disagrees",
    ]
    assert settled.notices[1].message.startswith("A reader calls the series fluid-sensitive")


@pytest.mark.parametrize("odds", [-2.1, 2.1])
def test_an_unsure_verdict_contradicts_nothing(odds):
    fat = Fat.BRIGHT if odds > 0 else Fat.DARK
    stated = Contrast.STIR if odds > 0 else Contrast.T1
    series = replace(_volume(**T1).series, contrast=stated)
    assert settle_contrast(series, PixelVerdict(fat, odds)) is series


@pytest.mark.parametrize("name", ["images_01", "images_10", "images_23"])
def test_fat_is_bright_on_real_t1(shared_data, name):
    known = json.loads((Path(__file__).parent / "real_head_centres.json").read_text("utf-8"))[name]
    heads = [Head(side, True, 0.9, tuple(known[side]), 22.0) for side in Side]
    with DicomFolderReader() as reader:
        (series, *_) = reader.scan(shared_data / "mr_coronal_t1" / name).series
        volume = reader.read(series)
    verdict = judge_fat(volume, heads)
    assert verdict.fat is Fat.BRIGHT
    assert settle_contrast(series, verdict) is series
