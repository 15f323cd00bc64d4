"""Models by name, and ``hipdesk info``: versions, models, where networks run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipdesk import __version__
from hipdesk.cli.terminal import Json, app, print_json, print_lines
from hipdesk.errors import ModelError
from hipdesk.paths import LOCATOR, SEGMENTER
from hipdesk.records import Provider

if TYPE_CHECKING:
    from hipdesk.ports import Network, TestedNetwork

    Networks = tuple[Network, Network]

LIBRARIES: Final = frozenset(
    {"highdicom", "numpy", "onnxruntime", "onnxruntime-gpu", "pydicom", "scipy", "sqlalchemy"}
)
"""Those whose version can change a result."""

OTHER_ANSWER: Final = "The locator does not answer here as it did where it was made."


@app.command()
def info(as_json: Json = False) -> None:
    """Show versions, models with their hashes, and where networks can run."""
    from hipdesk.console import info_lines

    document = _info_document()
    if as_json:
        print_json(document)
    else:
        print_lines(info_lines(document))


def networks(provider: Provider, segmenter: str = SEGMENTER) -> Networks:
    """Locator and segmenter."""
    return load_model(LOCATOR, provider), load_model(segmenter, provider)


def load_model(name: str, provider: Provider) -> TestedNetwork:
    """A model by name, its hash checked."""
    from hipdesk.adapters.network_loading import load_network

    return load_network(name, provider.value)


def _info_document() -> dict[str, Any]:
    """Versions, models and where they run: ``hipdesk.info/1``."""
    import platform
    from importlib import metadata

    from hipdesk.paths import model_names
    from hipdesk.result import INTENDED_USE

    tests = [_self_test(provider) for provider in (Provider.CPU, Provider.CUDA)]
    return {
        "schema": "hipdesk.info/1",
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {
            each.name: each.version
            for each in metadata.distributions()
            if each.name.lower() in LIBRARIES
        },
        "models": [_model_entry(name) for name in model_names()],
        "providers": [test["provider"] for test in tests if test["passed"]],
        "self_test": tests,
        "intended_use": INTENDED_USE,
    }


def _model_entry(name: str) -> dict[str, Any]:
    """What a model says of itself once its hash is checked, or why it is refused."""
    try:
        model = load_model(name, Provider.CPU).reference
    except ModelError as error:
        return {"name": name, "error": str(error)}
    return {
        "name": model.name,
        "version": model.version,
        "task": model.task,
        "sha256": model.sha256,
        "trained_on": model.trained_on,
        "error": None,
    }


def _self_test(provider: Provider) -> dict[str, Any]:
    """Whether the locator runs there and answers as where it was made."""
    try:
        network = load_model(LOCATOR, provider)
        repeats = network.self_test()
    except ModelError as error:
        return {"provider": provider.value, "passed": False, "reason": str(error)}
    reason = network.compute.reason or (OTHER_ANSWER if repeats is False else None)
    passed = network.compute.provider == provider.value and repeats is not False
    return {"provider": provider.value, "passed": passed, "reason": reason}
