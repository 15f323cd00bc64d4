"""The card of a model that a site trained on with its own cases: honest about how few they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipdesk.manifest import Manifest
from hipdesk.training.tables import accuracy_lines

LIMITS: Final = (
    "- It suits the scanners, protocols and readers it learned from; nothing is known of others.",
    "- Where readers corrected the program's own outlines, the truth leans towards the program.",
    "- Oedema of spondyloarthritis looks like that of necrosis, fracture or infection.",
    "- Unenhanced images do not tell synovitis from fluid.",
    "- Adults of 18 to 65 years; not for children, prostheses or metal nearby.",
)


def site_card(
    manifest: Manifest, base: Manifest, patients: Mapping[str, int], settings: str
) -> str:
    """The text of a retrained model's ``MODEL_CARD.md``.

    Parameters
    ----------
    base : of the model that the training started from
    patients : numbers to ``learn``, ``watch`` and ``test``
    settings : of the training, in words
    """
    origin = (
        f"The model {base.name} {base.version} (SHA-256 `{base.sha256}`), trained on "
        f"{base.trained_on}, was trained on with this site's own corrected cases: "
        f"{patients['learn']} patients to learn from, {patients['watch']} to decide when to stop; "
        f"{settings}."
    )
    measured = (
        f"- It was measured on {patients['test']} patients of the same site, outlined by the same\n"
        "  readers: too few, and too alike, to foretell other patients."
    )
    sections = {
        "Where it comes from": [origin, "", *(f"- {line}" for line in manifest.training_data)],
        "Limits": [measured, *LIMITS],
        "Accuracy": accuracy_lines(manifest.metrics),
        "File": [
            f"`model.onnx`, opset {manifest.opset}, SHA-256 `{manifest.sha256}`.",
            f"Licence: {manifest.licence}.",
        ],
    }
    head = f"# {manifest.name} {manifest.version}\n\n**{manifest.intended_use}**\n"
    body = [f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections.items()]
    return head + "".join(body)
