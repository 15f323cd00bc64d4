"""The networks that are trained here: U-Net, alone or with point rendering.

Every network is a `Supervised` module: ``forward`` gives the logits of the
finished answer, ``supervised`` gives all logits that training compares with
the truth, the finished answer first.
"""

from __future__ import annotations

from hipdesk.training.networks.point_rendering import PointRendering
from hipdesk.training.networks.unet import Supervised, UNet, parameter_count

__all__ = ["PointRendering", "Supervised", "UNet", "parameter_count"]
