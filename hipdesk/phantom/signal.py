"""MR signal of each tissue: relaxation times, sequence equations, random contrasts.

Relaxation times at 1.5 T and 3 T are rounded from Stanisz et al. 2005
(doi 10.1002/mrm.20605) for muscle, cartilage, blood and nerve, de Bazelaire et
al. 2004 (doi 10.1148/radiol.2303021331) for bone marrow, fat, prostate and
myometrium, Gold et al. 2004 (doi 10.2214/ajr.183.2.1830343) for
musculoskeletal fat, marrow, cartilage and synovial fluid. Bladder and bowel
content are taken as dilute fluids. Proton densities are relative to water.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.phantom.anatomy import Structure
from hipdesk.records import Contrast


class Tissue(StrEnum):
    """What a voxel is made of, as far as its signal goes."""

    FAT = "fat"
    MUSCLE = "muscle"
    MARROW = "marrow"
    CORTEX = "cortex"
    CARTILAGE = "cartilage"
    FLUID = "fluid"
    CAPSULE = "capsule"
    SKIN = "skin"
    BLADDER = "bladder"
    BOWEL = "bowel"
    BLOOD = "blood"
    UTERUS = "uterus"
    PROSTATE = "prostate"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """T1 and T2 in ms at (1.5 T, 3 T) and relative proton density."""

    t1_ms: tuple[float, float]
    t2_ms: tuple[float, float]
    density: float


RELAXATION: Final = MappingProxyType(
    {
        Tissue.FAT: Relaxation((288, 371), (85, 80), 0.95),
        Tissue.MUSCLE: Relaxation((1010, 1410), (44, 40), 0.78),
        Tissue.CARTILAGE: Relaxation((1020, 1170), (38, 33), 0.75),
        Tissue.FLUID: Relaxation((2850, 3600), (600, 500), 0.98),
        Tissue.CAPSULE: Relaxation((900, 1100), (30, 28), 0.55),
        Tissue.SKIN: Relaxation((850, 1000), (40, 36), 0.6),
        Tissue.BLADDER: Relaxation((3200, 3800), (800, 700), 1.0),
        Tissue.BOWEL: Relaxation((1200, 1500), (90, 80), 0.8),
        Tissue.BLOOD: Relaxation((1440, 1930), (200, 160), 0.85),
        Tissue.UTERUS: Relaxation((1300, 1510), (110, 80), 0.85),
        Tissue.PROSTATE: Relaxation((1320, 1600), (88, 74), 0.85),
    }
)

_MARROW_WATER: Final = Relaxation((1050, 1350), (60, 52), 0.85)


@dataclass(frozen=True, slots=True)
class Protocol:
    """Acquisition settings of a simulated series.

    Attributes
    ----------
    fat_suppressed : spectral suppression (ignored for STIR)
    suppression_left : share of the fat signal that spectral suppression leaves
    """

    contrast: Contrast
    tr_ms: float
    te_ms: float
    ti_ms: float | None
    field_t: float = 1.5
    fat_suppressed: bool = False
    suppression_left: float = 0.12


PAPER_STIR: Final = Protocol(Contrast.STIR, 3550.0, 51.0, 145.0)
"""Sequence of the source paper (doi 10.3389/fphys.2023.1132214)."""

T1_TSE: Final = Protocol(Contrast.T1, 580.0, 11.0, None)
T2_FS: Final = Protocol(Contrast.T2_FS, 3800.0, 68.0, None, fat_suppressed=True)


def signal(relaxation: Relaxation, protocol: Protocol) -> float:
    """Magnitude signal of a tissue.

    With inversion ``PD |1 - 2 exp(-TI/T1) + exp(-TR/T1)| exp(-TE/T2)``,
    otherwise ``PD (1 - exp(-TR/T1)) exp(-TE/T2)``.
    """
    high_field = protocol.field_t > 2.0
    t1, t2 = relaxation.t1_ms[high_field], relaxation.t2_ms[high_field]
    if protocol.ti_ms is None:
        recovered = 1 - np.exp(-protocol.tr_ms / t1)
    else:
        recovered = abs(1 - 2 * np.exp(-protocol.ti_ms / t1) + np.exp(-protocol.tr_ms / t1))
    return float(relaxation.density * recovered * np.exp(-protocol.te_ms / t2))


@dataclass(frozen=True, slots=True, eq=False)
class TissueSignals:
    """Signal of every label of an anatomy, and of what is not a label.

    Attributes
    ----------
    by_label : float32 (256,)
    marrow, cortex, fluid, vessel, fat : of tissue painted on top of labels
    fluid_sensitive : whether oedema and fluid are bright
    """

    by_label: NDArray[np.float32]
    marrow: float
    cortex: float
    fluid: float
    vessel: float
    fat: float
    fluid_sensitive: bool


def tissue_signals(
    rng: np.random.Generator, protocol: Protocol, spread: float = 0.12
) -> TissueSignals:
    """Signals by the sequence equations, each tissue varied by ``spread`` (log scale)."""
    left = protocol.suppression_left if protocol.fat_suppressed else 1.0
    values = {
        tissue: signal(relaxation, protocol) * (left if tissue is Tissue.FAT else 1.0)
        for tissue, relaxation in RELAXATION.items()
    }
    fat_share = rng.uniform(0.55, 0.8)
    water = signal(_MARROW_WATER, protocol)
    values[Tissue.MARROW] = fat_share * values[Tissue.FAT] + (1 - fat_share) * water
    values[Tissue.CORTEX] = 0.06 * values[Tissue.MUSCLE]
    varied = {
        tissue: value * float(np.exp(rng.normal(0, spread))) for tissue, value in values.items()
    }
    return assemble(rng, varied, fluid_sensitive=protocol.contrast.fluid_sensitive)


def measured_stir_signals(rng: np.random.Generator) -> TissueSignals:
    """STIR-like signals drawn from ratios to normal marrow measured on real scans.

    Ranges: body (muscle, suppressed fat) 0.7-1.3 of marrow, vessels and small
    fluid 2-5.5, free fluid 3.6-10.
    """
    muscle = float(np.exp(rng.normal(np.log(1.0), 0.22)))
    fluid = float(np.exp(rng.uniform(np.log(3.2), np.log(8.0))))
    values = {
        Tissue.MARROW: 1.0,
        Tissue.FAT: float(np.exp(rng.normal(np.log(0.8), 0.28))),
        Tissue.MUSCLE: muscle,
        Tissue.CORTEX: float(rng.uniform(0.03, 0.25)),
        Tissue.CARTILAGE: muscle * float(rng.uniform(1.0, 1.9)),
        Tissue.FLUID: fluid * float(rng.uniform(0.7, 1.0)),
        Tissue.CAPSULE: muscle * float(rng.uniform(0.55, 1.1)),
        Tissue.SKIN: muscle * float(rng.uniform(0.8, 2.0)),
        Tissue.BLADDER: fluid * float(rng.uniform(0.9, 1.4)),
        Tissue.BOWEL: muscle * float(rng.uniform(1.2, 3.0)),
        Tissue.BLOOD: float(rng.uniform(0.5, 5.5)),
        Tissue.UTERUS: muscle * float(rng.uniform(1.3, 3.0)),
        Tissue.PROSTATE: muscle * float(rng.uniform(1.2, 2.4)),
    }
    return assemble(rng, values, fluid_sensitive=True)


def varied_stir_signals(rng: np.random.Generator) -> TissueSignals:
    """Any fluid-sensitive contrast: random signals in a fat-suppressed picture's order.

    Marrow is 1; fluid is brightest, compact bone darkest, everything else between
    in any order, wider than scanners make it (the manner of SynthSeg, Billot et al.
    2023, doi 10.1016/j.media.2023.102789).
    """
    cartilage = float(rng.uniform(0.6, 2.4))
    fluid = float(np.exp(rng.uniform(np.log(max(2.6, 1.7 * cartilage)), np.log(9.0))))
    cortex = float(rng.uniform(0.0, 0.4))
    values = {
        Tissue.MARROW: 1.0,
        Tissue.FAT: float(np.exp(rng.uniform(np.log(0.35), np.log(1.7)))),
        Tissue.MUSCLE: float(np.exp(rng.uniform(np.log(0.5), np.log(1.9)))),
        Tissue.CORTEX: cortex,
        Tissue.CARTILAGE: cartilage,
        Tissue.FLUID: fluid,
        Tissue.CAPSULE: float(rng.uniform(max(cortex, 0.3), 1.5)),
        Tissue.SKIN: float(rng.uniform(0.5, 3.0)),
        Tissue.BLADDER: fluid * float(rng.uniform(0.8, 1.6)),
        Tissue.BOWEL: float(rng.uniform(0.3, 4.0)),
        Tissue.BLOOD: float(np.exp(rng.uniform(np.log(0.3), np.log(6.0)))),
        Tissue.UTERUS: float(rng.uniform(0.8, 4.0)),
        Tissue.PROSTATE: float(rng.uniform(0.8, 3.0)),
    }
    return assemble(rng, values, fluid_sensitive=True, muscles=float(rng.uniform(0.03, 0.2)))


def free_signals(rng: np.random.Generator) -> TissueSignals:
    """Any contrast at all: every tissue its own random signal."""
    values = {tissue: float(rng.uniform(0.1, 1.0)) for tissue in Tissue}
    values[Tissue.CORTEX] = float(rng.uniform(0.0, 0.12))
    return assemble(rng, values, fluid_sensitive=False)


def assemble(
    rng: np.random.Generator,
    values: dict[Tissue, float],
    *,
    fluid_sensitive: bool,
    muscles: float = 0.07,
) -> TissueSignals:
    """Spread tissue signals over an anatomy's labels; ``muscles`` differ a little (log scale)."""
    table = np.full(256, values[Tissue.MUSCLE], dtype=np.float32)
    for label, tissue in _LABEL_TISSUE.items():
        table[label] = values[tissue]
    table[Structure.AIR] = 0.0
    table[Structure.MUSCLE :] *= np.exp(rng.normal(0, muscles, 256 - Structure.MUSCLE))
    return TissueSignals(
        by_label=table,
        marrow=values[Tissue.MARROW],
        cortex=values[Tissue.CORTEX],
        fluid=values[Tissue.FLUID],
        vessel=values[Tissue.BLOOD],
        fat=values[Tissue.FAT],
        fluid_sensitive=fluid_sensitive,
    )


_LABEL_TISSUE: Final = MappingProxyType(
    {
        Structure.FAT: Tissue.FAT,
        Structure.SKIN: Tissue.SKIN,
        Structure.BLADDER: Tissue.BLADDER,
        Structure.COLON: Tissue.BOWEL,
        Structure.SMALL_BOWEL: Tissue.BOWEL,
        Structure.UTERUS: Tissue.UTERUS,
        Structure.PROSTATE: Tissue.PROSTATE,
        Structure.VESSEL: Tissue.BLOOD,
        Structure.VERTEBRA: Tissue.MARROW,
        Structure.SACRUM: Tissue.MARROW,
        Structure.COCCYX: Tissue.MARROW,
        Structure.HIP_BONE_RIGHT: Tissue.MARROW,
        Structure.HIP_BONE_LEFT: Tissue.MARROW,
        Structure.FEMUR_RIGHT: Tissue.MARROW,
        Structure.FEMUR_LEFT: Tissue.MARROW,
        Structure.CARTILAGE: Tissue.CARTILAGE,
        Structure.CAPSULE_RIGHT: Tissue.CAPSULE,
        Structure.CAPSULE_LEFT: Tissue.CAPSULE,
        Structure.JOINT_SPACE_RIGHT: Tissue.CARTILAGE,
        Structure.JOINT_SPACE_LEFT: Tissue.CARTILAGE,
    }
)
