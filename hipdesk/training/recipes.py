"""The documented settings each bundled model is trained with.

A recipe and a seed say everything about a training but the shards it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

from hipdesk.manifest import Normalisation, OutputChannel, Task
from hipdesk.records import LESIONS, SegmentClass


class Kind(StrEnum):
    """What a stack of training slices shows."""

    HIP = "hip"
    PELVIS = "pelvis"


class Architecture(StrEnum):
    """The networks of `hipdesk.training.networks`."""

    UNET = "unet"
    POINT_RENDERING = "point_rendering"
    UNET_PLUS_PLUS = "unet_plus_plus"
    ATTENTION_UNET = "attention_unet"
    HRNET = "hrnet"
    UNET_3D = "unet_3d"

    @property
    def volumetric(self) -> bool:
        """Whether it sees the whole stack of slices at once."""
        return self is Architecture.UNET_3D


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a slice is varied each time it is drawn; each figure is a largest value.

    Attributes
    ----------
    shift_px, rotation_deg, scale : of image and truth together
    gamma : contrast ``s ** g``, g within ``1 +- gamma``, fixed at s = 1
    gain : factor on the signal within ``1 +- gain`` (an imprecise body
        percentile, or marrow median)
    coil : change of sensitivity from the middle to the picture's edge
    noise : sigma of Rician noise, in units of the normalised signal
    blur : share of a 3 x 3 binomial blur
    share : how often each of gamma, coil, noise and blur is used
    lone_slice : how often the neighbours are replaced by the slice itself
    mirrored_channels : channel order of the mirror image; empty: never mirrored
    outside : what a moved picture shows beyond its edge
    """

    shift_px: float = 4.0
    rotation_deg: float = 6.0
    scale: float = 0.08
    gamma: float = 0.15
    gain: float = 0.15
    coil: float = 0.2
    noise: float = 0.12
    blur: float = 0.8
    share: float = 0.35
    lone_slice: float = 0.05
    mirrored_channels: tuple[int, ...] = ()
    outside: Literal["border", "zeros"] = "border"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a training needs to know but the data.

    Attributes
    ----------
    architecture : which network
    widths : its features of each level, as its class explains them
    points : points of each rendering step, for point rendering alone
    map_stacks : stacks to simulate from each label map where none are given
    bodies, body_stacks : invented anatomies, and stacks of all of them together
    steps : batches; the learning rate follows one cosine over them
    warm_up : share of the training in which the rate rises
    importance : weight of each channel in the loss
    miss_weight : weight of a missed pixel against a false one in the overlap
        term of a lesion channel; bones weigh both alike, 0.5
    softening : share of the truth's 3 x 3 binomial blur in the lesions' truth:
        their edges feather, and readers differ by a pixel
    side_weight : weight of each logit map that is not the finished answer
    ema : decay of the averaged weights, which are the ones exported
    labelled : share of the slices drawn from those that show any channel
    lesioned : share of the slices drawn from those that show a lesion, each
        kind of lesion equally often
    depth : slices of a volumetric network's training window; its batches hold
        as many windows as make up ``batch`` slices
    patience : stop when the held-out Dice has not risen at so many looks in a
        row, and keep the best weights; None to train to the end
    frozen_statistics : keep the batch statistics of the weights to begin with;
        those of a few patients would spoil a network that knows many
    held_out : share of the stacks kept for watching
    thresholds : probability from which a pixel belongs to a channel's mask
    half_height : channels whose masks end at half the lesion's height
        (`hipdesk.half_height`); training itself knows nothing of it
    """

    name: str
    task: Task
    kind: Kind
    normalisation: Normalisation
    role: Literal["image", "marrow_relative", "bone_mask"]
    channels: tuple[str, ...]
    rows: int
    columns: int
    spacing_mm: float
    context: int
    architecture: Architecture
    widths: tuple[int, ...]
    points: tuple[int, ...]
    importance: tuple[float, ...]
    map_stacks: int
    bodies: int
    body_stacks: int
    steps: int
    batch: int = 8
    rate: float = 2e-3
    weight_decay: float = 1e-4
    warm_up: float = 0.05
    miss_weight: float = 0.5
    softening: float = 0.0
    side_weight: float = 0.3
    ema: float = 0.998
    labelled: float = 0.8
    lesioned: float = 0.0
    depth: int = 8
    patience: int | None = None
    frozen_statistics: bool = False
    held_out: float = 0.04
    seed: int = 20230301
    augmentation: Augmentation = field(default_factory=Augmentation)
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    half_height: tuple[str, ...] = ()

    def threshold(self, channel: str) -> float:
        """The channel's threshold, 0.5 unless stated."""
        return self.thresholds.get(channel, 0.5)

    @property
    def outputs(self) -> tuple[OutputChannel, ...]:
        """The channels as a manifest describes them."""
        return tuple(
            OutputChannel(
                name=name, threshold=self.threshold(name), half_height=name in self.half_height
            )
            for name in self.channels
        )

    @property
    def lesion_channels(self) -> tuple[int, ...]:
        """Numbers of the channels that are lesions."""
        return tuple(i for i, name in enumerate(self.channels) if name in LESIONS)

    @property
    def samples(self) -> int:
        """Slices of a batch, or windows of a volumetric one."""
        if self.architecture.volumetric:
            return max(1, self.batch // self.depth)
        return self.batch


LOCATE: Final = Recipe(
    name="locate",
    task=Task.LOCATE,
    kind=Kind.PELVIS,
    normalisation=Normalisation.BODY_PERCENTILE,
    role="image",
    channels=("head_right", "head_left", "femur"),
    rows=192,
    columns=192,
    spacing_mm=2.0,
    context=1,
    architecture=Architecture.UNET,
    widths=(8, 24, 48, 96, 128),
    points=(),
    importance=(1.0, 1.0, 0.7),
    map_stacks=320,
    bodies=12,
    body_stacks=240,
    steps=4500,
    augmentation=Augmentation(
        shift_px=14.0,
        rotation_deg=9.0,
        scale=0.12,
        gamma=0.3,
        gain=0.25,
        coil=0.3,
        noise=0.04,
        mirrored_channels=(1, 0, 2),
        outside="zeros",
    ),
)

SEGMENT: Final = Recipe(
    name="segment",
    task=Task.SEGMENT,
    kind=Kind.HIP,
    normalisation=Normalisation.MARROW,
    role="marrow_relative",
    channels=tuple(name.value for name in SegmentClass),
    rows=128,
    columns=160,
    spacing_mm=0.78125,
    context=3,
    architecture=Architecture.POINT_RENDERING,
    widths=(16, 32, 64, 96, 160),
    points=(1280, 5120, 4096),
    importance=(0.7, 0.7, 0.7, 1.5, 1.2),
    miss_weight=0.6,
    softening=0.5,
    lesioned=0.3,
    map_stacks=800,
    bodies=96,
    body_stacks=1920,
    steps=12000,
    half_height=(SegmentClass.EFFUSION_SYNOVITIS.value,),
)

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {recipe.name: recipe for recipe in (LOCATE, SEGMENT)}
)

SIZES: Final[Mapping[Architecture, Mapping[str, Any]]] = MappingProxyType(
    {
        Architecture.UNET: {"widths": (16, 32, 64, 96, 160)},
        Architecture.POINT_RENDERING: {
            "widths": (16, 32, 64, 96, 160),
            "points": (1280, 5120, 4096),
        },
        Architecture.UNET_PLUS_PLUS: {"widths": (12, 24, 48, 80, 128)},
        Architecture.ATTENTION_UNET: {"widths": (16, 32, 64, 96, 160)},
        Architecture.HRNET: {"widths": (16, 20, 40, 80, 128)},
        Architecture.UNET_3D: {"widths": (12, 24, 40, 80, 128), "context": 1, "batch": 16},
    }
)
"""Settings of each network on one hip, so that a slice costs at most 25 ms on two cores
(`docs/models.md`)."""


def with_architecture(recipe: Recipe, architecture: Architecture) -> Recipe:
    """The recipe with another network of the size compared here, all else equal."""
    return replace(recipe, architecture=architecture, **{"points": (), **SIZES[architecture]})


def with_width(recipe: Recipe, factor: float) -> Recipe:
    """The recipe with so many times the features, in fours."""
    return replace(recipe, widths=tuple(max(4, round(factor * n / 4) * 4) for n in recipe.widths))
