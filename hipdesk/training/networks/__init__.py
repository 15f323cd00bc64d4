"""The networks that are trained here, by name.

Every network is a `Supervised` module: ``forward`` gives the logits of the
finished answer, ``supervised`` gives all logits that training compares with
the truth, the finished answer first. `build_network` makes one by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hipdesk.training.networks.attention_unet import AttentionUNet
from hipdesk.training.networks.blocks import Supervised, parameter_count
from hipdesk.training.networks.hrnet import HRNet
from hipdesk.training.networks.point_rendering import PointRendering
from hipdesk.training.networks.unet import UNet
from hipdesk.training.networks.unet_3d import DEPTH_MULTIPLE, UNet3d
from hipdesk.training.networks.unet_plus_plus import UNetPlusPlus
from hipdesk.training.recipes import Architecture

__all__ = [
    "DEPTH_MULTIPLE",
    "AttentionUNet",
    "HRNet",
    "PointRendering",
    "Supervised",
    "UNet",
    "UNet3d",
    "UNetPlusPlus",
    "build_network",
    "parameter_count",
]

PLAIN: Final[Mapping[Architecture, Callable[[int, int, Sequence[int]], Supervised]]] = (
    MappingProxyType(
        {
            Architecture.UNET: UNet,
            Architecture.UNET_PLUS_PLUS: UNetPlusPlus,
            Architecture.ATTENTION_UNET: AttentionUNet,
            Architecture.HRNET: HRNet,
            Architecture.UNET_3D: UNet3d,
        }
    )
)
"""Networks that their numbers of channels and their widths say everything about."""


def build_network(
    architecture: Architecture,
    inputs: int,
    channels: int,
    widths: Sequence[int],
    points: Sequence[int] = (),
) -> Supervised:
    """A freshly initialised network.

    Parameters
    ----------
    inputs : input channels: context slices, or 1 for a whole stack
    channels : output channels, each an independent yes or no
    widths : features, as the network's own class explains them
    points : for point rendering: points of each doubling
    """
    if architecture is Architecture.POINT_RENDERING:
        return PointRendering(inputs, channels, widths, points)
    return PLAIN[architecture](inputs, channels, widths)
