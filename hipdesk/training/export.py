"""From a finished training to a model's folder: ONNX, manifest and card.

The folder is made beside its place and put there whole, so that a program
reading models never meets half of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import onnx
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.manifest import InputSpec, Manifest, Metric, OutputChannel, Task
from hipdesk.training.networks import Supervised, parameter_count
from hipdesk.training.recipes import Kind, Recipe

OPSET: Final = 18
OUTPUT: Final = "probability"
TRAINED_ON: Final = "simulated MRI"
LICENCE: Final = "Apache-2.0; made from anatomy with the licences named in training_data"

INTENDED_USE: Final = (
    "Research use only: not for diagnostic or treatment decisions. "
    "Every result must be checked by a reader."
)

PROCEDURAL: Final = "Procedural anatomy of the program itself (Apache-2.0)."

LABEL_MAPS: Final = (
    "Label maps of two adults, altered composites (registered, scaled, mirrored, voxelised), of:",
    "Andreassen et al. 2022, doi 10.1038/s41597-022-01905-2 (CC BY 4.0);",
    "HuBMAP CCF 3D Reference Object Library (CC BY 4.0);",
    "Sreenivasa and Gonzalez-Alvarado, BMFToolkit (zlib licence, altered);",
    "NLM Visible Human Project.",
)
"""Attribution of the two label maps the bundled models are simulated from."""

OWN_LABEL_MAPS: Final = ("Label maps from a folder named by whoever trained this model.",)

SOURCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "label_maps": LABEL_MAPS,
        "own_label_maps": OWN_LABEL_MAPS,
        "procedural": (PROCEDURAL,),
    }
)
"""Attributions by the name ``--source`` takes."""

PURPOSE: Final[Mapping[Task, str]] = MappingProxyType(
    {
        Task.LOCATE: "Finds the right and the left femoral head, and the femur, on coronal "
        "MR slices of any contrast; it may find none.",
        Task.SEGMENT: "Outlines femoral head, proximal femur, acetabulum, bone marrow oedema "
        "and effusion/synovitis on coronal slices of one hip.",
        Task.BONES: "Outlines femoral head, proximal femur and acetabulum of one hip.",
        Task.LESIONS: "Outlines bone marrow oedema and effusion/synovitis of one hip.",
    }
)

LIMITS: Final = (
    "Trained on simulated images only: few anatomies, warped, with invented lesions.",
    "Accuracy on patients is unknown until it is measured on patients.",
    "Oedema of spondyloarthritis looks like that of avascular necrosis, fracture or infection.",
    "Transient osteoporosis and open growth plates are bright too.",
    "Unenhanced images do not tell synovitis from fluid.",
    "Adults of 18 to 65 years; not for children, prostheses or metal nearby.",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a model was simulated from, for manifest and card.

    Attributes
    ----------
    sources : attribution of every source of anatomy
    test_description : how the test set behind the metrics was made
    settings : sentences on the training itself (steps, seeds, time)
    """

    sources: tuple[str, ...] = LABEL_MAPS
    test_description: str = ""
    settings: tuple[str, ...] = ()


class _Probabilities(nn.Module):
    """The network with its sigmoid."""

    def __init__(self, network: Supervised) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(self.network(image))


def export_model(
    network: Supervised,
    recipe: Recipe,
    folder: Path,
    version: str,
    metrics: Sequence[Metric] = (),
    provenance: Provenance | None = None,
) -> Manifest:
    """Write ``model.onnx``, ``manifest.json`` and ``MODEL_CARD.md`` into ``folder``.

    A folder already there is replaced.

    Parameters
    ----------
    network : in evaluation mode or not; float32

    Raises
    ------
    OutputError
        The folder cannot be written; what was there is still there.
    """
    provenance = provenance or Provenance()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as aside:
            new = Path(aside) / "new"
            new.mkdir()
            write_onnx(network, recipe, new / "model.onnx")
            manifest = _manifest(recipe, new / "model.onnx", version, metrics, provenance)
            (new / "manifest.json").write_text(manifest_json(manifest), encoding="utf-8")
            card = model_card(manifest, recipe, parameter_count(network), provenance)
            (new / "MODEL_CARD.md").write_text(card, encoding="utf-8")
            _put_in_place(new, folder, Path(aside) / "old")
    except OSError as error:
        raise OutputError(
            f"The model cannot be written to {folder}; check the disk and its permissions."
        ) from error
    return manifest


def write_onnx(network: Supervised, recipe: Recipe, path: Path) -> None:
    """Write the network with sigmoid, any batch size, the recipe's rows and columns."""
    example = torch.zeros(2, recipe.context, recipe.rows, recipe.columns)
    training = network.training
    network.cpu().eval()
    with _silence():
        torch.onnx.export(
            _Probabilities(network).eval(),
            (example,),
            str(path),
            dynamo=True,
            opset_version=OPSET,
            input_names=[recipe.role],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            external_data=False,
            verbose=False,
        )
    network.train(training)
    _forget_where(path)


def _forget_where(path: Path) -> None:
    """Drop the source paths and stack traces that the exporter leaves in a model."""
    model = onnx.load(path)
    graphs = [model.graph, *model.functions]
    for holder in (model, *graphs, *(node for graph in graphs for node in graph.node)):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.ClearField("metadata_props")
    for tensor in model.graph.initializer:
        tensor.ClearField("metadata_props")
    onnx.save(model, path)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporter's talk about its own internals from the user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """Metrics from a JSON list of ``{name, value, test_set}``.

    Raises
    ------
    UnreadableInput
        The file is missing or of another form.
    """
    try:
        return TypeAdapter(tuple[Metric, ...]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UnreadableInput(
            f"{path} is not a list of metrics; each needs a name, a value and a test_set."
        ) from error


def manifest_json(manifest: Manifest) -> str:
    """The text of ``manifest.json``."""
    return json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=2) + "\n"


def model_card(manifest: Manifest, recipe: Recipe, parameters: int, provenance: Provenance) -> str:
    """The text of ``MODEL_CARD.md``."""
    spec = manifest.inputs[0]
    names = ", ".join(f"{each.name} (threshold {each.threshold})" for each in manifest.channels)
    source = "Simulated MRI only, no patient's image. Anatomies:"
    sections = {
        "Intended use": [manifest.intended_use, PURPOSE[manifest.task]],
        "Limits": [f"- {limit}" for limit in LIMITS],
        "Network": [
            f"{_architecture(recipe)}, {parameters:,} parameters, features {recipe.widths}.",
            f"Input `{spec.name}`: {spec.context_slices} neighbouring slices,",
            f"{spec.rows} rows x {spec.columns} columns of {spec.spacing_mm} mm,",
            f"normalisation `{spec.normalisation}`{_mirroring(recipe)}.",
            f"Output: probabilities of {names}.",
        ],
        "Training data": [source, "", *(f"- {each}" for each in manifest.training_data)],
        "Training": [*_settings(recipe), *provenance.settings],
        "Accuracy": _accuracy(manifest.metrics, provenance.test_description),
        "File": [
            f"`model.onnx`, opset {manifest.opset}, SHA-256 `{manifest.sha256}`.",
            f"Licence: {manifest.licence}.",
        ],
    }
    head = f"# {manifest.name} {manifest.version}\n\n**{manifest.intended_use}**\n"
    body = [f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections.items()]
    return head + "".join(body)


def _architecture(recipe: Recipe) -> str:
    """The network in words."""
    points = ", ".join(str(count) for count in recipe.points)
    return f"U-Net with three-step point rendering (points {points})" if points else "U-Net"


def _mirroring(recipe: Recipe) -> str:
    """How the sides are shown to the network."""
    return ", left hips mirrored" if recipe.kind is Kind.HIP else ", both sides as they lie"


def _settings(recipe: Recipe) -> list[str]:
    """The recipe in words."""
    return [
        f"AdamW, rate {recipe.rate} on one cosine, batches of {recipe.batch} slices,",
        f"Dice + 5 x binary cross-entropy with channel weights {recipe.importance},",
        f"weights averaged with decay {recipe.ema}, bfloat16.",
    ]


def run_settings(folder: Path) -> tuple[str, ...]:
    """What a training's folder tells of its own length and seed, in sentences.

    Raises
    ------
    UnreadableInput
        The folder is not that of a training.
    """
    try:
        settings = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
        last = json.loads(lines[-1])
        effort = settings["effort"]
        return (
            f"{last['step']} steps in {last['minutes']:.0f} minutes on {effort['device']},",
            f"{settings['slices']} simulated slices, seed {settings['seed']},",
            f"torch {settings['torch']}.",
        )
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UnreadableInput(f"{folder} is not the folder of a training.") from error


def _accuracy(metrics: Sequence[Metric], description: str) -> list[str]:
    """Table of the metrics."""
    if not metrics:
        return ["Not measured."]
    sets = list(dict.fromkeys(each.test_set for each in metrics))
    names = list(dict.fromkeys(each.name for each in metrics))
    values = {(each.name, each.test_set): f"{each.value:.3f}" for each in metrics}
    columns = [f"Test set {number}" for number in range(1, len(sets) + 1)]
    rows = [[name, *(values.get((name, each), "") for each in sets)] for name in names]
    return [
        *([description, ""] if description else []),
        *(f"- {column}: {each}." for column, each in zip(columns, sets, strict=True)),
        "",
        *(
            "| " + " | ".join(row) + " |"
            for row in (["Figure", *columns], ["---"] * (1 + len(sets)))
        ),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _manifest(
    recipe: Recipe,
    model: Path,
    version: str,
    metrics: Sequence[Metric],
    provenance: Provenance,
) -> Manifest:
    """The manifest of a model just written."""
    spec = InputSpec(
        role=recipe.role,
        name=recipe.role,
        context_slices=recipe.context,
        rows=recipe.rows,
        columns=recipe.columns,
        spacing_mm=recipe.spacing_mm,
        normalisation=recipe.normalisation,
    )
    channels = tuple(
        OutputChannel(name=name, threshold=recipe.threshold(name)) for name in recipe.channels
    )
    return Manifest(
        schema="hipdesk.model/1",
        name=recipe.name,
        version=version,
        task=recipe.task,
        inputs=(spec,),
        output=OUTPUT,
        channels=channels,
        opset=OPSET,
        sha256=hashlib.sha256(model.read_bytes()).hexdigest(),
        trained_on=TRAINED_ON,
        training_data=provenance.sources,
        metrics=tuple(metrics),
        licence=LICENCE,
        intended_use=INTENDED_USE,
    )


def _put_in_place(new: Path, folder: Path, old: Path) -> None:
    """Swap a finished folder for the one that is there."""
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
