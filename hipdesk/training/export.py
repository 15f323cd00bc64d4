"""From a finished training to a model's folder: ONNX, manifest, card, weights, self-test.

The exporter folds batch normalisation into the convolutions, so ``weights.npz``
keeps what was learned as it was: a site's training starts from it.

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
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.inference import as_slices, in_layout
from hipdesk.manifest import Manifest, Metric, NetworkSpec, OutputChannel, Task
from hipdesk.probe import probe_inputs, write_expected
from hipdesk.records import FloatArray
from hipdesk.training.calibrate import read_calibration
from hipdesk.training.data import input_spec
from hipdesk.training.loop import Weights, record_of
from hipdesk.training.networks import DEPTH_MULTIPLE, Supervised, parameter_count
from hipdesk.training.recipes import RECIPES, Architecture, Kind, Recipe, with_architecture
from hipdesk.training.tables import accuracy_lines

OPSET: Final = 18
OUTPUT: Final = "probability"
WEIGHTS: Final = "weights.npz"
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
    "Shape model of pelvis and femur of 26 adults: musculoskeletal-models 0.2.4 (MPL-2.0).",
)
"""Attribution of the folder of label maps that the bundled models are simulated from."""

OWN_LABEL_MAPS: Final = (
    "Label maps from a folder named by whoever trained this model;",
    "the shape model beside them, if there is one.",
)

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

WORDS: Final[Mapping[Architecture, str]] = MappingProxyType(
    {
        Architecture.UNET: "U-Net",
        Architecture.POINT_RENDERING: "U-Net with three-step point rendering",
        Architecture.UNET_PLUS_PLUS: "UNet++",
        Architecture.ATTENTION_UNET: "Attention U-Net",
        Architecture.HRNET: "HRNet",
        Architecture.UNET_3D: "3-D U-Net",
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


@dataclass(frozen=True, slots=True)
class Confidence:
    """``confidence_repeats`` and ``confidence_limit`` of `hipdesk.manifest.Manifest`."""

    repeats: int = 0
    limit: float | None = None


NO_CONFIDENCE: Final = Confidence()


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
    confidence: Confidence = NO_CONFIDENCE,
) -> Manifest:
    """Write a model's folder: network, manifest, card, weights and self-test.

    A folder already there is replaced.

    Parameters
    ----------
    network : in evaluation mode or not; float32
    confidence : what the manifest asks for beside the outlines

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
            _write_weights(network, new / WEIGHTS)
            manifest = _manifest(recipe, new / "model.onnx", version, metrics, provenance)
            asked = {
                "confidence_repeats": confidence.repeats,
                "confidence_limit": confidence.limit,
            }
            manifest = manifest.model_copy(update=asked)
            (new / "manifest.json").write_text(manifest_json(manifest), encoding="utf-8")
            write_expected(new, _probed(network, manifest))
            card = model_card(manifest, recipe, parameter_count(network), provenance)
            (new / "MODEL_CARD.md").write_text(card, encoding="utf-8")
            _put_in_place(new, folder, Path(aside) / "old")
    except OSError as error:
        raise OutputError(
            f"The model cannot be written to {folder}; check the disk and its permissions."
        ) from error
    return manifest


def write_onnx(network: Supervised, recipe: Recipe, path: Path) -> None:
    """Write the network with sigmoid, for any number of samples, or of slices of a stack."""
    example, sizes = _example(recipe)
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
            dynamic_shapes=(sizes,),
            external_data=False,
            verbose=False,
        )
    network.train(training)
    _forget_where(path)


def _example(recipe: Recipe) -> tuple[Tensor, dict[int, Any]]:
    """An input, and which of its sizes may change."""
    size = (recipe.context, recipe.rows, recipe.columns)
    if not recipe.architecture.volumetric:
        return torch.zeros(2, *size), {0: torch.export.Dim("n")}
    steps = torch.export.Dim("steps")
    stack = torch.zeros(1, size[0], 2 * DEPTH_MULTIPLE, *size[1:])
    return stack, {2: DEPTH_MULTIPLE * steps}


def read_weights(folder: Path) -> Weights:
    """What a model of this program has learned, to start another training from.

    Parameters
    ----------
    folder : of a model, as `export_model` writes it

    Raises
    ------
    UnreadableInput
        The model came without its weights, or they cannot be read.
    """
    try:
        with np.load(folder / WEIGHTS) as kept:
            return {name: torch.from_numpy(kept[name]) for name in kept.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableInput(
            f"The model in {folder} holds no weights that a training could start from; choose "
            "another model, or train from scratch."
        ) from error


def recipe_of(manifest: Manifest) -> Recipe:
    """The recipe of the model's task with this model's network and thresholds.

    Raises
    ------
    UnreadableInput
        The manifest does not say what the network is.
    """
    known = {recipe.task: recipe for recipe in RECIPES.values()}
    spec, recipe = manifest.network, known.get(manifest.task)
    if spec is None or recipe is None or spec.architecture not in set(Architecture):
        raise UnreadableInput(
            f"The model '{manifest.name}' does not say which network it is, so no training can "
            "start from it; choose another model, or train from scratch."
        )
    return replace(
        with_architecture(recipe, Architecture(spec.architecture)),
        widths=spec.widths,
        points=spec.points,
        context=manifest.inputs[0].context_slices,
        thresholds={channel.name: channel.threshold for channel in manifest.channels},
        half_height=tuple(each.name for each in manifest.channels if each.half_height),
    )


def _probed(network: Supervised, manifest: Manifest) -> FloatArray:
    """The network's own answer to the probe, by which a machine is tested later."""
    inputs, (spec,) = probe_inputs(manifest), manifest.inputs
    slices = inputs[spec.role]
    training = network.training
    with torch.inference_mode():
        answer = torch.sigmoid(network.eval()(torch.from_numpy(in_layout(slices, spec))))
    network.train(training)
    return as_slices(answer.numpy(), len(slices))


def _write_weights(network: Supervised, path: Path) -> None:
    """Keep every learned number by its name."""
    arrays = {name: value.numpy() for name, value in network.cpu().state_dict().items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)


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


def manifest_json(manifest: Manifest) -> str:
    """The text of ``manifest.json``."""
    return json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=2) + "\n"


def _ends(manifest: Manifest) -> list[str]:
    """What an end at half the height leaves out."""
    return [
        f"{each.name} ends halfway from the signal around it to its full signal; darker parts are "
        "left out."
        for each in manifest.channels
        if each.half_height
    ]


def _output(channel: OutputChannel) -> str:
    ends = ", outlined at half its height above what lies around" if channel.half_height else ""
    return f"{channel.name} (threshold {channel.threshold}{ends})"


def model_card(manifest: Manifest, recipe: Recipe, parameters: int, provenance: Provenance) -> str:
    """The text of ``MODEL_CARD.md``."""
    spec = manifest.inputs[0]
    names = ", ".join(map(_output, manifest.channels))
    source = "Simulated MRI only, no patient's image. Anatomies:"
    sections = {
        "Intended use": [manifest.intended_use, PURPOSE[manifest.task]],
        "Limits": [f"- {limit}" for limit in (*LIMITS, *_ends(manifest))],
        "Network": [
            f"{_architecture(recipe)}, {parameters:,} parameters, features {recipe.widths}.",
            f"Input `{spec.name}`: {_slices(recipe)},",
            f"{spec.rows} rows x {spec.columns} columns of {spec.spacing_mm} mm,",
            f"normalisation `{spec.normalisation}`{_mirroring(recipe)}.",
            f"Output: probabilities of {names}.",
        ],
        "Training data": [source, "", *(f"- {each}" for each in manifest.training_data)],
        "Training": [*_settings(recipe), *provenance.settings],
        "Accuracy": [*_paragraph(provenance.test_description), *accuracy_lines(manifest.metrics)],
        "File": [
            f"`model.onnx`, opset {manifest.opset}, SHA-256 `{manifest.sha256}`.",
            f"Licence: {manifest.licence}.",
        ],
    }
    head = f"# {manifest.name} {manifest.version}\n\n**{manifest.intended_use}**\n"
    body = [f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections.items()]
    return head + "".join(body)


def _paragraph(text: str) -> list[str]:
    """A text and the empty line after it, if there is one."""
    return [text, ""] if text else []


def _architecture(recipe: Recipe) -> str:
    """The network in words."""
    points = ", ".join(str(count) for count in recipe.points)
    named = WORDS[recipe.architecture]
    return f"{named} (points {points})" if points else named


def _slices(recipe: Recipe) -> str:
    """How many slices the network sees, in words."""
    if recipe.architecture.volumetric:
        return f"all slices of the hip, the last repeated to a multiple of {DEPTH_MULTIPLE}"
    return f"{recipe.context} neighbouring slices"


def _mirroring(recipe: Recipe) -> str:
    """How the sides are shown to the network."""
    return ", left hips mirrored" if recipe.kind is Kind.HIP else ", both sides as they lie"


def _settings(recipe: Recipe) -> list[str]:
    """The recipe in words."""
    misses = f"Tversky overlap (misses {recipe.miss_weight} in lesions, 0.5 in bones)"
    return [
        f"AdamW, rate {recipe.rate} on one cosine, batches of {recipe.batch} slices,",
        f"{misses} + 5 x binary cross-entropy with channel weights {recipe.importance},",
        f"{recipe.softening:.0%} of the lesions' truth blurred by one pixel,",
        f"{recipe.lesioned:.0%} of the slices drawn for a lesion they show,",
        f"weights averaged with decay {recipe.ema}, bfloat16.",
    ]


def run_settings(folder: Path) -> tuple[str, ...]:
    """What a training's folder tells of its own length and seed, in sentences.

    Raises
    ------
    UnreadableInput
        The folder is not that of a training.
    """
    settings, last = record_of(folder)
    try:
        before, device = settings["effort"]["before"], settings["effort"]["device"]
        earlier = (f"Begun with a network of {before} steps; then",) if before else ()
        return (
            *earlier,
            f"{last['step']} steps in {last['minutes']:.0f} minutes on {device},",
            f"{settings['slices']} simulated slices, seed {settings['seed']},",
            f"torch {settings['torch']}.",
            read_calibration(folder).words,
        )
    except KeyError as error:
        raise UnreadableInput(f"{folder} is not the folder of a training.") from error


def _manifest(
    recipe: Recipe,
    model: Path,
    version: str,
    metrics: Sequence[Metric],
    provenance: Provenance,
) -> Manifest:
    """The manifest of a model just written."""
    return Manifest(
        schema="hipdesk.model/1",
        name=recipe.name,
        version=version,
        task=recipe.task,
        inputs=(input_spec(recipe),),
        output=OUTPUT,
        channels=recipe.outputs,
        network=NetworkSpec(
            architecture=recipe.architecture, widths=recipe.widths, points=recipe.points
        ),
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
