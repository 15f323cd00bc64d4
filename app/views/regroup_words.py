"""What a regrouping is called, asked and answered with: words of its page."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.regroup_state import OF_ITS_OWN, Line, RegroupShown, Wish
from app.views.labels import core_words
from app.views.person_words import BETWEEN, born, number_of, sex_of
from hipdesk.ports import RegroupKind
from hipdesk.records import Patient
from hipdesk.wording import CONTRAST_WORDS, NO_VALUE

translate = QCoreApplication.translate


def title_of(shown: RegroupShown) -> str:
    """The question of the page."""
    match shown.wish:
        case Wish.MERGE:
            return translate("regroup_words", "Are these one person?")
        case Wish.MOVE:
            return translate("regroup_words", "Whose visit is this?")
        case Wish.SPLIT:
            return translate("regroup_words", "Which visits are somebody else's?")
        case Wish.STUDY:
            return translate("regroup_words", "To which visit do these images belong?")
        case Wish.ASIDE:
            return translate("regroup_words", "Put aside?")
        case Wish.REPEAT:
            return translate("regroup_words", "Which scans are repeats of an unchanged hip?")


def deed_of(shown: RegroupShown) -> str:
    """Words of the button that does it."""
    match shown.wish:
        case Wish.MERGE:
            return translate("regroup_words", "Merge")
        case Wish.MOVE:
            return translate("regroup_words", "Move the visit")
        case Wish.SPLIT:
            return translate("regroup_words", "Split off")
        case Wish.STUDY:
            return translate("regroup_words", "Move the images")
        case Wish.ASIDE:
            return translate("regroup_words", "Put aside")
        case Wish.REPEAT if shown.named:
            return translate("regroup_words", "Not repeats after all")
        case Wish.REPEAT:
            return translate("regroup_words", "Name as repeats")


def outcome_of(shown: RegroupShown) -> str:
    """What will happen, and how it is undone."""
    undone = translate(
        "regroup_words",
        "Nothing is deleted; it can be undone at once, and later from the list of what was put "
        "aside and regrouped.",
    )
    match shown.wish:
        case Wish.MERGE if shown.other is None:
            said = translate(
                "regroup_words",
                "Choose the other patient: you then see both side by side before anything is done.",
            )
        case Wish.MERGE:
            said = translate(
                "regroup_words",
                "{visits} will be listed and compared under the name that is kept. Later images "
                "with the other number are a patient of their own again, and offered.",
            ).format(visits=visits_of(shown.moved))
        case Wish.MOVE if shown.other is None:
            said = translate("regroup_words", "Choose the patient to whom the visit belongs.")
        case Wish.MOVE:
            said = translate(
                "regroup_words",
                "The visit, with its results and signatures, will be listed and compared under "
                "the patient on the right. Its images and reports keep the name that they state.",
            )
        case Wish.SPLIT:
            said = translate(
                "regroup_words",
                "{visits} will be a patient of their own, named as their images state it, and not "
                "be offered as the same person again.",
            ).format(visits=visits_of(shown.moved))
        case Wish.STUDY:
            said = translate(
                "regroup_words",
                "The images go with all their results. A visit may hold several studies, of "
                "several days, and the right and left hip of different ones.",
            )
        case Wish.ASIDE:
            said = translate(
                "regroup_words",
                "{visits} will be left out of every list, trend and noise figure.",
            ).format(visits=visits_of(len(shown.picked)))
        case Wish.REPEAT:
            return translate(
                "regroup_words",
                "Two scans between which nothing can have changed tell how much noise there is. "
                "From ten such pairs on, a change is said to exceed the noise or not.",
            )
    if not shown.ready:
        return said
    return translate("regroup_words", "{said} {undone}").format(said=said, undone=undone)


def visits_of(count: int) -> str:
    """A number of visits."""
    words = (
        translate("regroup_words", "1 visit")
        if count == 1
        else translate("regroup_words", "{n} visits")
    )
    return words.format(n=count)


def warning_of(unlike: tuple[str, ...]) -> str:
    """That two identities hardly are one person; empty where nothing tells against it."""
    if not unlike:
        return ""
    if unlike == ("birth_date",):
        both = translate("regroup_words", "The birth dates differ.")
    elif unlike == ("sex",):
        both = translate("regroup_words", "The sex differs.")
    else:
        both = translate("regroup_words", "Birth date and sex differ.")
    return translate(
        "regroup_words",
        "{what} These are probably two people: joined wrongly, one's results would be read as "
        "the other's.",
    ).format(what=both)


def facts_of(patient: Patient) -> tuple[tuple[str, str], ...]:
    """Name of each fact beside the name, and the fact in words."""
    number = number_of(patient)
    if patient.issuer:
        number = translate("regroup_words", "{number}, issued by {issuer}").format(
            number=number, issuer=patient.issuer
        )
    return (
        ("patient_id", number),
        ("birth_date", born(patient.birth_date)),
        ("sex", sex_of(patient) or translate("person_words", "sex not stated")),
    )


def moment_of(line: Line) -> str:
    """Day and time of a line."""
    day = translate("regroup_words", "No date") if line.day is None else line.day.isoformat()
    return day if line.time is None else f"{day} {line.time:%H:%M}"


def about(line: Line) -> str:
    """What was examined."""
    nothing = line.contrast is None and line.uid != OF_ITS_OWN
    parts = [line.words or (NO_VALUE if nothing else "")]
    if line.contrast is not None:
        parts.append(core_words(CONTRAST_WORDS[line.contrast]))
    if line.slices is not None:
        parts.append(translate("regroup_words", "{n} slices").format(n=line.slices))
    return BETWEEN.join(filter(None, parts))


def kind_words(kind: RegroupKind, count: int) -> str:
    """What a reader did."""
    match kind:
        case RegroupKind.MERGED:
            return translate("regroup_words", "Merged: {visits}").format(visits=visits_of(count))
        case RegroupKind.MOVED:
            return translate("regroup_words", "Visit moved")
        case RegroupKind.SPLIT:
            return translate("regroup_words", "Split off: {visits}").format(visits=visits_of(count))
        case RegroupKind.STUDY_MOVED:
            return translate("regroup_words", "Images moved to another visit")
