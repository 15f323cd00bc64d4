"""Identifiers of simulated images: the same words always give the same UID."""

from __future__ import annotations

import hashlib
import uuid


def simulated_uid(*words: str | int) -> str:
    """A UID below 2.25 (DICOM PS3.5 B.2) that only depends on the words given."""
    text = "/".join(map(str, words))
    return f"2.25.{uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]).int}"
