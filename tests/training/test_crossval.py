"""Cross-validation on toy subjects: no leak, no fold done twice, tables by hand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="timing networks needs their export")

from hipdesk.errors import BugError, OutputError, UnreadableInput  # noqa: E402
from hipdesk.records import SegmentClass, Side  # noqa: E402
from hipdesk.training import crossval, loop  # noqa: E402
from hipdesk.training.cases import pool_of, stacks_of  # noqa: E402
from hipdesk.training.crossval import (  # noqa: E402
    FoldResult,
    GivenSubjects,
    Plan,
    Results,
    assign_folds,
    refuse_leak,
    run,
)
from hipdesk.training.crossval_tables import (  # noqa: E402
    RULE,
    comma_separated,
    fold_values,
    markdown,
    mean_and_sd,
    write_tables,
)
from hipdesk.training.evaluate import HipFigures, PatientFigures  # noqa: E402
from hipdesk.training.metrics import LesionHits, MaskFigures  # noqa: E402
from hipdesk.training.recipes import Architecture  # noqa: E402
from tests.training.case_factory import make_case  # noqa: E402

TINY = Plan((Architecture.UNET,), folds=2, steps=1, width=0.25)
NAN = float("nan")


@given(some.integers(10, 40), some.integers(2, 5), some.integers(0, 9))
def test_every_subject_is_tested_once_and_folds_are_even(count, folds, seed) -> None:
    subjects = [f"s{i}" for i in range(count)]
    found = assign_folds(subjects, folds, seed)
    assert sorted(found) == sorted(subjects)
    sizes = np.bincount(list(found.values()), minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    assert found == assign_folds(subjects[::-1], folds, seed)


def test_too_few_subjects_are_refused_and_a_name_twice_is_a_bug() -> None:
    with pytest.raises(UnreadableInput, match="at least 10"):
        assign_folds([f"s{i}" for i in range(9)], 5, 1)
    with pytest.raises(BugError):
        assign_folds(["a", "a", "b", "c"], 2, 1)


def test_the_leak_detector_finds_one_picture_among_many() -> None:
    ours, theirs = stacks_of([make_case(1)]), stacks_of([make_case(2)])
    refuse_leak(pool_of(ours), theirs)
    signal = theirs[1].signal.copy()
    signal[3] = ours[0].signal[5]
    with pytest.raises(UnreadableInput, match="two patients"):
        refuse_leak(pool_of(ours), [theirs[0], replace(theirs[1], signal=signal)])


@pytest.fixture
def subjects() -> GivenSubjects:
    return GivenSubjects([make_case(seed) for seed in range(4)])


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)


def test_series_of_one_subject_stay_together() -> None:
    cases = [make_case(0), replace(make_case(1), subject="toy 0"), make_case(2)]
    subjects = GivenSubjects(cases)
    assert subjects.subjects == ("toy 0", "toy 2")
    assert [case.name for case in subjects.cases("toy 0")] == ["toy 0", "toy 1"]


def test_subjects_learned_from_are_never_tested_on(subjects, tmp_path, monkeypatch) -> None:
    seen: list[tuple[set[str], set[str]]] = []
    learned: list[str] = []
    stacks, run_fold = crossval._stacks, crossval._run_fold

    def fold_alone(*given) -> None:
        learned.clear()  # what was only made beforehand
        run_fold(*given)

    def watched_stacks(source, name, folder):
        learned.append(name)
        return stacks(source, name, folder)

    def measured(cases, network):
        tested = {case.subject for case in cases}
        # The last ones asked for are those checked for leaks.
        seen.append((set(learned[: -len(tested)]), tested))
        return []

    monkeypatch.setattr(crossval, "_stacks", watched_stacks)
    monkeypatch.setattr(crossval, "_run_fold", fold_alone)
    monkeypatch.setattr(crossval, "measure", measured)
    monkeypatch.setattr(crossval, "_costs", lambda plan, _: dict.fromkeys(plan.architectures, 1.0))
    run(subjects, TINY, tmp_path, "toys")
    assert len(seen) == 2
    for ours, theirs in seen:
        assert ours
        assert theirs
        assert not ours & theirs
    assert seen[0][1] | seen[1][1] == set(subjects.subjects)


def test_a_whole_one_and_its_tables(subjects, tmp_path, monkeypatch) -> None:
    told: list[tuple[float, str]] = []
    results = run(subjects, TINY, tmp_path, "four toys", progress=lambda *each: told.append(each))
    assert results is not None
    assert [part for part, _ in told] == sorted(part for part, _ in told)
    words = [what for _, what in told]
    assert words[:2] == ["crops: patient 1 of 4", "crops: patient 2 of 4"]
    assert "unet, fold 2 of 2: measuring" in words
    assert any(what.startswith("unet, fold 1 of 2: step 1, loss") for what in words)
    assert [fold.fold for fold in results.folds] == [0, 1]
    assert {hip.subject for fold in results.folds for hip in fold.hips} == set(subjects.subjects)
    assert results.milliseconds[Architecture.UNET] > 0
    text, table = (path.read_text(encoding="utf-8") for path in write_tables(results, tmp_path))
    assert "four toys" in text
    assert "unet,1,femoral_head,Dice," in table
    # Nothing is done again: no network is trained or measured any more.
    monkeypatch.setattr(crossval, "train", None)
    monkeypatch.setattr(crossval, "measure", None)
    again = run(subjects, TINY, tmp_path, "four toys")
    assert markdown(again) == text


def test_a_killed_fold_goes_on_where_it_was(subjects, tmp_path, monkeypatch) -> None:
    plan = replace(TINY, steps=3)
    monkeypatch.setattr(crossval, "measure", _weights_of)
    monkeypatch.setattr(crossval, "_costs", lambda plan, _: dict.fromkeys(plan.architectures, 1.0))
    whole = run(subjects, plan, tmp_path / "whole", "toys")

    class Killed(BaseException):
        pass

    monkeypatch.setattr(loop.Effort, "__init__", _effort_that_keeps(loop.Effort.__init__))
    keep = loop._keep

    def keep_and_die(state, *rest):
        keep(state, *rest)
        if state.step == 2:
            raise Killed

    monkeypatch.setattr(loop, "_keep", keep_and_die)
    with pytest.raises(Killed):
        run(subjects, plan, tmp_path / "cut", "toys")
    monkeypatch.setattr(loop, "_keep", keep)
    steps: list[int] = []
    step = loop._step
    monkeypatch.setattr(loop, "_step", lambda *given: steps.append(1) or step(*given))
    resumed = run(subjects, plan, tmp_path / "cut", "toys")
    assert len(steps) == 1 + 3
    for ours, theirs in zip(whole.folds, resumed.folds, strict=True):
        assert repr(ours.figures) == repr(theirs.figures)


def _weights_of(cases, network) -> list[PatientFigures]:
    """Stands for figures: a number that every weight of the network changes."""
    total = sum(
        float(value.detach().double().abs().sum()) for value in network._network.parameters()
    )
    return [PatientFigures((), (total, NAN), (NAN, NAN))]


def _effort_that_keeps(original):
    def begin(self, *given, **named):
        original(self, *given, **{**named, "keep_every_s": 0.0})

    return begin


def test_parts_share_the_folds_and_the_last_one_tells(subjects, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(crossval, "_costs", lambda plan, _: dict.fromkeys(plan.architectures, 1.0))
    monkeypatch.setattr(crossval, "measure", lambda *_: [])
    assert run(subjects, TINY, tmp_path, "toys", part=(0, 2)) is None
    assert not (tmp_path / "unet" / "fold_2").exists()
    assert run(subjects, TINY, tmp_path, "toys", part=(1, 2)) is not None


def test_other_settings_are_not_mixed_in(subjects, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(crossval, "_run_fold", lambda *_: None)
    run(subjects, TINY, tmp_path, "toys")
    run(subjects, replace(TINY, threads=2), tmp_path, "toys")
    with pytest.raises(UnreadableInput, match="other settings"):
        run(subjects, replace(TINY, steps=7), tmp_path, "toys")
    fewer = GivenSubjects([make_case(seed) for seed in range(5)])
    with pytest.raises(UnreadableInput, match="other settings"):
        run(fewer, TINY, tmp_path, "toys")


def test_a_damaged_fold_and_a_blocked_folder_are_explained(subjects, tmp_path) -> None:
    place = tmp_path / "unet" / "fold_1"
    place.mkdir(parents=True)
    (place / "figures.json").write_text('{"minutes": 1}')
    with pytest.raises(UnreadableInput, match="damaged"):
        run(subjects, TINY, tmp_path, "toys", part=(2, 3)) or crossval.read_results(
            replace(TINY, folds=1), 4, "toys", tmp_path
        )
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="space"):
        run(subjects, TINY, tmp_path / "file", "toys")


def test_every_network_has_the_same_number_of_slices_a_step() -> None:
    plan = Plan()
    for architecture in Architecture:
        recipe = plan.recipe_of(architecture)
        slices = recipe.samples * (recipe.depth if architecture.volumetric else 1)
        assert slices == plan.recipe.batch
        assert recipe.steps == plan.steps


def mask(dice: float, ml: float = 1.0, hits: LesionHits | None = None) -> MaskFigures:
    return MaskFigures(dice, dice / 2, 0.9, 4.0, ml, ml, hits or LesionHits(2, 1, 2, 2))


def hip(dice: float, u: tuple[float, float], ml: float = 1.0) -> HipFigures:
    classes = {name: mask(dice, ml) for name in SegmentClass}
    return HipFigures("c", "s", Side.RIGHT, None, classes, mask(dice / 2, ml), u, (NAN, NAN))


def made_results() -> Results:
    def fold(number: int, *hips: HipFigures) -> FoldResult:
        patients = (PatientFigures(hips, (NAN, NAN), (NAN, NAN)),)
        return FoldResult(Architecture.UNET, number, patients, 2.0, 1234567)

    folds = (
        fold(0, hip(0.8, (2.0, 1.0)), hip(0.6, (4.0, 4.0)), hip(0.0, (6.0, 7.0), ml=0.0)),
        fold(1, hip(0.5, (1.0, 1.0)), hip(0.5, (2.0, 2.0))),
    )
    return Results(TINY, 5, "by hand", folds, {Architecture.UNET: 12.34})


def test_tables_by_hand() -> None:
    results = made_results()
    rows = list(csv.reader(io.StringIO(comma_separated(results))))
    values = {tuple(row[1:4]): row[4] for row in rows[1:]}
    # Fold 1: mean of 0.8 and 0.6, the hip without lesion or bone left out; fold 2: 0.5.
    assert values["1", "bme", "Dice"] == "0.7"
    assert values["mean", "bme", "Dice"] == "0.6"
    assert float(values["SD", "bme", "Dice"]) == pytest.approx(0.02**0.5, rel=1e-4)
    assert values["mean", RULE, "Dice"] == "0.3"
    assert values["1", "bme", "lesion-wise sensitivity"] == "0.5"
    assert values["1", "bme", "pixel accuracy"] == "0.9"
    assert values["2", "UNet-score U of a hip", "ICC(2,1)"] == "1"
    assert values["all", "network", "parameters"] == "1234567"
    text = markdown(results)
    row = next(line for line in text.splitlines() if line.startswith("| U-Net |"))
    assert "0.600 ± 0.141" in row
    assert "0.300 ± 0.071" in row
    # Differences 1, 0, -1, 0, 0 have SD sqrt(2 / 4).
    assert f"+0.00 [-{1.96 * 0.5**0.5:.2f}, {1.96 * 0.5**0.5:.2f}]" in row
    assert "1,234,567" in row
    assert "12.3" in row


def test_what_cannot_be_measured_is_a_dash() -> None:
    lesionless = (hip(NAN, (NAN, 1.0), ml=0.0),)
    patients = (PatientFigures(lesionless, (NAN, NAN), (NAN, NAN)),)
    fold = FoldResult(Architecture.UNET, 0, patients, 2.0, 7)
    text = markdown(Results(TINY, 5, "", (fold, replace(fold, fold=1)), {Architecture.UNET: 1.0}))
    assert "nan" not in text
    assert "| U-Net | bme, Dice | – | – |" in text


def test_the_papers_figures_are_never_called_dice() -> None:
    text = markdown(made_results())
    lines = [line for line in text.splitlines() if "88.48" in line or "69.36" in line]
    assert len(lines) == 2
    assert all('"accuracy"' in line for line in lines)
    assert not any("Dice" in line or "IoU" in line for line in lines)
    assert "does not define" in text


def test_mean_and_sd_leave_out_what_is_undefined() -> None:
    mean, spread = mean_and_sd([1.0, NAN, 3.0])
    assert (mean, spread) == (2.0, pytest.approx(2**0.5))
    assert np.isnan(mean_and_sd([NAN])[0])
    assert np.isnan(mean_and_sd([1.0])[1])


def test_empty_folds_have_no_figures_but_no_fault() -> None:
    assert all(np.isnan(value) for value in fold_values([]).values())
    assert json.dumps(sorted({what for what, _ in fold_values([])}))
