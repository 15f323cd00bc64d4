"""The U-Net of the source paper.

Each encoder block is 2 x (3 x 3 convolution, batch normalisation, ReLU) and
2 x 2 max-pooling; the decoder uses transposed convolutions, skip connections
and two more convolutions (Zheng et al. 2023, doi 10.3389/fphys.2023.1132214).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from hipdesk.training.networks.blocks import Supervised, convolutions, logit_layer, together


class UNet(Supervised):
    """U-Net with logits at full resolution.

    Parameters
    ----------
    inputs : input channels (context slices)
    channels : output channels, each an independent yes or no
    widths : features of each level, full resolution first; the last is the
        bottom. Rows and columns of the input must divide by
        ``2 ** (len(widths) - 1)``.
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        firsts = (inputs, *widths[:-1])
        self.encoder = nn.ModuleList(
            convolutions(a, b, b) for a, b in zip(firsts, widths, strict=True)
        )
        deeper = tuple(pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in deeper)
        self.decoder = nn.ModuleList(convolutions(2 * a, a, a) for a, _ in deeper)
        self.pool = nn.MaxPool2d(2)
        self.head = logit_layer(widths[0], channels)

    def features(self, image: Tensor) -> tuple[Tensor, ...]:
        """Decoder features of each level, full resolution first, the bottom last."""
        skips = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(self.pool(x) if level else x)
            skips.append(x)
        found = [x]
        for level in reversed(range(len(self.decoder))):
            x = self.decoder[level](together(skips[level], self.up[level](x)))
            found.append(x)
        return tuple(reversed(found))

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, rows, columns) of images (n, inputs, rows, columns)."""
        return cast(Tensor, self.head(self.features(image)[0]))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """The full-resolution logits alone."""
        return (self(image),)
