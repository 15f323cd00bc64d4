"""``manifest.json``: what a model expects, gives, was trained on and measured at."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = "hipdesk.model/1"


class Task(StrEnum):
    """What a model is for."""

    LOCATE = "locate"
    BONES = "bones"
    LESIONS = "lesions"
    SEGMENT = "segment"


class Normalisation(StrEnum):
    """How the pipeline turns signal into a network input.

    Attributes
    ----------
    BODY_PERCENTILE : per series: 0 at zero, 1 at the 99th percentile of the
        body, clipped at 2 (`hipdesk.intensity.by_body`)
    MARROW : per hip: log2(1 + signal / marrow median) (`hipdesk.intensity.by_marrow`)
    """

    BODY_PERCENTILE = "body_percentile"
    MARROW = "marrow"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSpec(_Frozen):
    """One input of the network.

    Attributes
    ----------
    layout : ``NCHW``: each slice is a sample, ``context_slices`` neighbouring
        slices are its channels, the predicted one in the middle; the stack's
        ends are repeated. ``NCDHW``: a whole stack is one sample
        (`hipdesk.inference.in_layout`).
    depth_multiple : of ``NCDHW`` alone: the last slice is repeated until the
        number of slices divides by this
    """

    role: Literal["image", "marrow_relative", "bone_mask"]
    name: str
    layout: Literal["NCHW", "NCDHW"] = "NCHW"
    context_slices: int = Field(ge=1)
    depth_multiple: int = Field(default=1, ge=1)
    rows: int
    columns: int
    spacing_mm: float
    normalisation: Normalisation


class OutputChannel(_Frozen):
    """One output channel, a probability, and what makes it a mask.

    Attributes
    ----------
    threshold : probability from which a voxel belongs to the mask
    half_height : ... if its signal also lies nearer to the full lesion's than to that
        of what lies around it (`hipdesk.half_height`)
    """

    name: str
    threshold: float = Field(gt=0, lt=1)
    half_height: bool = False


class NetworkSpec(_Frozen):
    """What the network is, so that a training can start from it.

    Attributes
    ----------
    architecture : its name in `hipdesk.training.recipes.Architecture`
    widths, points : its features, and the points of each rendering step
    """

    architecture: str
    widths: tuple[int, ...]
    points: tuple[int, ...] = ()


class Metric(_Frozen):
    """A measured figure with the test set it was measured on."""

    name: str
    value: float
    test_set: str


class Manifest(_Frozen):
    """The whole file.

    Attributes
    ----------
    sha256 : of ``model.onnx`` beside it
    confidence_repeats : varied repeats by which the program tells how steady a
        segmenter's lesions are on each slice (`hipdesk.confidence`); each costs
        as much as outlining the hip once
    confidence_limit : of a locator: confidence below which a head is not there;
        `hipdesk.locating.PEAK_MINIMUM` if None
    """

    schema_: Literal["hipdesk.model/1"] = Field(alias="schema")
    name: str
    version: str
    task: Task
    inputs: tuple[InputSpec, ...]
    output: str
    channels: tuple[OutputChannel, ...]
    canonical_side: Literal["R"] = "R"
    network: NetworkSpec | None = None
    confidence_repeats: int = Field(default=0, ge=0, le=4)
    confidence_limit: float | None = Field(default=None, gt=0, lt=1)
    opset: int
    sha256: str
    trained_on: str
    training_data: tuple[str, ...]
    metrics: tuple[Metric, ...]
    licence: str
    intended_use: str

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Output channels in order."""
        return tuple(channel.name for channel in self.channels)

    @property
    def volumetric(self) -> bool:
        """Whether the network takes a whole stack as one sample."""
        return any(spec.layout == "NCDHW" for spec in self.inputs)
