"""A listener that remembers what it was told."""

from __future__ import annotations

from typing import Any


class Recorder:
    """Takes any gesture; `told` holds them as (name, arguments)."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *facts: self.told.append((name, *facts))
