"""Names and descriptions in every character set, declared rightly, wrongly or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hipdesk import cli
from hipdesk.adapters._dicom_text import charset_value, decoded
from hipdesk.adapters.dicom_folder import DicomFolderReader, is_charset
from hipdesk.adapters.report_pdf import to_pdf
from hipdesk.errors import UnreadableInput
from hipdesk.ports import CHARSETS
from hipdesk.records import Series
from hipdesk.wording import person_name
from tests.adapters.test_report_pdf import pages_of, reported
from tests.dicom_factory import T1, enhanced_dataset, pattern, save, slice_positions, write_series

CHINESE, JAPANESE, KOREAN = "王^小东", "山田^太郎", "김^희중"
RUSSIAN, GREEK = "Иванов^Иван", "Παπαδόπουλος^Γιώργος"
ARABIC, HEBREW, THAI = "محمد^علي", "כהן^דוד", "สมชาย^ใจดี"


def element(tag: bytes, vr: bytes, value: bytes) -> bytes:
    padded = value + b" " * (len(value) % 2)
    return tag + vr + len(padded).to_bytes(2, "little") + padded


def write(folder: Path, charset: bytes, name: bytes, description: bytes = b"COR T1") -> None:
    """One file whose texts are just these bytes."""
    (path,) = write_series(
        folder, slices=1, rows=8, columns=8, tags={**T1, "SeriesDescription": "PLACE"}
    )
    content = path.read_bytes()
    for tag, vr, old, new in (
        (b"\x08\0\x05\0", b"CS", b"ISO_IR 192", charset),
        (b"\x10\0\x10\0", b"PN", b"Test^Phantom", name),
        (b"\x08\0\x3e\x10", b"LO", b"PLACE", description),
    ):
        assert content.count(element(tag, vr, old)) == 1
        content = content.replace(element(tag, vr, old), element(tag, vr, new))
    path.write_bytes(content)


def opened(folder: Path, charset: str = "") -> Series:
    (series,) = DicomFolderReader().scan(folder, charset=charset).series
    return series


def doubt(series: Series) -> str:
    return " ".join(n.message for n in series.notices if n.code == "text_doubtful")


def guess(series: Series) -> list[str]:
    """The sets that a doubt names."""
    _, _, rest = doubt(series).partition("it may be ")
    return rest.partition(":")[0].split(" or ") if rest else []


# As declared

DECLARED = [
    (b"GB18030", CHINESE.encode("gb18030"), "王小东", (CHINESE,)),
    (b"GB18030", "㐂^𠀀".encode("gb18030"), "㐂𠀀", ("㐂^𠀀",)),
    (b"GBK", "王^小東".encode("gbk"), "王小東", ("王^小東",)),
    (b"ISO 2022 GBK", "王^小東".encode("gbk"), "王小東", ("王^小東",)),
    (b"ISO_IR 192", CHINESE.encode(), "王小东", (CHINESE,)),
    (b"ISO_IR 192", b"", "", ()),
    (
        b"\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "张小东 (Zhang XiaoDong)",
        ("Zhang^XiaoDong", "张^小东"),
    ),
    (
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        (
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
            b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J"
        ),
        "山田太郎 (ﾔﾏﾀﾞ ﾀﾛｳ)",
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "山田^太郎", "やまだ^たろう"),
    ),
    (
        b"\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "山田太郎 (Yamada Tarou)",
        ("Yamada^Tarou", "山田^太郎", "やまだ^たろう"),
    ),
    (
        b"\\ISO 2022 IR 87\\ISO 2022 IR 159",
        b"Y^T=\x1b$(D\x30\x21\x1b(B^\x1b$BB@\x1b(B",
        "丂太 (Y T)",
        ("Y^T", "丂^太"),
    ),
    (b"ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ ﾀﾛｳ", ("ﾔﾏﾀﾞ^ﾀﾛｳ",)),
    (
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "洪吉洞 (Hong Gildong)",
        ("Hong^Gildong", "洪^吉洞", "홍^길동"),
    ),
    (b"ISO 2022 IR 149", KOREAN.encode("euc_kr"), "김희중", (KOREAN,)),
    (b"ISO_IR 144", RUSSIAN.encode("iso8859_5"), "Иванов Иван", (RUSSIAN,)),
    (b"ISO_IR 126", GREEK.encode("iso8859_7"), "Παπαδόπουλος Γιώργος", (GREEK,)),
    (b"ISO_IR 127", ARABIC.encode("iso8859_6"), "محمد علي", (ARABIC,)),
    (b"ISO_IR 138", HEBREW.encode("iso8859_8"), "כהן דוד", (HEBREW,)),
    (b"ISO_IR 166", THAI.encode("tis_620"), "สมชาย ใจดี", (THAI,)),
    (b"ISO_IR 100", "Müller^Jörg".encode("latin_1"), "Müller Jörg", ("Müller^Jörg",)),
    (b"ISO_IR 101", "Łódź^Żaneta".encode("iso8859_2"), "Łódź Żaneta", ("Łódź^Żaneta",)),
    (b"ISO_IR 109", "Ĥaĉo^Ĉu".encode("iso8859_3"), "Ĥaĉo Ĉu", ("Ĥaĉo^Ĉu",)),
    (b"ISO_IR 110", "Bērziņš^J".encode("iso8859_4"), "Bērziņš J", ("Bērziņš^J",)),
    (b"ISO_IR 148", "Şahin^Gül".encode("iso8859_9"), "Şahin Gül", ("Şahin^Gül",)),
    (b"ISO_IR 203", "Œuvré^Zoë".encode("iso8859_15"), "Œuvré Zoë", ("Œuvré^Zoë",)),
    (
        b"ISO 2022 IR 6\\ISO 2022 IR 100",
        b"Dupont^\x1b-AFran\xe7ois",
        "Dupont François",
        ("Dupont^François",),
    ),
    (
        b"ISO 2022 IR 100\\ISO 2022 IR 144",
        "M\xfcller^".encode("latin_1") + b"\x1b-L" + "Иван".encode("iso8859_5"),
        "Müller Иван",
        ("Müller^Иван",),
    ),
]


@pytest.mark.parametrize(("charset", "name", "shown", "groups"), DECLARED)
def test_names_of_every_declared_set_are_read(tmp_path, charset, name, shown, groups):
    write(tmp_path, charset, name)
    series = opened(tmp_path)
    assert series.patient.name == shown
    assert series.patient.name_groups == groups
    assert doubt(series) == ""


@pytest.mark.parametrize("spelt", [b"ISO_IR192", b"ISO IR 192", b"UTF-8", b"utf8", b"iso_ir 192"])
def test_misspelt_declarations_are_understood(tmp_path, spelt):
    write(tmp_path, spelt, CHINESE.encode())
    assert opened(tmp_path).patient.name == "王小东"


def test_descriptions_are_text_too(tmp_path):
    write(tmp_path, b"\\ISO 2022 IR 58", b"Li^X", b"\x1b$)A\xb9\xda\xb9\xd8\xbd\xda STIR")
    assert opened(tmp_path).description == "冠关节 STIR"


def test_escape_sequences_count_without_being_announced(tmp_path):
    write(tmp_path, b"", b"Yamada^T=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B")
    series = opened(tmp_path)
    assert series.patient.name_groups == ("Yamada^T", "山田^太郎")
    assert doubt(series) == ""


@pytest.mark.parametrize(
    ("value", "first", "text"),
    [
        (b"\x1b$)C\xb1\xe8^\xc8\xf1\xc1\xdf", "", "김^희중"),  # not announced again after ^
        (b"a\x1b", "", "a"),
        (b"\x1b$B", "", ""),
        (b"\x1b$B;", "", "\ufffd"),
        (b"\x1b$)A\xd5", "", "\ufffd"),
        (b"\x1b$)A\xd5\xc5^M\xfcller", "ISO_IR 100", "张^Müller"),
        (b"\x1b%z\xe9", "ISO_IR 100", "%zé"),
        (b"\x1b-L\xb0=\xe9", "ISO 2022 IR 100", "А=é"),
    ],
)
def test_escape_sequences_of_odd_texts(value, first, text):
    assert decoded(value, first, is_name=True) == text


# Wrongly declared

WRONG = [
    (b"ISO_IR 100", CHINESE.encode("gb18030"), "GB18030", CHINESE),
    (b"", CHINESE.encode("gb18030"), "GB18030", CHINESE),
    (b"ISO_IR 192", CHINESE.encode("gb18030"), "GB18030", CHINESE),
    (b"ISO_IR 100", CHINESE.encode(), "ISO_IR 192", CHINESE),
    (b"GB18030", CHINESE.encode(), "ISO_IR 192", CHINESE),
    (b"ISO_IR 100", "陳^大文".encode("big5"), "Big5", "陳^大文"),
    (b"ISO_IR 100", JAPANESE.encode("shift_jis"), "Shift_JIS", JAPANESE),
    (b"ISO_IR 100", KOREAN.encode("euc_kr"), "ISO 2022 IR 149", KOREAN),
    (b"ISO_IR 100", RUSSIAN.encode("cp1251"), "windows-1251", RUSSIAN),
    (b"ISO_IR 100", GREEK.encode("iso8859_7"), "ISO_IR 126", GREEK),
    (b"ISO_IR 100", ARABIC.encode("cp1256"), "windows-1256", ARABIC),
    (b"ISO_IR 100", HEBREW.encode("iso8859_8"), "ISO_IR 138", HEBREW),
    (b"ISO_IR 100", THAI.encode("tis_620"), "ISO_IR 166", THAI),
    (b"ISO_IR 100", "Müller^Jörg".encode(), "ISO_IR 192", "Müller^Jörg"),
    (b"ISO_IR 192", "Müller^Jörg".encode("latin_1"), "ISO_IR 100", "Müller^Jörg"),
]


@pytest.mark.parametrize(("charset", "name", "right", "text"), WRONG)
def test_a_wrong_set_is_told_and_can_be_replaced(tmp_path, charset, name, right, text):
    write(tmp_path, charset, name)
    assert right in guess(opened(tmp_path))
    mended = opened(tmp_path, right)
    assert mended.patient.name_groups == (text,)
    assert doubt(mended) == ""


@pytest.mark.parametrize(
    "name", ["Müller^Jörg", "García-Peña^José", "Œ^É", "Ångström^Å", "O'Brien^Seán", "Straße^Ä"]
)
def test_western_names_are_not_doubted(tmp_path, name):
    write(tmp_path, b"ISO_IR 192", name.encode(), "COR T1 90° – 2ème".encode())
    assert doubt(opened(tmp_path)) == ""


def test_a_doubt_names_nobody(tmp_path):
    write(tmp_path, b"ISO_IR 100", CHINESE.encode("gb18030"))
    sentence = doubt(opened(tmp_path))
    assert sentence.endswith(".")
    assert sentence.isascii()


def test_the_chosen_set_reaches_everything_a_series_says(tmp_path):
    write(tmp_path, b"ISO_IR 100", CHINESE.encode("gb18030"), "冠状位 STIR".encode("gb18030"))
    series = opened(tmp_path, "gb2312")
    assert series.description == "冠状位 STIR"
    assert person_name(series.patient.name) == "王小东"


def test_the_chosen_set_reaches_enhanced_files(tmp_path):
    positions = slice_positions((1, 0, 0, 0, 0, -1), (3, 12, 16), (5, 5, 5), (0, 0, 0))
    dataset = enhanced_dataset(positions=positions, voxels=pattern(3, 12, 16))
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Test^Phantom"
    save(dataset, tmp_path / "enhanced")
    content = (tmp_path / "enhanced").read_bytes()
    name = CHINESE.encode("gb18030").ljust(12)
    (tmp_path / "enhanced").write_bytes(content.replace(b"Test^Phantom", name))
    assert opened(tmp_path, "GB18030").patient.name == "王小东"


@pytest.mark.parametrize("name", CHARSETS)
def test_every_set_on_offer_can_be_used(name):
    assert is_charset(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", b""),
        ("gb18030", b"GB18030"),
        ("utf-8", b"ISO_IR 192"),
        ("iso_ir 144", b"ISO_IR 144"),
        ("ISO-2022-IR-149", b"ISO 2022 IR 149"),
        ("\\ISO 2022 IR 87", b"\\ISO 2022 IR 87"),
        ("Windows-1251", b"cp1251"),
    ],
)
def test_sets_are_known_by_the_names_people_use(name, value):
    assert charset_value(name) == value


@pytest.mark.parametrize("name", ["klingon", "ISO_IR 999", "\\", "zlib", "GB18030\\klingon"])
def test_a_set_that_nobody_knows_is_refused(tmp_path, name):
    write(tmp_path, b"GB18030", CHINESE.encode("gb18030"))
    assert not is_charset(name)
    with pytest.raises(UnreadableInput, match="no character set called"):
        opened(tmp_path, name)


# On the way out

NAMES = [
    (b"GB18030", CHINESE.encode("gb18030"), "王小东"),
    (b"ISO_IR 192", JAPANESE.encode(), "山田太郎"),
    (b"\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8^\x1b$)C\xc8\xf1\xc1\xdf", "김희중"),
    (b"ISO_IR 144", RUSSIAN.encode("iso8859_5"), "Иванов Иван"),
    (b"ISO_IR 126", GREEK.encode("iso8859_7"), "Παπαδόπουλος Γιώργος"),
    (b"ISO_IR 127", ARABIC.encode("iso8859_6"), "محمد علي"),
    (b"ISO_IR 138", HEBREW.encode("iso8859_8"), "כהן דוד"),
    (b"ISO_IR 166", THAI.encode("tis_620"), "สมชาย ใจดี"),
]


@pytest.mark.parametrize(("charset", "name", "shown"), NAMES)
def test_names_come_out_right_everywhere(tmp_path, capsys, charset, name, shown):
    write(tmp_path, charset, name)
    assert cli.main(["scan", str(tmp_path), "--json"]) == 0
    written = capsys.readouterr().out
    assert written.isascii()
    (series,) = json.loads(written)["series"]
    assert series["patient"]["name"] == shown
    assert person_name(opened(tmp_path).patient.name) == shown
    assert shown in pages_of(to_pdf(reported(name=shown)))[0]


def test_the_command_line_chooses_a_set(tmp_path, capsys):
    write(tmp_path, b"ISO_IR 100", CHINESE.encode("gb18030"))
    assert cli.main(["scan", str(tmp_path), "--json", "--charset", "GB18030"]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["patient"]["name"] == "王小东"
    assert cli.main(["scan", str(tmp_path), "--charset", "klingon"]) == 2
    assert "no character set klingon; --charset takes ISO_IR 192" in capsys.readouterr().err


def test_every_group_of_a_name_is_listed(tmp_path, capsys):
    write(tmp_path, *DECLARED[8][:2])
    cli.main(["scan", str(tmp_path), "--json"])
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["patient"]["name_groups"] == {
        "alphabetic": "Yamada^Tarou",
        "ideographic": "山田^太郎",
        "phonetic": "やまだ^たろう",
    }


# Every set at once, for who has to choose


def test_a_name_is_spelt_in_every_set_that_has_its_bytes(tmp_path):
    write(tmp_path, b"ISO_IR 100", CHINESE.encode("gb18030"))
    spelt = DicomFolderReader().spellings(opened(tmp_path))
    assert spelt["GB18030"] == spelt["GBK"] == "王小东"
    assert spelt[""] == opened(tmp_path).patient.name
    assert "ISO_IR 192" not in spelt, "its bytes are no UTF-8"
    assert set(spelt) <= {"", *CHARSETS}
    assert not any("\ufffd" in name for name in spelt.values())


@pytest.mark.parametrize(("charset", "name", "right", "text"), WRONG)
def test_the_spelling_is_what_opening_in_that_set_gives(tmp_path, charset, name, right, text):
    write(tmp_path, charset, name)
    series = opened(tmp_path)
    mended = opened(tmp_path, right)
    assert DicomFolderReader().spellings(series)[right] == mended.patient.name
    assert mended.charset == right
    assert series.charset == ""


def test_a_file_that_is_gone_has_no_spellings(tmp_path):
    write(tmp_path, b"ISO_IR 100", b"Doe^Jane")
    series = opened(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    assert DicomFolderReader().spellings(series) == {}


def test_what_is_told_early_and_remembered_says_its_set(tmp_path):
    write(tmp_path, b"ISO_IR 100", CHINESE.encode("gb18030"))
    told: list[Series] = []
    reader = DicomFolderReader()
    for _ in range(2):
        (series,) = reader.scan(tmp_path, found=told.append, charset="GB18030").series
        assert series.charset == "GB18030"
    assert [each.charset for each in told] == ["GB18030"] * len(told)
    assert told
