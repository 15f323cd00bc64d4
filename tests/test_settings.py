from __future__ import annotations

import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hipdesk.errors import KnownError, SettingsError, SettingsTooNew
from hipdesk.records import Provider
from hipdesk.settings import (
    MOST_SOURCES,
    Charsets,
    Document,
    Geometry,
    Kept,
    Language,
    Migration,
    Settings,
    Theme,
    Unfinished,
    WindowState,
    document_of,
    migrate,
    restored,
)

SENTINEL = "Quillfeather"
pixels = st.integers(-100_000, 100_000)
settings_records = st.builds(
    Settings,
    theme=st.sampled_from(Theme),
    language=st.sampled_from(Language),
    reader_name=st.text(),
    institution=st.text(),
    provider=st.sampled_from(Provider),
    library=st.text(),
)
window_records = st.builds(
    WindowState,
    geometry=st.none()
    | st.builds(
        Geometry,
        x=pixels,
        y=pixels,
        width=st.integers(1, 100_000),
        height=st.integers(1, 100_000),
    ),
    maximised=st.booleans(),
    splitters=st.dictionaries(st.text(), st.lists(st.integers(0, 5000)).map(tuple)),
    last_folder=st.none() | st.just(Path("/scans/one")),
)
records = st.one_of(
    settings_records,
    window_records,
    st.builds(Unfinished, paths=st.just(()) | st.just((Path("/scans/a"), Path("b c")))),
)


def renamed(document: Document) -> Document:
    """Version 1 called the reader a doctor."""
    document["reader"] = document.pop("doctor")
    return document


def counted(document: Document) -> Document:
    """Version 2 had one visit fewer; reads what the first step wrote."""
    return {"reader": document["reader"].upper(), "visits": document.get("visits", 0) + 1}


STEPS: tuple[Migration, ...] = (renamed, counted)


class Third(Kept):
    """A record that has been changed twice."""

    migrations: ClassVar[tuple[Migration, ...]] = STEPS
    version: Literal[3] = 3
    reader: str
    visits: int = 0


def test_defaults_follow_the_system() -> None:
    settings = Settings()
    assert settings.theme == "system"
    assert settings.language == "system"
    assert settings.provider == "auto"
    assert (settings.reader_name, settings.institution, settings.library) == ("", "", "")
    assert WindowState().geometry is None
    assert Unfinished().paths == ()


@given(records)
def test_every_record_comes_back_as_it_was_kept(record: Kept) -> None:
    assert restored(type(record), document_of(record)) == record


@pytest.mark.parametrize("kind", [Settings, WindowState, Unfinished, Third])
def test_the_version_is_one_more_than_the_migrations(kind: type[Kept]) -> None:
    assert kind.model_fields["version"].default == len(kind.migrations) + 1


def test_settings_can_be_written_as_a_person_would() -> None:
    document = {"version": 1, "theme": "dark", "language": "zh_CN", "provider": "cuda"}
    expected = Settings(theme=Theme.DARK, language=Language.CHINESE, provider=Provider.CUDA)
    assert restored(Settings, document) == expected


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        Settings().theme = Theme.DARK


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"version": 1, "doctor": "ann"}, {"version": 3, "reader": "ANN", "visits": 1}),
        (
            {"version": 2, "reader": "ann", "visits": 4},
            {"version": 3, "reader": "ANN", "visits": 5},
        ),
        ({"version": 3, "reader": "ann"}, {"version": 3, "reader": "ann"}),
    ],
)
def test_migrations_run_from_the_version_of_the_document(
    document: Document, expected: Document
) -> None:
    before = dict(document)
    assert migrate(document, STEPS) == expected
    assert document == before
    assert document_of(restored(Third, document)) == {"visits": 0, **expected}


def test_a_newer_version_is_refused() -> None:
    with pytest.raises(SettingsTooNew) as caught:
        restored(Third, {"version": 4, "reader": "ann"})
    assert isinstance(caught.value, SettingsError)
    assert isinstance(caught.value, KnownError)
    with pytest.raises(SettingsTooNew):
        migrate({"version": 3})


def test_settings_of_the_first_version_go_on_remembering_folders() -> None:
    assert restored(Settings, {"version": 1, "theme": "dark"}) == Settings(theme=Theme.DARK)
    assert Settings().keep_index


def test_a_character_set_belongs_to_its_paths_and_the_oldest_are_forgotten() -> None:
    here, there = Path("/scans/Quillfeather"), Path("/scans/b")
    chosen = Charsets().with_choice([here], "GB18030").with_choice([there], "KOI8-R")
    assert chosen.of([here]) == "GB18030"
    assert chosen.of([Path("/scans/c"), there]) == "KOI8-R"
    assert chosen.of([Path("/scans/c")]) == ""
    assert SENTINEL not in repr(document_of(chosen))
    assert restored(Charsets, document_of(chosen)) == chosen
    assert chosen.with_choice([here], "").of([here]) == ""
    for number in range(MOST_SOURCES):
        chosen = chosen.with_choice([Path(f"/scans/{number}")], "Big5")
    assert chosen.of([here]) == ""
    assert len(chosen.by_source) == MOST_SOURCES


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.0, True, [1]])
def test_a_version_that_is_none_is_refused(version: object) -> None:
    with pytest.raises(SettingsError) as caught:
        restored(Settings, {"version": version})
    assert not isinstance(caught.value, SettingsTooNew)
    with pytest.raises(SettingsError):
        restored(Settings, {})


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "dark",
        {"version": 1, "theme": "pink"},
        {"version": 1, "reader_name": 5},
        {"version": 1, "outline_px": 3},
    ],
)
def test_what_is_no_settings_is_refused(document: object) -> None:
    with pytest.raises(SettingsError):
        restored(Settings, document)


@pytest.mark.parametrize("document", [{"version": 1}, {"version": 1, "doctor": 5}])
def test_a_document_that_breaks_a_migration_is_refused(document: Document) -> None:
    with pytest.raises(SettingsError):
        restored(Third, document)


@pytest.mark.parametrize(
    "geometry",
    [
        {"x": 0, "y": 0, "width": 0, "height": 10},
        {"x": 10**6, "y": 0, "width": 10, "height": 10},
        {"x": 0, "y": 0, "width": 10},
        {"x": float("nan"), "y": 0, "width": 10, "height": 10},
    ],
)
def test_windows_without_a_size_or_off_every_desktop_are_refused(geometry: Document) -> None:
    with pytest.raises(SettingsError):
        restored(WindowState, {"version": 1, "geometry": geometry})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from((Settings, WindowState, Unfinished)),
    json_values
    | st.dictionaries(
        st.sampled_from(("version", "theme", "geometry", "splitters", "paths", "last_folder")),
        json_values | st.just(1),
    ),
)
def test_any_document_gives_a_record_or_a_settings_error(kind: type[Kept], document: Any) -> None:
    with suppress(SettingsError):
        assert isinstance(restored(kind, document), kind)


def test_names_and_folders_stay_out_of_texts() -> None:
    shown = (
        repr(Settings(reader_name=SENTINEL, institution=SENTINEL, library=f"/x/{SENTINEL}")),
        str(WindowState(last_folder=Path(SENTINEL))),
        repr(Unfinished(paths=(Path(SENTINEL),))),
    )
    assert not any(SENTINEL in text for text in shown)
    with pytest.raises(SettingsError) as caught:
        restored(Settings, {"version": 1, "reader_name": [SENTINEL], "theme": SENTINEL})
    assert SENTINEL not in str(caught.value)
    assert SENTINEL not in str(caught.value.__cause__)


def test_settings_can_be_sent_to_another_process() -> None:
    settings = Settings(reader_name="Dr. Doe", theme=Theme.LIGHT)
    assert pickle.loads(pickle.dumps(settings)) == settings
