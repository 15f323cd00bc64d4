"""What the bundled models say of themselves, in manifest, card, NOTICE and documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hipdesk.manifest import Manifest
from hipdesk.training.tables import filled, read_metrics

NAMES = ("locate", "segment")


@pytest.fixture(params=NAMES)
def model(request, repository: Path) -> Path:
    return repository / "models" / request.param


def manifest_of(model: Path) -> Manifest:
    return Manifest.model_validate_json((model / "manifest.json").read_bytes())


def test_every_figure_names_what_it_was_measured_on(model: Path) -> None:
    metrics = read_metrics(model / "manifest.json")
    assert metrics
    card = (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    for each in metrics:
        assert each.test_set in card
        assert f" {each.value:.3f} |" in card


def test_the_card_says_what_the_model_is(model: Path) -> None:
    manifest = manifest_of(model)
    card = (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {manifest.name} {manifest.version}\n\n**Research use only")
    assert manifest.trained_on == "simulated MRI"
    assert "Simulated MRI only, no patient's image." in card
    assert manifest.sha256 in card
    for line in manifest.training_data:
        assert line in card


def test_notice_names_every_source(model: Path, repository: Path) -> None:
    notice = (repository / "NOTICE").read_text(encoding="utf-8")
    for line in manifest_of(model).training_data:
        for name in re.findall(r"Andreassen|HuBMAP|BMFToolkit|Visible Human|musculoskel\S+", line):
            assert name in notice


def test_documents_print_the_figures_of_the_files_they_name(repository: Path) -> None:
    document = repository / "docs" / "models.md"
    text = document.read_text(encoding="utf-8")
    for name in NAMES:
        assert f"<!-- figures: ../models/{name}/manifest.json -->" in text
    assert filled(text, document.parent) == text, "run: python -m hipdesk.training figures ..."
