"""UNet++: skip connections that are small U-Nets themselves.

Node (i, j) lies at level i and sees all nodes before it at its level and the
one below, enlarged; the answer is read at the last node of the finest level,
and training looks at every node of that level, the paper's deep supervision
(Zhou et al. 2018, arXiv 1807.10165).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from hipdesk.training.networks.blocks import Supervised, convolutions, logit_layer, together


class UNetPlusPlus(Supervised):
    """Nested U-Net.

    Parameters
    ----------
    inputs, channels, widths : as for `hipdesk.training.networks.unet.UNet`
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        firsts = (inputs, *widths[:-1])
        self.encoder = nn.ModuleList(
            convolutions(a, b, b) for a, b in zip(firsts, widths, strict=True)
        )
        self.up = nn.ModuleDict()
        self.node = nn.ModuleDict()
        for level, column in _places(len(widths)):
            own, below = widths[level], widths[level + 1]
            name = _name(level, column)
            self.up[name] = nn.ConvTranspose2d(below, own, 2, stride=2)
            self.node[name] = convolutions((column + 1) * own, own, own)
        self.pool = nn.MaxPool2d(2)
        self.heads = nn.ModuleList(logit_layer(widths[0], channels) for _ in widths[1:])

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, rows, columns) of images (n, inputs, rows, columns)."""
        return cast(Tensor, self.heads[-1](self._finest(image)[-1]))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Logits of the finest level's nodes, the last one first, all at full resolution."""
        nodes = self._finest(image)[1:]
        logits = [head(node) for head, node in zip(self.heads, nodes, strict=True)]
        return tuple(reversed(logits))

    def _finest(self, image: Tensor) -> list[Tensor]:
        """All nodes of the finest level, from the encoder's to the last."""
        rows: list[list[Tensor]] = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(self.pool(x) if level else x)
            rows.append([x])
        for level, column in _places(len(rows)):
            name = _name(level, column)
            enlarged = self.up[name](rows[level + 1][column - 1])
            rows[level].append(self.node[name](together(*rows[level], enlarged)))
        return rows[0]


def _places(levels: int) -> list[tuple[int, int]]:
    """(level, column) of every decoder node, in an order in which each can be made."""
    return [(level, column) for column in range(1, levels) for level in range(levels - column)]


def _name(level: int, column: int) -> str:
    """Name of a node in the saved weights."""
    return f"{level}_{column}"
