"""A patient in words: name, number, birth date, sex."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QCoreApplication

from hipdesk.records import Patient
from hipdesk.wording import NO_VALUE, person_name

translate = QCoreApplication.translate

BETWEEN = " \N{MIDDLE DOT} "


def name_of(patient: Patient) -> str:
    """Every representation of the name, or words for none."""
    return person_name(patient.name) or translate("person_words", "No name stated")


def sex_of(patient: Patient) -> str:
    """The sex as DICOM states it, in words; empty where not stated."""
    known = {
        "M": translate("person_words", "male"),
        "F": translate("person_words", "female"),
        "O": translate("person_words", "other sex"),
    }
    return known.get(patient.sex.strip().upper(), patient.sex.strip())


def identity_of(patient: Patient) -> str:
    """Number, birth date and sex on one line; what is missing is said."""
    return BETWEEN.join((number_of(patient), birth_and_sex_of(patient)))


def number_of(patient: Patient) -> str:
    """The number, or a dash, called an ID."""
    number = patient.patient_id or NO_VALUE
    return translate("person_words", "ID {number}").format(number=number)


def birth_and_sex_of(patient: Patient) -> str:
    """Birth date and sex; what is missing is said."""
    sex = sex_of(patient) or translate("person_words", "sex not stated")
    return BETWEEN.join((born(patient.birth_date), sex))


def born(day: date | None) -> str:
    """The birth date in words."""
    if day is None:
        return translate("person_words", "birth date not stated")
    return translate("person_words", "born {day}").format(day=day.isoformat())


def visited(day: date | None) -> str:
    """The visit's date in words."""
    if day is None:
        return translate("person_words", "visit without a date")
    return translate("person_words", "visit {day}").format(day=day.isoformat())
