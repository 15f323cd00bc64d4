"""Two patients of one number: the library keeps them apart, and whoever reads is told."""

from __future__ import annotations

import logging
from typing import Final

from hipdesk.errors import StoreError
from hipdesk.ports import PatientEntry, VisitStore

log = logging.getLogger(__name__)

SEVERAL: Final = 2
"""Hospitals give the same number to different people."""


def new_with_known_id(store: VisitStore, visit_uid: str) -> bool:
    """Whether a visit is the first of its patient, and somebody else has the same number.

    A library that cannot say keeps no result from being saved.
    """
    try:
        here = store.patient_of(visit_uid)
        if here.visits != 1 or not here.patient.patient_id:
            return False
        return any(_shares(each, here) for each in store.patients(here.patient.patient_id))
    except StoreError:
        log.warning("patients of the same number not looked for")
        return False


def _shares(other: PatientEntry, here: PatientEntry) -> bool:
    """Whether two have one number and nothing else; of those more alike the library asks."""
    if other.uid == here.uid or here.patient.resembles(other.patient):
        return False
    issuers = {here.patient.issuer, other.patient.issuer} - {""}
    return here.patient.patient_id == other.patient.patient_id and len(issuers) < SEVERAL
