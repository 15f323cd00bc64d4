"""Measured figures as tables: in model cards, and in documents that name the files they print.

A document holds a block for each file::

    <!-- figures: ../models/segment/manifest.json -->
    ... made by `filled` ...
    <!-- end of figures -->

The file is a model's manifest, a list of metrics, or the Markdown of a
cross-validation, and is named relative to the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.manifest import Metric, Task

COMPARISON: Final = "for comparison: "
"""Begins the name of a figure of a plain rule; it ends in the rule's own words."""

OVER_HIPS: Final = ", mean over hips"

LOCATED: Final = ("heads found", "head centre error")
"""Begin the names of a locator's figures."""

_RULE: Final = re.compile(rf"{COMPARISON}(?P<figure>.+?) of (?P<rule>a threshold at .+)")
_BLOCK: Final = re.compile(
    r"(?P<head><!-- figures: (?P<file>\S+) -->\n).*?(?P<tail><!-- end of figures -->)", re.DOTALL
)


def comparison(figure: str, rule: str) -> str:
    """Name of a plain rule's figure that stands beside one of a network."""
    return f"{COMPARISON}{figure.removesuffix(OVER_HIPS)} of {rule}"


def accuracy_lines(metrics: Sequence[Metric]) -> list[str]:
    """The test sets, then a table: two columns for each set where a plain rule was measured.

    The rule's figure stands in the row of the network's that it is compared with.
    """
    if not metrics:
        return ["Not measured."]
    sets = list(dict.fromkeys(each.test_set for each in metrics))
    names = list(dict.fromkeys(each.name for each in metrics if not _RULE.fullmatch(each.name)))
    values = {(each.name, each.test_set): f"{each.value:.3f}" for each in metrics}
    plain = _plain_values(metrics)
    rules = list(dict.fromkeys(rule for _, rule, _ in plain))
    columns = [("Figure", names)]
    for number, test in enumerate(sets, start=1):
        columns.append((f"Test set {number}", [values.get((name, test), "") for name in names]))
        for rule in rules:
            found = [plain.get((name.removesuffix(OVER_HIPS), rule, test), "") for name in names]
            if any(found):
                columns.append((f"rule, set {number}", found))
    rows = zip(*(cells for _, cells in columns), strict=True)
    bullets = [f"- Test set {number}: {test}." for number, test in enumerate(sets, start=1)]
    bullets += [f"- Rule, for comparison: {rule}." for rule in rules]
    return [*bullets, "", *table([title for title, _ in columns], list(rows))]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """Metrics from a JSON list of ``{name, value, test_set}``, or from a model's manifest.

    Raises
    ------
    UnreadableInput
        The file is missing or of another form, or a figure names no test set.
    """
    try:
        content: Any = json.loads(path.read_bytes())
        metrics = content["metrics"] if isinstance(content, dict) else content
        found = TypeAdapter(tuple[Metric, ...]).validate_python(metrics)
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise UnreadableInput(
            f"{path} is not a list of metrics; each needs a name, a value and a test_set."
        ) from error
    if not all(each.test_set.strip() for each in found):
        raise UnreadableInput(f"A figure in {path} does not say what it was measured on.")
    return found


def metrics_for(task: Task, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Those of a measured pair of models that are about a locator, or about a segmenter."""
    return tuple(each for each in metrics if each.name.startswith(LOCATED) is (task is Task.LOCATE))


def filled(text: str, folder: Path) -> str:
    """A document with its blocks made anew from the files that they name.

    Parameters
    ----------
    folder : that the files' names are relative to

    Raises
    ------
    UnreadableInput
        A file cannot be read.
    """

    def block(found: re.Match[str]) -> str:
        lines = _lines(folder / found["file"])
        return f"{found['head']}\n" + "\n".join(lines) + f"\n\n{found['tail']}"

    return _BLOCK.sub(block, text)


def fill(document: Path) -> None:
    """Make the blocks of a document anew.

    Raises
    ------
    UnreadableInput
        The document, or a file that it names, cannot be read.
    OutputError
        The document cannot be written.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{document} cannot be read.") from error
    new = filled(text, document.parent)
    try:
        document.write_text(new, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{document} cannot be written; check its permission.") from error


def _plain_values(metrics: Sequence[Metric]) -> dict[tuple[str, str, str], str]:
    """The plain rules' figures by (figure, rule, test set)."""
    named = ((_RULE.fullmatch(each.name), each) for each in metrics)
    return {
        (found["figure"], found["rule"].removesuffix(OVER_HIPS), each.test_set): f"{each.value:.3f}"
        for found, each in named
        if found is not None
    }


def _lines(path: Path) -> list[str]:
    """What a block prints of a file: a table of metrics, or all above a second heading."""
    if path.suffix != ".md":
        return accuracy_lines(read_metrics(path))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path} cannot be read.") from error
    body = [line for line in lines if not line.startswith("# ")]
    ends = [index for index, line in enumerate(body) if line.startswith("## ")]
    return "\n".join(body[: ends[0] if ends else None]).strip().splitlines()
