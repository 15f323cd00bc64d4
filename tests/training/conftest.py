from __future__ import annotations

from pathlib import Path

import pytest

from hipdesk.training.shards import Pool
from tests.training.tiny import disc_pools


@pytest.fixture
def pools(tmp_path: Path) -> tuple[Pool, Pool]:
    return disc_pools(tmp_path / "data")
