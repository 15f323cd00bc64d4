"""A series is known again by its scanner's protocol, whoever lies in the scanner."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import UTC, date, datetime

import pytest

from hipdesk.errors import NoSuitableSeries
from hipdesk.ports import ProtocolChoice
from hipdesk.records import Acquisition, Contrast, Patient, Plane, Series, StudyInfo
from hipdesk.scanner_protocol import is_of, protocol_of, same_protocol
from hipdesk.series_choice import (
    CONTRAST_BY_READER,
    applied,
    as_said,
    choose,
    worth_remembering,
)
from tests.test_series_choice import scan_of, series

MADE = Acquisition(
    manufacturer="SIEMENS",
    model="Aera",
    sequence="*tir2d1_7",
    protocol="t2_tirm_cor",
    tr_ms=4000.0,
    te_ms=42.0,
    ti_ms=150.0,
)
WHEN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)

STIR = series("1.1", acquisition=MADE, description="t2_tirm_cor", number=3)
T2 = series(
    "1.2",
    Contrast.T2_FS,
    acquisition=replace(MADE, protocol="t2_tse_fs_cor", sequence="*tse2d1_9", ti_ms=None),
    description="t2_tse_fs_cor",
)
T1 = series(
    "1.3",
    Contrast.T1,
    acquisition=replace(MADE, protocol="t1_tse_cor", sequence="*tse2d1_3", tr_ms=600, ti_ms=None),
    description="t1_tse_cor",
)


def choice(of: Series, contrast: Contrast | None = None, uid: str = "c1") -> ProtocolChoice:
    protocol = protocol_of(of)
    assert protocol is not None
    return ProtocolChoice(uid, protocol, contrast, "Dr. Roe", WHEN)


def made(**changes: object) -> Series:
    return replace(STIR, acquisition=replace(MADE, **changes))  # type: ignore[arg-type]


# The key


def test_scanner_words_are_plain_and_complete():
    protocol = protocol_of(replace(STIR, image_type=("ORIGINAL", "PRIMARY", "M")))
    assert astuple(protocol) == (
        "siemens", "aera", "t2 tirm cor", "t2 tirm cor", "*tir2d1 7", "original\\primary\\m",
        Plane.CORONAL, 4000.0, 42.0, 150.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"tr_ms": 4900.0}, {"te_ms": 38.0}, {"model": "AERA "}, {"institution": "Elsewhere"},
     {"field_strength_t": 1.5}],
)  # fmt: skip
def test_the_same_protocol_of_another_day(changes: dict):
    assert same_protocol(protocol_of(STIR), protocol_of(made(**changes)))


@pytest.mark.parametrize(
    "changes",
    [{"manufacturer": "GE"}, {"model": "Vida"}, {"protocol": "t2_tirm_cor_2"},
     {"sequence": "*tse2d1_7"}, {"te_ms": 80.0}, {"ti_ms": None}, {"ti_ms": 220.0},
     {"tr_ms": 6000.0}],
)  # fmt: skip
def test_another_protocol(changes: dict):
    assert not same_protocol(protocol_of(STIR), protocol_of(made(**changes)))


def test_repetition_time_follows_the_slices_that_a_patient_needs():
    """A third more slices at the same echo time; proton density needs two and a half times."""
    t1 = made(tr_ms=434.0, te_ms=6.2, ti_ms=None)
    assert same_protocol(protocol_of(t1), protocol_of(made(tr_ms=579.0, te_ms=6.2, ti_ms=None)))
    density = made(tr_ms=1100.0, te_ms=6.2, ti_ms=None)
    assert not same_protocol(protocol_of(t1), protocol_of(density))


def test_plane_and_kind_of_image_tell_protocols_apart():
    water = replace(STIR, image_type=("DERIVED", "PRIMARY", "W"))
    assert not same_protocol(protocol_of(STIR), protocol_of(water))
    axial = replace(STIR, plane=Plane.AXIAL)
    assert not same_protocol(protocol_of(STIR), protocol_of(axial))


def test_a_series_that_does_not_say_who_made_it_has_no_protocol():
    assert protocol_of(made(manufacturer="", model="")) is None
    assert protocol_of(replace(made(protocol=""), description="")) is None
    assert not is_of(made(manufacturer="", model=""), choice(STIR))


@pytest.mark.parametrize(
    ("description", "left"),
    [
        ("STIR cor DOE JANE", "stir cor"),
        ("STIR_cor_Doe^Jane_4711-X", "stir cor"),
        ("STIR cor 2024-03-01", "stir cor"),
        ("STIR cor 20240301 A77", "stir cor"),
        ("\u5f20\u4f1f STIR cor", "stir cor"),
        ("STIR cor doe-scan", "stir cor -scan"),
        ("janet STIR cor", "janet stir cor"),
    ],
)
def test_no_word_of_the_patient_or_the_day_is_kept(description: str, left: str):
    patient = Patient(
        "4711-X", "C", "DOE^JANE", date(1980, 5, 17), "F", ("DOE^JANE", "\u5f20^\u4f1f")
    )
    named = replace(
        STIR, description=description, patient=patient, study=StudyInfo("1", accession="A77")
    )
    assert protocol_of(named).description == left


def test_the_key_of_two_patients_is_one():
    jane = replace(STIR, description="STIR Doe", patient=Patient(name="Doe^Jane"))
    john = replace(STIR, description="STIR Roe", patient=Patient(name="Roe^John"))
    assert same_protocol(protocol_of(jane), protocol_of(john))


# The series that is preferred


def test_what_was_chosen_before_is_chosen_again_and_says_so():
    scan = scan_of(STIR, T2, T1)
    assert choose(scan).chosen == (STIR,)
    again = choose(scan, remembered=[choice(T2)])
    assert again.chosen == (T2,)
    assert again.reason == (
        "Chosen as on 2026-11-01 for this protocol: coronal, fat-suppressed T2, 20 slices."
    )
    assert applied(scan, [choice(T2)]).uid == "c1"


def test_the_newest_choice_goes_first_and_what_fits_nothing_is_left_out():
    other = series("9.9", acquisition=replace(MADE, model="Vida"), description="elsewhere")
    third = replace(T2, uid="1.4", description="t2_other")
    scan = scan_of(STIR, T2, third)
    remembered = [choice(other, uid="new"), choice(third, uid="mid"), choice(T2, uid="old")]
    assert choose(scan, remembered=remembered).chosen == (third,)
    assert applied(scan, remembered).uid == "mid"


def test_what_the_program_chooses_itself_needs_no_memory():
    scan = scan_of(STIR, T2)
    assert choose(scan, remembered=[choice(STIR)]).reason.startswith("It is the best of 2")
    assert applied(scan, [choice(STIR)]) is None
    assert worth_remembering(scan, "1.1") is None


def test_a_series_asked_for_goes_before_what_is_remembered():
    assert choose(scan_of(STIR, T2), "1.1", remembered=[choice(T2)]).chosen == (STIR,)


def test_a_series_without_lesions_is_preferred_only_where_none_shows_them():
    with_lesions, without = scan_of(STIR, T1), scan_of(T1)
    assert choose(with_lesions, remembered=[choice(T1)]).chosen == (STIR,)
    assert worth_remembering(with_lesions, "1.3") is None
    with pytest.raises(NoSuitableSeries):
        choose(without)
    assert choose(without, remembered=[choice(T1)]).chosen == (T1,)
    assert worth_remembering(without, "1.3") == protocol_of(T1)


def test_a_preferred_series_of_one_hip_brings_its_counterpart():
    right = replace(T2, uid="2.1", columns=200, description="t2 R")
    left = replace(T2, uid="2.2", columns=200, description="t2 L")
    chosen = choose(scan_of(STIR, right, left), remembered=[choice(right)])
    assert [each.uid for each in chosen.chosen] == ["2.1", "2.2"]
    assert chosen.reason.endswith("coronal, fat-suppressed T2, right and left series.")


def test_several_patients_are_refused_whatever_is_remembered():
    other = replace(T2, patient=Patient("2", "C", "Roe", date(1970, 1, 1), "M"))
    own = replace(STIR, patient=Patient("1", "C", "Doe", date(1980, 1, 1), "F"))
    with pytest.raises(NoSuitableSeries, match="2 patients"):
        choose(scan_of(own, other), remembered=[choice(T2)])


# The contrast that is said


def test_a_series_called_sensitive_is_used_and_tells_who_says_so():
    said = as_said(scan_of(T1), [choice(T1, Contrast.PD_FS)])
    (one,) = choose(said).chosen
    assert one.contrast is Contrast.PD_FS
    assert one.notices[-1].code == CONTRAST_BY_READER
    assert one.notices[-1].message == (
        "A reader said on 2026-11-01 that series of this protocol are fat-suppressed PD; "
        "by its files it is T1-weighted."
    )


def test_a_series_called_not_sensitive_is_left_out():
    said = as_said(scan_of(STIR, T2), [choice(STIR, Contrast.OTHER)])
    assert choose(said).chosen == (said.series[1],)
    assert "not fluid-sensitive; by its files it is STIR." in said.series[0].notices[-1].message


def test_words_of_the_reader_go_before_those_remembered():
    remembered = [choice(STIR, Contrast.OTHER)]
    said = as_said(scan_of(STIR, T1), remembered, {"1.1": Contrast.STIR})
    assert said.series[0] is STIR
    said = as_said(scan_of(STIR, T1), remembered, {"1.3": Contrast.STIR})
    assert [each.contrast for each in said.series] == [Contrast.OTHER, Contrast.STIR]
    assert said.series[1].notices[-1].message.startswith("The reader says that this series is STIR")


def test_what_files_do_not_say_is_not_quoted():
    silent = replace(T1, contrast=Contrast.UNKNOWN)
    said = as_said(scan_of(silent), (), {"1.3": Contrast.OTHER})
    assert said.series[0].contrast is Contrast.OTHER
    assert said.series[0].notices[-1].message.endswith("its files do not say it.")


def test_a_series_that_shows_no_lesions_anyway_keeps_its_kind():
    assert as_said(scan_of(T1), (), {"1.3": Contrast.OTHER}).series[0] is T1
