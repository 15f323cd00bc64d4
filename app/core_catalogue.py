"""What the core says to the window, for translators: words, sentences, and their figures.

The core speaks English and knows no language. Its words are translated whole;
a sentence with figures or names in it is told by its template, the translation
of the template is filled, and those of its parts that are words themselves are
translated in the same way. What has no translation stays English.

Words that the core names are taken from it. Those inside its functions, and all
of the adapters, are written out here; a test holds them to the core's source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.messages import OUR_FAULT, TOO_LITTLE_MEMORY
from app.table_catalogue import TABLE_SENTENCES
from hipdesk import (
    display,
    paths,
    reanalysis,
    report,
    report_trend,
    sdc,
    series_choice,
    wording,
)
from hipdesk.clinical import HARRIS_CHOICES
from hipdesk.ports import CHARSETS
from hipdesk.records import Contrast, Plane, Side

CONTEXT: Final = "core"

Lookup = Callable[[str], str]
"""The translation of English words; the words themselves where there is none."""

_SIDES: Final = tuple(each for side in Side for each in (side.word, wording.capital(side.word)))

_NAMED: Final = (
    *wording.REASON_SENTENCES.values(),
    *wording.REASON_WORDS.values(),
    *wording.CONTRAST_WORDS.values(),
    *wording.ORIGIN_WORDS.values(),
    *wording.VERDICT_WORDS.values(),
    *wording.CLASS_WORDS.values(),
    *wording.EXCLUSION_WORDS,
    *dict.fromkeys(each.words for answers in HARRIS_CHOICES.values() for each in answers),
    *series_choice.CONTRAST_WORDS.values(),
    *CHARSETS.values(),
    series_choice.NOT_DICOM,
    series_choice.IN_WINDOW.other_contrast,
    series_choice.IN_WINDOW.several_patients,
    series_choice.IN_WINDOW.localizer,
    *(contrast.value for contrast in Contrast),
    *(plane.value for plane in Plane),
    *_SIDES,
    report.RESEARCH_ONLY,
    report.DRAFT,
    report.PARTLY_REVIEWED,
    report.REVIEWED,
    report.PARTLY_SIGNED,
    report.SIMULATED_ONLY,
    *report.LIMITS,
    *(words for _, words in report.HAN_BANDS),
    report.HAN_LAST_BAND,
    report.VERDICT_LABEL,
    report.NO_IMPRESSION,
    report_trend.SDC_UNKNOWN,
    report_trend.CHANGE_BASIS,
    *report_trend.PAIR_WORDS.values(),
    report_trend.ONE_VISIT,
    report_trend.NO_SCORED_VISIT,
    report_trend.NO_DATE,
    display.OUTLINING,
    OUR_FAULT,
    TOO_LITTLE_MEMORY,
)
"""Words and sentences with a name in the core or in `app.messages`."""

OPENING: Final = "The patient library could not be opened"
READING: Final = "The patient library could not be read"
SAVING: Final = "Nothing was saved in the patient library"
CLOSING: Final = "The patient library could not be closed"
_BACKUP: Final = "The backup was not made"
_RESTORED: Final = "Nothing was restored"
_CHECKED: Final = "The patient library could not be checked"
_REPAIRED: Final = "The patient library could not be repaired"

_SEND_AGAIN: Final = "send the series again from the scanner or archive."
_REINSTALL: Final = "install the model again."
_FROM_A_COPY: Final = "restore the library from a copy."
_HIP_STUDY: Final = (
    "choose the folder of a hip study with a coronal STIR or fat-suppressed T2 series"
)

_CHOICE: Final = (
    "This series was asked for.",
    "Images of {people} patients were found; {remedy}.",
    (
        "Images of {people} patients were found; make sure that this result is of the "
        "patient you mean."
    ),
    "It is {words}, not MR.",
    "of unstated modality",
    "It is a localizer or lies in several planes.",
    "Its plane is {plane}, not coronal.",
    "It is coronal{tilted}.",
    ", tilted by {tilt} degrees",
    "It is fluid-sensitive ({words}).",
    "It is {words}, so lesions cannot be scored.",
    "It is {words}, not fluid-sensitive.",
    "It is computed from other series.",
    "It is a reformatted or secondary copy.",
    "It has too few slices ({count}).",
    "It has {count} slices; {least} are needed for a score.",
    "Its {count} slices span {extent} mm, unlike a hip series.",
    "It has {count} slices over {extent} mm.",
    "Its field of view ({size}) is too small for a hip.",
    "Its field of view ({size}) holds both hips.",
    "Its field of view ({size}) holds one hip.",
    "Its pixels measure {rows} x {columns} mm.",
    "Its name speaks of another region.",
    "Its name speaks of the hip or pelvis.",
    "They are the right and left coronal {words} series of one study.",
    "The files do not say its contrast, so its pixels decide: coronal, {count} slices.",
    "the only usable series",
    "the best of {count} usable series",
    "It is {among}: coronal, {words}, {count} slices.",
    "Chosen as on {when} for this protocol: coronal, {words}, {what}.",
    "{count} slices",
    "right and left series",
    "The reader says that this series is {words}; {stated}.",
    "A reader said on {when} that series of this protocol are {words}; {stated}.",
    "its files do not say it",
    "by its files it is {words}",
    series_choice.NOT_SENSITIVE,
    series_choice.PREFERRED,
    (
        "The series asked for holds images of {people} patients under one UID; choose a folder "
        "with the images of one of them."
    ),
    "The series asked for cannot be analysed: {why}; choose a coronal MR series.",
    _HIP_STUDY,
    "No usable image was found{cause}; {remedy}.",
    "The images found are {words}, not MR; {remedy}.",
    "Only localizer images were found; {remedy}.",
    "No MR series found is coronal ({plane} only); {remedy}.",
    " ({count} of {files} files: {why})",
    "The coronal series found ({words}) cannot be used: {why}; {remedy}.",
    (
        "The coronal series found is {words}, not fluid-sensitive (STIR or fat-suppressed T2); "
        "{remedy}."
    ),
)

_FILES: Final = (
    "It is a segmentation, not an image.",
    "It is a structured report, not an image.",
    "It is a presentation state, not an image.",
    "It is a list of key images, not an image.",
    "It is a document, not an image.",
    "It is a set of contours, not an image.",
    "It is a dose distribution, not an image.",
    "It is a registration, not an image.",
    "It holds several frames but does not say where each lies.",
    "It states {stated} frames but describes {described}; it is damaged.",
    "It is the index of a disc; the images it lists are read directly.",
    "It holds no image.",
    "It claims more pixels than any picture has; it is damaged.",
    "It claims more frames than any examination of a hip has.",
    "Its frames differ more than those of any examination; it is damaged.",
    "It holds more header entries than any image has; it is damaged.",
    (
        "The two visits could not be laid on each other, since the computation ended by itself; "
        "try again."
    ),
    "It holds spectra, not an image.",
    "It is a colour picture, not a measured image.",
    "It does not say which series it belongs to.",
    "in a way unknown to the standard",
    "as {syntax}",
    "as {syntax} with {bits} bits",
    "Its pixels are stored {known}, which this program cannot read.",
    "It does not say where it lies in the patient.",
    "It does not state the size of its pixels.",
    "Its stated orientation is not possible.",
    "Its stated position or pixel size is not possible.",
    "It repeats a slice position of its series; the first acquisition is used.",
    "It is damaged and cannot be read.",
    "It is not an ordinary file.",
    "It cannot be opened; check the permissions.",
    "It is a copy of another file of the same series.",
    "It is not complete; is it still being copied?",
    "It does not answer; check the disc or the network, and open it again.",
    "It is a zip archive inside what was opened; open it by itself.",
    "It is protected by a password; unpack it first.",
    "It is damaged inside the archive.",
    "It is the index of a disc; {count} of the images it lists are missing.",
    "{path} does not answer; check the disc or the network, and open it again.",
    "The archive {path} is damaged or not complete; copy it again.",
    "The archive {path} holds no file; copy it again or choose another.",
    (
        "The archive {path} could not be unpacked; check that the disc with the program's own "
        "data has room and can be written."
    ),
    (
        "The archive {path} would unpack to far more than images do, so it was not opened; "
        "unpack it yourself if you trust it, and open the folder."
    ),
    "The archive {path} is protected by a password; unpack it and open the folder.",
    (
        "There is too little room on the disc to open the archive {path}; make room and open it "
        "again."
    ),
    (
        "The archive {path} is packed in a way that this program does not know; unpack it and "
        "open the folder."
    ),
    "Nothing was named to be opened; name a folder or file.",
    "{path} cannot be opened; check that the folder exists and may be read.",
    (f"The series claims more pixels than this program reads; a header is damaged: {_SEND_AGAIN}"),
    f"The image {{file}} is damaged and cannot be shown; {_SEND_AGAIN}",
    f"The image {{file}} does not hold what its header states; {_SEND_AGAIN}",
    f"The series {{what}}, so a file is probably damaged; {_SEND_AGAIN}",
    "takes far longer to decode than its size explains",
    "needs far more memory to decode than its size explains",
    "holds an image that the decoder could not survive",
)

_SERIES: Final = (
    "Slices are missing from the series; volumes and scores may be too low for it.",
    "The slices are unevenly spaced; the figure is the largest deviation in percent.",
    "The slices lie in different directions.",
    "Slice positions were measured more than once; the first acquisition is used.",
    "The series holds {stacks} stacks of slices; this is number {number}.",
    "Images were compressed with loss; fine detail and measured values are altered.",
    "The images are stored as negatives and were turned back.",
    (
        "The files contradict themselves on how the patient lay; sides follow the slices' "
        "geometry: make sure that right and left are right."
    ),
    (
        "Names or descriptions look garbled, as if the files stated a wrong character set{guess}: "
        "open the images again with the right one."
    ),
    "; it may be {names}",
    "Files that are copies of others of the series were left out.",
    ("The series is named STIR, but its inversion time of {ti} ms does not null fat."),
    (
        "The series is named STIR, but its TR of {tr} ms and TE of {te} ms are those of "
        "T1-weighted images; check its contrast before using the result."
    ),
    (
        "The series' name does not say STIR, but its inversion time of {ti} ms does; check its "
        "contrast before using the result."
    ),
    "The {side} hip was analysed from the other series{named}.",
    " ('{description}')",
)

_RESULT: Final = (
    (
        "The images do not state the {words}, so this visit was not joined to earlier ones of the "
        "same person in the library."
    ),
    "issuer of the patient ID",
    "patient ID",
    "birth date",
    "sex",
    (
        "The models were trained on simulated MRI only; their accuracy on patients is not known, "
        "so look at every outline."
    ),
    "simulated MRI",
    "CUDA was asked for, but the CPU was used{cause}.",
    "CUDA was requested; the {provider} computed this{cause}",
    ": {why}",
    (
        "The images do not state how thick the slices are, so thickness and gaps were not checked; "
        "slices lie {step} mm apart."
    ),
    "Slices lie {step} mm apart; small lesions can fall between them.",
    "Slices are {thickness} mm thick; small lesions can be lost in them.",
    (
        "Between slices {gap} % of their thickness is not imaged; small lesions can fall between "
        "them."
    ),
    "Pixels measure {pixel} mm; outlines are less exact than on usual hip MRI.",
    (
        "Slices are tilted {tilt} degrees off the coronal plane; scores may differ from those of "
        "coronal slices."
    ),
    "The patient's age is unknown; the score was made for adults.",
    "The patient is {age} years old; the score was studied from {low} to {high} years.",
    "both hips were",
    "the {side} hip was",
    ("The images are labelled {side}, but {shown} found; check the side before using the result."),
    (
        "The {source} says {side}, but the {other} says {other_side}; check the side before using "
        "the result."
    ),
    "laterality tag",
    "series description",
    "protocol name",
    "body part",
    "study description",
    (
        "The {side} femoral head lies {across} mm to the {other_side} of the scanner's middle; "
        "check the side before using the result."
    ),
    (
        "The {source} says {side}, but the {other_source} says {other_side}; check the side before "
        "using the result."
    ),
    "laterality tag",
    "series description",
    "protocol name",
    "body part",
    "study description",
    (
        "The {side} femoral head lies {across} mm to the {other_side} of the scanner's middle; "
        "check the side before using the result."
    ),
    "{what}; check the sides before using them.",
    "The femoral heads were placed the wrong way round, or on one side of the body",
    "The {side} femoral head was placed on the {other_side} side of the body",
    (
        "The series' name or body part speaks of another region than the hip; check that these "
        "are the images you meant."
    ),
    "The {side} femoral head was not found, so that hip has no result.",
    "A reader rejected the outlines of the {side} hip; it has no result.",
    "The {side} femoral head was placed by a reader.",
    "A reader made slice {count} the central one of the {side} hip.",
    "A reader left {slices} of the {side} hip out of the score.",
    "{volume} mL of the {side} hip's oedema lies outside the outlined bones; check it.",
    "one slice",
    (
        "The {side} femoral head reaches the edge of the picture, so part of the hip is missing "
        "from the result."
    ),
    (
        "The {side} femoral head gives no signal, as metal or a prosthesis leaves it, so that hip "
        "has no result."
    ),
    (
        "{void} % of the {side} femoral head gives no signal; look for metal or dead bone before "
        "using the result."
    ),
    (
        "The pictures repeat themselves displaced ({ghost} % alike), as movement leaves them; look "
        "for ghosts over the hips."
    ),
    (
        "In {share} % of the pictured body fat looks brighter than elsewhere, as failed fat "
        "suppression leaves it; take no bright fat or marrow there for oedema."
    ),
    (
        "The files do not say how the series is weighted; by its pixels fat is {shown}. Check its "
        "contrast before using the result."
    ),
    "suppressed",
    "not suppressed",
    "{what}; check its contrast before using the result.",
    "The headers call the series fat-suppressed, but fat is bright on it",
    "The headers do not call the series fat-suppressed, but fat is dark on it",
    "A reader calls the series fluid-sensitive, but fat is bright on it",
    "The {side} femoral head was found with low confidence; check its outline.",
    "Only {count} slices show the {side} femoral head.",
    (
        "The {side} femoral head reaches the first or last slice of the series, so part of it may "
        "be missing; its volumes and shares cover the imaged part only."
    ),
)

_REPORT: Final = (
    "UNet-score U, intensity",
    "U per slice, U/n",
    "of U: {words}",
    "UNet-score A, area",
    "A per slice, A/n",
    "of A: {words}",
    "BME",
    "effusion/synovitis",
    "Slices counted, n",
    "BME volume",
    "Effusion/synovitis volume",
    "Femoral head volume",
    "BME within the head, of head volume",
    "Band after Han 2021, exploratory",
    "Final - signed by {names}, {when}",
    "a reader without a name",
    "{side} hip: no score, because {why}.",
    "{day}, {side} hip: no score, because {why}.",
    "{why} (here {count})",
    "{side} hip: not part of this series.",
    "Both hips: no total, because {why}.",
    "{side} hip: see the other series{named}.",
    "{side} hip: see the other series{named}; its figures are in the table.",
    (
        "{side} hip: see the other series{named}; its figures are in the table; its femoral head "
        "was placed by a reader."
    ),
    ", {description}",
)

_CHANGES: Final = (
    "The score's definition was not recorded.",
    "The scores follow different definitions.",
    "The masks come from different models.",
    "The heads were found by different models.",
    "The series have different kinds of contrast: {kinds}.",
    "The slices are {earlier} mm and {later} mm apart, more than 10 % different.",
    "The pixel sizes differ by more than 10 %.",
    "The scanners differ.",
    "One visit does not state its field strength.",
    "The field strengths differ: {earlier} T, {later} T.",
    "One visit does not state its {time}.",
    "The {time} differs: {earlier} ms, {later} ms.",
    "echo time",
    "inversion time",
    "repetition time",
    "pulse sequence",
    "The pulse sequences differ.",
    (
        "Of the slices that count, only {earlier} and {later} show the same part of the hip; "
        "{least} at each visit are needed."
    ),
    (
        "The visits show different parts of the hip: {earlier} of {counted} and {later} of "
        "{others} counted slices lie in the part that both show."
    ),
    "A reader excluded slices of one visit or both.",
    "At one visit or both, this may be the other hip.",
    (
        "Smallest detectable change of U/n, {kind}: not established; {pairs} of at least {least} "
        "pairs that vary."
    ),
    "Smallest detectable change of U/n, {kind}: {value}, from {pairs} pairs of this site.",
    (
        "Smallest detectable change of U/n about {level}, {kind}: {value}, from {pairs} pairs of "
        "this site; it grows with U/n."
    ),
    "The change of U/n exceeds the smallest detectable change of {value} ({kind}, {pairs} pairs).",
    (
        "The change of U/n does not exceed the smallest detectable change of {value} ({kind}, "
        "{pairs} pairs)."
    ),
    "The slices of the two visits are not matched by position.",
    ("Matched slices: {earlier} and {later}, from {low} to {high} mm of the head centre."),
    "A visit without a date gives no change; give it its date first.",
    "U/n on matched slices",
    "A/n on matched slices",
    "Slices matched",
    "One result was computed on the CPU, the other on a GPU.",
    "The masks of one visit were edited or drawn by a reader.",
    "The numbers of counted slices differ: {earlier}, {later}.",
    (
        "The slices of the two visits are tilted by {angle} degrees against each other; away from "
        "the head centre, slices side by side do not show the same place."
    ),
)

_RUNNING: Final = (
    "Looking for images",
    "Reading headers",
    "Reading images",
    "Finding the femoral heads",
    "Measuring the marrow signal",
    "Outlining the {side} hip",
    (
        "No femoral head was found on this series; choose a coronal series that shows the hips, "
        "or check the folder."
    ),
    "The femoral heads give no signal on this series; choose another series.",
    "Metal or a prosthesis hides the femoral heads on this series, so no hip can be scored.",
    "The {side} femoral head was placed outside the series; place it on the images.",
    ("There is no signal where the {side} femoral head was placed; place it on the femoral head."),
)

_NETWORKS: Final = (
    "CUDA crashed in the self-test, so it is not used.",
    "The self-test of CUDA did not end in time, so it is not used.",
    "CUDA gave other results than the processor in the self-test.",
    "CUDA failed while running, so the rest ran on the processor.",
    "CUDA could not be started: its libraries are missing or do not match.",
    "CUDA could not be started on this machine.",
    "This installation of ONNX Runtime has no CUDA.",
    "This machine has no NVIDIA driver.",
    (
        "There is no model called '{model}'; install HipDesk again, or put the model into a "
        f"folder and set {paths.MODELS_VARIABLE} to it."
    ),
    f"{paths.MODELS_VARIABLE} names {{path}}, which is not a folder; correct it or unset it.",
    f"The description of the model '{{model}}' cannot be read; {_REINSTALL}",
    f"The file of the model '{{model}}' cannot be read; {_REINSTALL}",
    (
        "The file of the model '{model}' differs from the one that was released and is not used; "
        f"{_REINSTALL}"
    ),
    f"The model '{{model}}' does not fit its description; {_REINSTALL}",
    (
        "The model '{model}' cannot be run on this machine; close other programs to free memory, "
        f"or {_REINSTALL}"
    ),
    (
        "The model {model} cannot be used for the task '{task}'; choose another model or install "
        "the one delivered with the program."
    ),
    (
        "The chosen model needs bone outlines of another model first; choose a model that "
        "outlines bones and lesions together."
    ),
)

_LIBRARY: Final = (
    *(f"{outcome}: {{why}}" for outcome in (OPENING, READING, SAVING, CLOSING)),
    "the disk is full; free some space and try again.",
    ("its folder or disk may not be written to; choose another folder or have it permitted."),
    "another program is using it; close that program and try again.",
    "its database is damaged; nothing was changed, restore it from a copy.",
    "a folder or file is missing; check that its disk is connected and try again.",
    "the place named is not a HipDesk library; name its folder, or a new one.",
    "the result contradicts what is already stored there.",
    "its disk or database server reported a fault; check both and try again.",
    (
        "its database server does not answer, or refuses; check the network, and the address "
        "with name, password and database."
    ),
    (f"{OPENING}: its address is wrong, or the program lacks the driver for such a server."),
    f"{OPENING}: its database belongs to another program.",
    (
        f"{OPENING}: a newer version of the program has worked with it; install that version or "
        "choose another library."
    ),
    f"{OPENING}: there is none in this folder.",
    (
        f"{OPENING}: an older version wrote it; open it once in the window, which keeps a copy "
        "and brings it up to date."
    ),
    "Another program is already working in this patient library; close it there and try again.",
    f"{READING}: its copy of this series is not what was analysed; {_FROM_A_COPY}",
    f"A stored {{what}} in the patient library is damaged; {_FROM_A_COPY}",
    "mask",
    "stroke",
    "thumbnail",
    (
        "{count} of {files} image files in the patient library are missing or damaged; "
        f"{_FROM_A_COPY}"
    ),
    "The patient library has no such patient.",
    "The patient library has no such visit.",
    "The patient library has no such analysis.",
    "The patient library has no outlines of this {side} hip.",
    "The patient library has no such result of this hip.",
    reanalysis.NO_HIP,
    reanalysis.ANALYSING,
    (
        "The images in the patient library are not those that were analysed, so {so}; "
        f"{_FROM_A_COPY}"
    ),
    (
        "The images that were analysed are missing from the patient library, so {so}; "
        f"{_FROM_A_COPY}"
    ),
    "they are not analysed again",
    f"{SAVING}: these two are not named as repeats.",
    f"{SAVING}: the visits to be parted are not of one patient.",
    f"{SAVING}: birth date or sex of the two differ; give the reason why they are one person.",
    f"{SAVING}: what was regrouped here was regrouped again since; take that back first.",
    f"{SAVING}: the two visits belong to different patients.",
    f"{SAVING}: the images of the two visits name different patients.",
    f"{SAVING}: give the other visit its date first.",
    "The patient library has no such study.",
    "The patient library has no such change to be taken back.",
    "Its images were moved to another visit.",
    f"{SAVING}: {{fault}}",
    *sdc.FAULT_SENTENCES.values(),
    f"{SAVING}: the images of this visit state its date.",
    f"{SAVING}: no signature of the {{side}} hip stands.",
    f"{SAVING}: nobody has judged the {{side}} hip; accept or reject it first.",
    f"{SAVING}: the {{side}} hip is signed; withdraw its signature first.",
    f"{SAVING}: the {{side}} hip was changed meanwhile; look at its newest outlines first.",
    (
        f"{SAVING}: brush strokes on the {{side}} hip are neither finished nor discarded; do that "
        "first."
    ),
    f"{SAVING}: the {{side}} hip was painted on meanwhile; look at it again.",
    f"{SAVING}: it was opened for reading only.",
    "Nothing was saved: this analysis is in the patient library already.",
    "This visit has no analysis; open the folder of its images.",
    "This visit was put aside; bring it back in the library to open it.",
    (
        "The images in the patient library are not those that were analysed, so they are not "
        "shown; restore the library from a copy, or open the folder of the images."
    ),
)

_KEEPING: Final = (
    *(f"{outcome}: {{why}}" for outcome in (_BACKUP, _RESTORED, _CHECKED, _REPAIRED)),
    "Copying images",
    "Checking images",
    "Restoring",
    (
        "A library on a database server is backed up and repaired by the server's own tools, its "
        "folder of series beside it; name a folder here."
    ),
    f"{_BACKUP}: there is no patient library in {{place}}.",
    (
        f"{_BACKUP}: the disk takes no file of this size; choose another disk, or have this one "
        "formatted for larger files."
    ),
    "There is no patient library in this database.",
    f"{_RESTORED}: a newer version of the program made this backup.",
    f"{_RESTORED}: the disk is too full; {{needed}} MB are needed, {{free}} MB are free.",
    (
        f"{_RESTORED}: the file is not a HipDesk backup, or was cut off or altered; use another "
        "backup."
    ),
    f"{_RESTORED}: the library in {{place}} cannot be moved aside.",
    f"{_RESTORED}: {{place}} holds something else; name another folder.",
    f"{_RESTORED}: {{place}} is no file; name a backup.",
    f"{_CHECKED}: there is none in {{place}}.",
    "An older version wrote it; open it with this one, then check again.",
    (
        f"{_REPAIRED}: its database has lost something; restore a backup, which keeps this "
        "library aside."
    ),
    "The patient library cannot be trusted: {what}; restore it from a copy.",
    "entry {number} of its record of changes is not what was written",
    "an analysis was added or removed outside the program",
    "a stored result was changed outside the program",
    "a reader's correction was changed outside the program",
    "what a reader did was changed outside the program",
    "a visit was moved outside the program",
    "images were moved to another visit outside the program",
    "a corrected outline is not what its brush strokes make",
)

_NOT_ALIGNED: Final = "the hip is not aligned"
_CHECK_OUTLINES: Final = "check the outlines of both visits."

_ALIGNED: Final = (
    "Reading both visits",
    _NOT_ALIGNED,
    "femur",
    "hip bone",
    f"These are not two visits of this patient, so {_NOT_ALIGNED}.",
    f"The visit given as the later one comes first, so {_NOT_ALIGNED}.",
    f"A visit has no date, so {_NOT_ALIGNED}; give it its date first.",
    f"The visit of {{day}} has no result of the {{side}} hip, so {_NOT_ALIGNED}.",
    (
        f"At the visit of {{day}} this may be the other hip, so {_NOT_ALIGNED}; settle that in the "
        "review first."
    ),
    f"A visit has no outlines of the {{side}} hip, so {_NOT_ALIGNED}.",
    (
        f"The two results may not be compared, so {_NOT_ALIGNED} unless you ask for it anyway: "
        "{why}"
    ),
    "Outlining the bone's surface",
    "Laying the surfaces on each other",
    "Comparing the signal around the bone",
    "Comparing the signal the other way round",
    (
        "The two visits have too little of the {bone} in common: {points} points of its surface, "
        "where {least} are needed; compare them side by side."
    ),
    (
        "After alignment the surfaces of the {bone} lie {median} mm apart, 95 % within {far} mm, "
        f"where no more than {{most}} mm and {{most_far}} mm are allowed; {_CHECK_OUTLINES}"
    ),
    (
        "The {bone} would be turned by {turn} degrees, where no more than {most} are allowed; "
        f"{_CHECK_OUTLINES}"
    ),
    (
        "The {bone} would take the head {astray} mm away from where it was found, where no more "
        f"than {{most}} mm are allowed; {_CHECK_OUTLINES}"
    ),
)

_SETTINGS: Final = (
    "The settings",
    "The places of windows",
    "The notes of unfinished analyses",
    "The character sets of folders",
)

_KEPT_FILES: Final = (
    *(f"{subject} {{what}} and start from the defaults; {{then}}." for subject in _SETTINGS),
    *(
        f"{subject} cannot be saved; check that the disk is not full and that you may write to "
        "{path}."
        for subject in _SETTINGS
    ),
    "were {what}",
    "written by a newer version of the program",
    "found damaged",
    "could not be read",
    "check that you may read {file}",
    "{file} could not be kept aside",
    "the file was kept as {file}",
    (
        "The pages of the report cannot be shown, because its PDF file is damaged; make the "
        "report again."
    ),
    (
        "{path} cannot be written; check that the disk is not full, that you may write there, and "
        "that no other program has the file open."
    ),
)

SENTENCES: Final = tuple(
    dict.fromkeys(
        (
            *_NAMED,
            *_CHOICE,
            *_FILES,
            *_SERIES,
            *_RESULT,
            *_REPORT,
            *_CHANGES,
            *_RUNNING,
            *_NETWORKS,
            *_LIBRARY,
            *_KEEPING,
            *_ALIGNED,
            *_KEPT_FILES,
            *TABLE_SENTENCES,
        )
    )
)
"""Everything that is translated, once each; ``{part}`` stands for what differs."""

LISTS: Final = ("{first}, {second}", "{first} and {second}")
"""How the core joins words; translated only inside a sentence."""

SPOKEN: Final = frozenset(
    {
        "among",
        "bone",
        "cause",
        "fault",
        "guess",
        "kind",
        "kinds",
        "known",
        "named",
        "other",
        "other_side",
        "other_source",
        "plane",
        "remedy",
        "shown",
        "slices",
        "side",
        "so",
        "source",
        "stated",
        "then",
        "tilted",
        "time",
        "what",
        "why",
        "words",
    }
)
"""Parts that are words of the core again; other parts are figures and names."""

_PART: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class _Template:
    words: str
    pattern: re.Pattern[str]

    @property
    def fixed(self) -> int:
        """How many letters stand whatever the parts are."""
        return len(_PART.sub("", self.words))


def _template(words: str) -> _Template:
    pieces = _PART.split(words)
    pattern = "".join(
        f"(?P<{piece}>.*?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
    return _Template(words, re.compile(pattern, re.DOTALL))


_TEMPLATES: Final = tuple(
    sorted(
        (_template(words) for words in SENTENCES if _PART.search(words)),
        key=lambda template: -template.fixed,
    )
)
_LISTS: Final = tuple(_template(words) for words in LISTS)


@lru_cache(maxsize=1024)
def _known(words: str) -> tuple[str, Mapping[str, str]] | None:
    """The template of a sentence and its parts: of those that fit, the one with most words."""
    for template in _TEMPLATES:
        if found := template.pattern.fullmatch(words):
            return template.words, found.groupdict()
    return None


def in_language(words: str, lookup: Lookup) -> str:
    """Words of the core in the language of a lookup; as they are where it has none."""
    said = _said(words, lookup)
    return words if said is None else said


def _said(words: str, lookup: Lookup) -> str | None:
    """A translation; None where there is none."""
    whole = lookup(words)
    if whole != words:
        return whole
    known = _known(words)
    if known is None:
        return None
    template, parts = known
    said = lookup(template)
    if said == template:
        return None
    return said.format(**{name: _part(name, part, lookup) for name, part in parts.items()})


def _part(name: str, words: str, lookup: Lookup) -> str:
    """One part of a sentence; a sentence of its own stands there without its full stop."""
    if name not in SPOKEN or not words:
        return words
    said = _said(words, lookup) or _listed(words, lookup) or _clause(words, lookup)
    return words if said is None else said


def _clause(words: str, lookup: Lookup) -> str | None:
    said = _said(f"{words[:1].upper()}{words[1:]}.", lookup)
    return None if said is None else said.rstrip(".\N{IDEOGRAPHIC FULL STOP}")


def _listed(words: str, lookup: Lookup) -> str | None:
    """Words joined as the core joins them; all of them must be known."""
    for template in _LISTS:
        if found := template.pattern.fullmatch(words):
            first, second = _said(found["first"], lookup), found["second"]
            rest = _said(second, lookup) or _listed(second, lookup)
            joined = lookup(template.words)
            if first is not None and rest is not None and joined != template.words:
                return joined.format(first=first, second=rest)
    return None
