"""The two models of the window, loaded when first needed, on the provider of the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hipdesk.adapters.onnx_models import load_network
from hipdesk.ports import Network

LOCATOR: Final = "locate"
SEGMENTER: Final = "segment"
"""Names of the models delivered with the program."""


class LazyNetworks:
    """Locator and segmenter; an `app.services.Networks`. Called in the job thread only.

    Parameters
    ----------
    provider : asked at each call; another answer loads the models anew
    """

    def __init__(self, provider: Callable[[], str]) -> None:
        self._provider = provider
        self._loaded: tuple[str, tuple[Network, Network]] | None = None

    def __call__(self) -> tuple[Network, Network]:
        """Locator and segmenter.

        Raises
        ------
        ModelError
            A model is missing or altered.
        """
        provider = self._provider()
        if self._loaded is None or self._loaded[0] != provider:
            pair = load_network(LOCATOR, provider), load_network(SEGMENTER, provider)
            self._loaded = provider, pair
        return self._loaded[1]
