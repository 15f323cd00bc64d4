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

    ``context_slices`` neighbouring slices are the channels, the predicted one
    in the middle; the stack's ends are repeated.
    """

    role: Literal["image", "marrow_relative", "bone_mask"]
    name: str
    layout: Literal["NCHW"] = "NCHW"
    context_slices: int = Field(ge=1)
    rows: int
    columns: int
    spacing_mm: float
    normalisation: Normalisation


class OutputChannel(_Frozen):
    """One output channel, a probability, and the threshold that makes it a mask."""

    name: str
    threshold: float = Field(gt=0, lt=1)


class Metric(_Frozen):
    """A measured figure with the test set it was measured on."""

    name: str
    value: float
    test_set: str


class Manifest(_Frozen):
    """The whole file; ``sha256`` is that of ``model.onnx`` beside it."""

    schema_: Literal["hipdesk.model/1"] = Field(alias="schema")
    name: str
    version: str
    task: Task
    inputs: tuple[InputSpec, ...]
    output: str
    channels: tuple[OutputChannel, ...]
    canonical_side: Literal["R"] = "R"
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
