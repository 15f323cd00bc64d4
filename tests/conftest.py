"""What every test gets: a home of its own, the tiers, and outside data where there is some."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hipdesk import logs

REPOSITORY = Path(__file__).resolve().parent.parent
DATA_VARIABLE = "HIPDESK_TEST_DATA"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")

# Times differ on shared machines, so no deadline; the same examples in every run of the first tier.
settings.register_profile("tier1", deadline=None, derandomize=True, max_examples=50, database=None)
settings.register_profile(
    "slow", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the second tier")
    parser.addoption("--bench", action="store_true", help="also run the measurements")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("slow" if config.getoption("--slow") else "tier1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tiers that were not asked for."""
    left_out = {tier for tier in ("slow", "bench") if not config.getoption(f"--{tier}")}
    dropped = [item for item in items if any(item.get_closest_marker(tier) for tier in left_out)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def _use_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Point everything that a program keeps for its user at ``home``."""
    for name in HOMES:
        patch.setenv(name, str(home))
    patch.setenv("HIPDESK_DATA", str(home / "hipdesk"))
    patch.delenv("HIPDESK_MODELS", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures of wider scope out of the developer's home."""
    with pytest.MonkeyPatch.context() as patch:
        _use_home(patch, tmp_path_factory.mktemp("session-home"))
        yield


@pytest.fixture(autouse=True)
def user_home(
    _session_home: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the test a fresh home; the user's data go to ``hipdesk`` below it."""
    home = tmp_path_factory.mktemp("home")
    _use_home(monkeypatch, home)
    return home


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Take back what a command configured of the log, or the next test would log less."""
    yield
    for logger in map(logging.getLogger, logs.ROOTS):
        logger.setLevel(logging.NOTSET)
        for handler in [h for h in logger.handlers if not isinstance(h, logging.NullHandler)]:
            logger.removeHandler(handler)
            handler.close()


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real DICOM and anatomy; skips the test where there is none."""
    folder = Path(os.environ.get(DATA_VARIABLE, REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no outside test data: {DATA_VARIABLE} names no folder that exists")
    return folder
