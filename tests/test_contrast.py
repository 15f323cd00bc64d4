"""Weighting of MR series from headers and words."""

import pytest

from hipdesk.contrast import SequenceCues, contradiction, weighting
from hipdesk.records import Contrast

T1_TIMES = {"tr_ms": 579.0, "te_ms": 6.2, "scanning_sequence": ("SE",)}
T2_TIMES = {"tr_ms": 3800.0, "te_ms": 72.0, "scanning_sequence": ("SE",)}
INTERMEDIATE = {"tr_ms": 3000.0, "te_ms": 45.0, "scanning_sequence": ("SE",)}
PD_TIMES = {"tr_ms": 2600.0, "te_ms": 12.0, "scanning_sequence": ("SE",)}
STIR_TIMES = {
    "tr_ms": 3550.0,
    "te_ms": 51.0,
    "ti_ms": 145.0,
    "scanning_sequence": ("SE", "IR"),
}


@pytest.mark.parametrize(
    ("cues", "expected"),
    [
        (STIR_TIMES, Contrast.STIR),
        (T1_TIMES, Contrast.T1),
        (T2_TIMES, Contrast.T2),
        (PD_TIMES, Contrast.PD),
        (INTERMEDIATE, Contrast.PD),
        ({**INTERMEDIATE, "description": "t2_tse_cor"}, Contrast.T2),
        ({**T2_TIMES, "scan_options": ("FS",)}, Contrast.T2_FS),
        ({**T1_TIMES, "scan_options": ("FS",)}, Contrast.T1_FS),
        ({**PD_TIMES, "scan_options": ("FS",)}, Contrast.PD_FS),
        ({**T2_TIMES, "fat_suppressed": True}, Contrast.T2_FS),
        ({**T2_TIMES, "image_type": ("DERIVED", "PRIMARY", "WATER")}, Contrast.DIXON_WATER),
        ({**T1_TIMES, "image_type": ("ORIGINAL", "PRIMARY", "W", "W", "TSE")}, Contrast.T1_FS),
        ({**T2_TIMES, "image_type": ("DERIVED", "PRIMARY", "DIXON", "FAT")}, Contrast.OTHER),
        ({**T2_TIMES, "image_type": ("DERIVED", "PRIMARY", "DIXON", "IN_PHASE")}, Contrast.T2),
        ({**T2_TIMES, "image_type": ("DERIVED", "PRIMARY", "ADC")}, Contrast.DWI),
        ({"scanning_sequence": ("EP", "SE"), "sequence_name": "*ep_b800t"}, Contrast.DWI),
        ({"scanning_sequence": ("EP", "SE"), "b_value": 800.0}, Contrast.DWI),
        ({"scanning_sequence": ("GR",), "tr_ms": 4.0, "te_ms": 1.2}, Contrast.OTHER),
        ({"scanning_sequence": ("GR",), "description": "t1_vibe_fs_cor"}, Contrast.T1_FS),
        ({"scanning_sequence": ("GR",), "description": "t2_me2d_cor"}, Contrast.OTHER),
        ({"modality": "CT", "description": "STIR"}, Contrast.OTHER),
        ({"tr_ms": 2100.0, "te_ms": 9.0, "ti_ms": 860.0, "scanning_sequence": ("SE", "IR")},
         Contrast.T1),
        ({"sequence_name": "*tir2d1_16", "scanning_sequence": ("SE", "IR")}, Contrast.STIR),
        ({**T1_TIMES, "ti_ms": 100.0, "scan_options": ("FS",)}, Contrast.T1_FS),
        ({**T1_TIMES, "ti_ms": 100.0, "description": "T1W_SPAIR"}, Contrast.T1_FS),
        ({**T2_TIMES, "ti_ms": 100.0, "description": "T2W_SPAIR"}, Contrast.T2_FS),
        ({**STIR_TIMES, "scan_options": ("IR", "FS")}, Contrast.STIR),
        ({}, Contrast.UNKNOWN),
    ],
)  # fmt: skip
def test_header_values_decide(cues, expected):
    assert weighting(SequenceCues(**cues)) is expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("COR STIR", Contrast.STIR),
        ("t2_tirm_cor_hip", Contrast.STIR),
        ("OCorSTIR", Contrast.STIR),
        ("COR IR-FSE", Contrast.STIR),
        ("T2 TSE COR FS", Contrast.T2_FS),
        ("Cor T2 fat sat", Contrast.T2_FS),
        ("T2W_SPAIR_COR", Contrast.T2_FS),
        ("corT2FS", Contrast.T2_FS),
        ("t2 tse cor fettgesättigt", Contrast.T2_FS),
        ("T2 coro sat graisse", Contrast.T2_FS),
        ("T2 cor suppression de la graisse", Contrast.T2_FS),
        ("COR DP FS", Contrast.PD_FS),
        ("pd_tse_fs_cor", Contrast.PD_FS),
        ("冠状位T2压脂", Contrast.T2_FS),
        ("T2WI 脂肪抑制 冠状位", Contrast.T2_FS),
        ("冠状位T2不压脂", Contrast.T2),
        ("Ｔ２ ＦＳ ＣＯＲ", Contrast.T2_FS),
        ("冠状位 质子 压脂", Contrast.PD_FS),
        ("t1_tse_cor", Contrast.T1),
        ("COR T1 FS +C", Contrast.T1_FS),
        ("t2_tse_cor non-fs", Contrast.T2),
        ("t2_tse_dixon_cor_W", Contrast.DIXON_WATER),
        ("WATER: Cor T2 IDEAL", Contrast.DIXON_WATER),
        ("FAT: Cor T2 IDEAL", Contrast.OTHER),
        ("t2_tse_dixon_cor_F", Contrast.OTHER),
        ("ep2d_diff_b50_800", Contrast.DWI),
        ("弥散", Contrast.DWI),
        ("COR DESS", Contrast.OTHER),
        ("hip", Contrast.UNKNOWN),
    ],
)
def test_words_decide_where_times_are_missing(description, expected):
    assert weighting(SequenceCues(description=description)) is expected


def test_protocol_is_read_only_where_the_description_names_no_weighting():
    assert weighting(SequenceCues(protocol="COR STIR")) is Contrast.STIR
    assert weighting(SequenceCues(description="Hip R", protocol="COR STIR")) is Contrast.STIR
    assert weighting(SequenceCues(description="t1_tse", protocol="COR STIR")) is Contrast.T1


def test_times_outrank_a_wrong_t2_name():
    named = SequenceCues(**T1_TIMES, description="t2_tse_fs_cor")
    assert weighting(named) is Contrast.T1_FS


@pytest.mark.parametrize(
    "tag",
    [
        {"description": "COR STIR"},
        {"ti_ms": 150.0},
        {"ti_ms": 220.0, "scanning_sequence": ("SE", "IR"), "description": "stir_cor"},
    ],
)
def test_each_kind_of_stir_tag_turns_a_t1_series_into_stir(tag):
    cues = SequenceCues(**{**T1_TIMES, "description": "t1_tse_cor", **tag})
    assert weighting(cues) is Contrast.STIR


def test_an_inversion_time_that_spares_fat_refutes_the_name():
    cues = SequenceCues(tr_ms=9000.0, te_ms=110.0, ti_ms=2500.0, description="STIR?",
                        scanning_sequence=("SE", "IR"))  # fmt: skip
    assert weighting(cues) is Contrast.T2


@pytest.mark.parametrize("contrast", [c for c in Contrast if c.fluid_sensitive])
def test_fluid_sensitive_contrasts_can_all_be_reached(contrast):
    words = {
        Contrast.STIR: "stir",
        Contrast.T2_FS: "t2 fs",
        Contrast.PD_FS: "pd fs",
        Contrast.DIXON_WATER: "t2 dixon_w",
    }
    assert weighting(SequenceCues(description=words[contrast])) is contrast


@pytest.mark.parametrize(
    "description", ["T1 COR NO STIR", "t1_tse_cor_non-stir", "T1 COR w/o STIR", "T1 COR sans TIRM"]
)
def test_a_name_that_denies_stir_is_not_stir(description):
    assert weighting(SequenceCues(description=description)) is Contrast.T1
    assert weighting(SequenceCues(**T1_TIMES, description=description)) is Contrast.T1


@pytest.mark.parametrize(
    ("cues", "words"),
    [
        ({**T1_TIMES, "description": "COR STIR"}, "named STIR, but its TR of 579 ms and TE of 6.2"),
        ({**T1_TIMES, "description": "t1_tse_cor", "ti_ms": 150.0}, "inversion time of 150 ms"),
        ({**STIR_TIMES, "description": "COR NO STIR"}, "inversion time of 145 ms"),
        ({**STIR_TIMES, "description": "COR STIR", "ti_ms": 2500.0}, "2500 ms does not null fat"),
    ],
)
def test_a_name_that_its_values_contradict_is_said(cues, words):
    assert words in contradiction(SequenceCues(**cues))


@pytest.mark.parametrize(
    "cues",
    [
        {"description": "COR STIR"},
        {**STIR_TIMES, "description": "COR STIR"},
        {**STIR_TIMES, "description": "hip"},
        {**T1_TIMES, "description": "COR STIR", "scanning_sequence": ("SE", "IR")},
        {**T1_TIMES, "description": "COR STIR", "ti_ms": 150.0},
        {**T1_TIMES, "description": "T1 COR NO STIR"},
        {**T1_TIMES, "description": "COR STIR", "modality": "CT"},
        {**T2_TIMES, "description": "COR STIR"},
    ],
)
def test_names_that_agree_with_their_values_are_left_in_peace(cues):
    assert contradiction(SequenceCues(**cues)) == ""


_T2 = {"tr_ms": 3800.0, "te_ms": 60.0, "scanning_sequence": ("SE",)}
_PD = {"tr_ms": 2600.0, "te_ms": 30.0, "scanning_sequence": ("SE",)}
_IR = {"tr_ms": 4000.0, "te_ms": 40.0, "scanning_sequence": ("SE", "IR")}
_GR = {"tr_ms": 6.0, "te_ms": 2.0, "scanning_sequence": ("GR",)}
_PHILIPS_WATER = {"image_type": ("DERIVED", "PRIMARY", "W", "W", "DERIVED")}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # Siemens
        ("t2_blade_tirm_cor", {}, Contrast.STIR),
        ("pd_spc_fs_cor_iso", _PD, Contrast.PD_FS),
        ("t2_tse_dixon_cor_384_W", _T2, Contrast.DIXON_WATER),
        ("t2_tse_dixon_cor_384_in", _T2, Contrast.T2),
        ("t2_tse_dixon_cor_384_opp", _T2, Contrast.T2),
        # GE
        ("Cor FSE-XL STIR", _IR, Contrast.STIR),
        ("COR FSTIR", _IR, Contrast.STIR),
        ("O-Cor FRFSE-XL FS", _T2, Contrast.T2_FS),
        ("Cor IDEAL W", _T2, Contrast.DIXON_WATER),
        ("Cor IDEAL Fat Sat", _T2, Contrast.T2_FS),
        ("WATER: Cor LAVA-Flex", _GR, Contrast.T1_FS),
        ("Cor T2 SSFSE ASPIR", _T2, Contrast.T2_FS),
        ("cor PD SPECIAL", _PD, Contrast.PD_FS),
        # Philips
        ("STIR_longTE", _IR, Contrast.STIR),
        ("PDW_SPAIR COR", _PD, Contrast.PD_FS),
        ("T2W_SPIR_cor", _T2, Contrast.T2_FS),
        ("T2W_mDIXON_TSE_COR", {**_T2, **_PHILIPS_WATER}, Contrast.DIXON_WATER),
        ("mDIXON-TSE_W cor", _T2, Contrast.DIXON_WATER),
        ("T2 mDIXON w/o contrast", _T2, Contrast.T2),
        # Canon, UIH, Hitachi
        ("T2 DFS cor", _T2, Contrast.T2_FS),
        ("COR T2 SPECIR", _T2, Contrast.T2_FS),
        ("cor WFS W T2", _T2, Contrast.DIXON_WATER),
        ("t2_fse_wfi_cor_W", _T2, Contrast.DIXON_WATER),
        ("t2_fse_wfi_cor_fat", _T2, Contrast.OTHER),
        ("cor T2 FatSep F", _T2, Contrast.OTHER),
        ("COR HIP", {**_T2, "sequence_name": "fse_stir"}, Contrast.STIR),
    ],
)
def test_vendors_own_words(name, values, expected):
    assert weighting(SequenceCues(description=name, **values)) is expected
