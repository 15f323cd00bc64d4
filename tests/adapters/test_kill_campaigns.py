"""Programs killed at any moment: nothing acknowledged is lost, nothing is half there.

Adding and reviewing are killed in `test_store` and `test_store_reviews`, painting in
`test_store_strokes`, migrating in `test_library_faults`, backing up in `test_backup`, a server's
library in `test_store_server`.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hipdesk.adapters.backup import back_up
from hipdesk.adapters.integrity import check, repair
from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.records import Side
from hipdesk.review import ReviewKind
from tests.adapters.library_tools import act, add, kill_while_writing
from tests.adapters.test_store_clinical import FACTS
from tests.analysis_factory import make_analysis, make_patient, make_series
from tests.dicom_factory import STIR, write_series

FIRST_DAY = date(2024, 3, 1)

pytestmark = pytest.mark.slow

ANALYSES = """
import sys
from pathlib import Path
from hipdesk import cli
from hipdesk.cli import models
from hipdesk.paths import LOCATOR
from tests.stacks import FakeLocator, FakeSegmenter

models.load_model = lambda name, provider: FakeLocator() if name == LOCATOR else FakeSegmenter()
study, library, out = sys.argv[1:]
real, sys.stdout = sys.stdout, sys.stderr
print("ready", file=real, flush=True)
number = 0
while True:
    assert cli.main(["analyze", study, "--out", f"{out}/{number}", "--store", library]) == 0
    print(number, file=real, flush=True)
    number += 1
"""
"""The command itself, networks excepted; it acknowledges by its exit code."""


def test_killed_while_analysing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hipdesk analyze --store`, twenty times."""
    from tests.test_cli import SPACING, _voxels

    monkeypatch.setenv("HIPDESK_DATA", str(tmp_path / "user"))
    dice, library, acknowledged = random.Random(51), tmp_path / "library", 0
    write_series(tmp_path / "study", voxels=_voxels(), spacing_mm=SPACING, tags=STIR)
    for number in range(20):
        out = tmp_path / f"out{number}"
        done = kill_while_writing(ANALYSES, [tmp_path / "study", library, out], dice)
        acknowledged += len(done)
        for name in done:
            assert {each.name for each in (out / name).iterdir()} >= {"report.pdf", "result.json"}
        for result in out.glob("*/result.json"):
            assert json.loads(result.read_text("utf-8"))["schema"] == "hipdesk.result/1"
        with SqlVisitStore.open(library) as store:
            stored = store.analyses()
            assert acknowledged <= len(stored)
            assert store.verify_audit() == len(stored)
            assert store.verify_files() == 17  # known again each time: kept once
            assert store.load_segmentation(stored[-1], Side.LEFT).masks
        assert check(library).unknown == ()
        shutil.rmtree(out)
    assert acknowledged >= 20


RECORDS = """
import itertools, sys
from dataclasses import replace
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.clinical import ClinicalFacts, PartialDate, Treatment, TreatmentKind
from hipdesk.himriss import Reading
from hipdesk.records import Side
from hipdesk.review import PairKind
from tests.adapters.library_tools import MORNING

def visits_of(store):
    return [each.visit.uid for who in store.patients() for each in store.entries(who.uid)]

with SqlVisitStore.open(Path(sys.argv[1])) as store:
    first, second = sorted(visits_of(store))
    left, right = store.analyses()
    held = store.facts(first)
    turn = 0 if held is None else int(held.esr_mm_h)
    key = PairKind.SCAN_RESCAN, (left, 0), (right, 0), Side.LEFT, "A"

    def facts(turn):
        store.keep_facts(first, ClinicalFacts(esr_mm_h=float(turn)), "A")
        yield f"clinical {turn}"

    def treatment(turn):
        drug = Treatment(TreatmentKind.BDMARD, f"drug {turn}", PartialDate(2023, 5))
        store.keep_treatment(store.patient_of(first).uid, drug, "A")
        yield "treatment"

    def reading(turn):
        number = 1 + len(store.clinical_record(first).readings)
        store.keep_reading(Reading(first, Side.RIGHT, "A", number, MORNING, False, number % 60))
        yield "reading"

    def regroup(turn):
        new = store.split_visits([first], "A", "parted")
        yield "split"
        store.merge_patients(new, store.patient_of(second).uid, "A", "one person")
        yield "merge"

    def aside(turn):
        store.put_aside([second], "blurred", "A")
        yield "aside"
        store.bring_back([second], "A")
        yield "back"

    def repeat(turn):
        if not store.repeat_pairs():
            store.name_repeat(*key)
            yield "pair"
        store.withdraw_repeat(*key)
        yield "unpair"

    print("ready", flush=True)
    deeds = facts, treatment, reading, regroup, aside, repeat
    for turn in itertools.count(turn + 1):
        for said in deeds[(turn + int(sys.argv[2])) % len(deeds)](turn):
            print(said, flush=True)
"""


def test_killed_while_the_record_is_kept(tmp_path: Path) -> None:
    """Facts, treatments, readings, visits regrouped and put aside, repeats; sixty times."""
    dice, place, said, last = random.Random(52), tmp_path / "library", Counter[str](), 0
    with SqlVisitStore.open(place) as store:
        for day in (1, 2):
            series = make_series(make_patient(), day=FIRST_DAY.replace(day=day))
            scan = replace(make_analysis(series), pixel_sha256=f"{day}" * 64)
            add(store, tmp_path / "in", scan)
    for number in range(60):
        told = kill_while_writing(RECORDS, [place, str(number)], dice)
        said.update(line.split()[0] for line in told)
        last = max([last, *(int(line.split()[1]) for line in told if " " in line)])
        with SqlVisitStore.open(place) as store:
            assert store.verify_audit() == store.counts()["audit"]
            assert_kept(store, said, last)
            for each in store.visits_aside():
                store.bring_back([each.visit_uid], "after the kill")
            if len(store.patients()) > 1:
                here, there = (each.uid for each in store.patients())
                store.merge_patients(here, there, "after the kill", "one person")
    deeds = ("clinical", "treatment", "reading", "split", "merge", "aside", "back", "unpair")
    assert min(said[name] for name in deeds) >= 2, said
    assert check(place).sound


def assert_kept(store: SqlVisitStore, said: Counter[str], last: int) -> None:
    """At least what was acknowledged, the newest facts among it; every visit is somewhere."""
    counts = store.counts()
    for table in ("clinical", "treatment", "reading"):
        assert counts[table] >= said[table]
    assert counts["visit_put_aside"] >= said["aside"] + said["back"]
    assert counts["visit_pair"] >= said["pair"] + said["unpair"]
    listed = [entry.visit.uid for who in store.patients() for entry in store.entries(who.uid)]
    listed += [entry.visit_uid for entry in store.visits_aside()]
    assert len(listed) == 2
    held = store.facts(min(listed))
    assert (0.0 if held is None else held.esr_mm_h or 0.0) >= last


RESTORES = """
import sys
from pathlib import Path
from hipdesk.adapters.backup import restore
file, place = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
while True:
    print(restore(file, place, force=True).earlier, flush=True)
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    place = tmp_path / "library"
    with SqlVisitStore.open(place) as store:
        analysis, visit = add(store, tmp_path / "in", make_analysis())
        store.review(analysis.uid, [act(ReviewKind.ACCEPTED, Side.LEFT)])
        store.keep_facts(visit, FACTS, "A")
    return place


def whole(place: Path) -> bool:
    with SqlVisitStore.open(place) as store:
        return (store.verify_audit(), store.verify_files()) == (3, 7)


def test_killed_while_restoring(filled: Path, tmp_path: Path) -> None:
    """Twenty times: the library is there, the one before or the restored one."""
    dice = random.Random(53)
    back_up(filled, tmp_path / "backup.zip")
    for _ in range(20):
        earlier = kill_while_writing(RESTORES, [tmp_path / "backup.zip", filled], dice)
        kept = [path for path in tmp_path.iterdir() if path.name.startswith("library-before-")]
        assert {Path(each) for each in earlier} <= {*kept}
        if not (filled / DATABASE).exists():  # between the two names: the one before lies beside
            max(kept).rename(filled)
        assert whole(filled)
        for path in kept:
            assert not path.exists() or check(path).sound
            shutil.rmtree(path, ignore_errors=True)


REPAIRS = """
import shutil, sys
from pathlib import Path
from hipdesk.adapters.integrity import repair
place, file = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
while True:
    images = sorted((place / "library").rglob("*.dcm"))
    images[0].unlink()
    images[1].write_bytes(b"damaged")
    print(repair(place, file).after.sound, flush=True)
"""


def test_killed_while_repairing(filled: Path, tmp_path: Path) -> None:
    """Twenty times: repairing again makes it whole."""
    dice = random.Random(54)
    back_up(filled, tmp_path / "backup.zip")
    for _ in range(20):
        told = kill_while_writing(REPAIRS, [filled, tmp_path / "backup.zip"], dice)
        assert set(told) == {"True"}
        assert repair(filled, tmp_path / "backup.zip").after.sound
        assert whole(filled)
