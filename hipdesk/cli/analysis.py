"""From folders to results: ``scan``, ``analyze``, ``demo``, ``phantom``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hipdesk.cli import models, protocols
from hipdesk.cli.terminal import (
    Also,
    Charset,
    Folder,
    Json,
    Out,
    ProgressLine,
    WhichProvider,
    app,
    print_aside,
    print_json,
    print_lines,
)
from hipdesk.errors import NoScorableHip, NoSuitableSeries, OutputError
from hipdesk.paths import SEGMENTER
from hipdesk.records import Provider

if TYPE_CHECKING:
    from hipdesk.cli.models import Networks
    from hipdesk.ports import ClinicalHistory
    from hipdesk.records import Analysis, Contrast, Notice, Series, Visit, Volume
    from hipdesk.sdc import Estimates


@app.command()
def scan(
    folder: Folder,
    series: Annotated[
        str | None,
        typer.Option(
            "--series",
            metavar="UID",
            help="Series to choose; UID#2 is the second of several stacks under one UID.",
        ),
    ] = None,
    any_contrast: Annotated[
        bool, typer.Option("--any-contrast", help="Choose a series of any contrast.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="PATH|URL", help="Follow the choices remembered in this library."
        ),
    ] = None,
    also: Also = None,
    charset: Charset = "",
    no_index: Annotated[
        bool,
        typer.Option("--no-index", help="Neither use nor keep what earlier scans found."),
    ] = False,
    as_json: Json = False,
) -> None:
    """List the series in a folder, the one that would be analysed and why.

    What is found is remembered in the user's data folder, so that the same
    folder lists at once the next time, unless --no-index is given.
    """
    from hipdesk.adapters.dicom_folder import DicomFolderReader, user_index
    from hipdesk.console import scan_lines
    from hipdesk.records import SeriesChoice
    from hipdesk.scan_result import scan_document
    from hipdesk.series_choice import as_said, choose, rank

    line, remembered = ProgressLine(not as_json), protocols.remembered(store, read_only=True)
    with DicomFolderReader(None if no_index else user_index()) as reader, closing(line):
        found = reader.scan([folder, *(also or ())], line, charset=charset)
    found = as_said(found, remembered)
    try:
        choice = choose(found, series, any_contrast, remembered=remembered)
    except NoSuitableSeries as error:
        choice = SeriesChoice(rank(found, any_contrast), (), str(error))
    if as_json:
        print_json(scan_document(found, choice))
    else:
        print_lines(scan_lines(found, choice))


@app.command()
def analyze(
    folder: Folder,
    out: Out,
    series: Annotated[
        str | None,
        typer.Option(
            "--series",
            metavar="UID",
            help="Analyse this series; UID#2 is the second of several stacks under one UID, as "
            "`hipdesk scan` lists them, UID alone the best of them.",
        ),
    ] = None,
    any_contrast: Annotated[
        bool,
        typer.Option("--any-contrast", help="Accept contrasts that show no lesions: heads only."),
    ] = False,
    provider: WhichProvider = Provider.AUTO,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="Model that outlines the hips.")
    ] = SEGMENTER,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="PATH|URL", help="Keep the result in this library, too."),
    ] = None,
    contrast: Annotated[
        protocols.StatedContrast | None,
        typer.Option("--contrast", help="What the series is, where its files say it wrongly."),
    ] = None,
    remember: Annotated[
        bool,
        typer.Option(
            "--remember",
            help="With --store: choose as with --series and --contrast for this scanner's "
            "protocol from now on; `hipdesk protocols` lists and forgets.",
        ),
    ] = False,
    also: Also = None,
    charset: Charset = "",
    as_json: Json = False,
) -> None:
    """Analyse the hips in a folder and write every result to DIR.

    Separate right and left series of one study are both analysed; the second
    one's results are in DIR/left. Earlier results in DIR are first moved to
    DIR/earlier-TIME (UTC), whatever becomes of this run, so DIR never mixes two.
    A folder with several patients is refused unless --series names one.
    """
    if remember and (store is None or series is None):
        raise typer.BadParameter("--remember needs --store and --series UID")
    stated = protocols.stated(series, contrast)
    folders = [folder, *(also or ())]
    job = _Job(folders, out, series, any_contrast, store, charset, stated, remember)
    results = job.run(lambda: models.networks(provider, model), aloud=not as_json)
    _refuse_unscored(results)
    if as_json:
        from hipdesk.result import result_document

        documents = [result_document(analysis) for analysis in results]
        several = {"schema": "hipdesk.results/1", "results": documents}
        print_json(several if len(documents) > 1 else documents[0])


@app.command()
def demo(out: Out, provider: WhichProvider = Provider.AUTO) -> None:
    """Make a simulated patient's visits under treatment and analyse them all."""
    from hipdesk.adapters.demo import make_demo
    from hipdesk.adapters.result_folder import check_writable

    networks = models.networks(provider)
    check_writable(out)
    line = ProgressLine(True)
    folders = make_demo(out / "dicom", line)
    line.close()
    for number, folder in enumerate(folders, start=1):
        print_lines([f"Visit {number} of {len(folders)}: {folder}"])
        results = out / f"visit-{number}"
        _Job([folder], results, store=str(out / "store")).run(lambda: networks, aloud=True)
    print_lines(
        [
            f"Library of the demo patient: {out / 'store'}",
            f"Report with the trend over all visits: {results / 'report.pdf'}",
        ]
    )


class SimulatedContrast(StrEnum):
    """What ``phantom`` can simulate."""

    STIR = "stir"
    T1 = "t1"


@app.command()
def phantom(
    out: Out,
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", metavar="DIR", help="Folder of label maps; invented without."),
    ] = None,
    only: Annotated[str, typer.Option("--only", metavar="NAME", help="Label map to use.")] = "",
    contrast: Annotated[
        SimulatedContrast, typer.Option("--contrast", help="Sequence.")
    ] = SimulatedContrast.STIR,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
) -> None:
    """Simulate one random patient: a coronal DICOM series, and the truth beside it."""
    from hipdesk.adapters.dicom_writer import write_series, write_truth
    from hipdesk.phantom.patients import random_series
    from hipdesk.phantom.volumes import as_volume

    simulated = random_series(seed, contrast.value, anatomy, only)
    volume = as_volume(simulated, f"phantom {seed} {contrast.value} {only}")
    files = write_series(out / "series", volume)
    truth = write_truth(out / "truth.npz", simulated.truth)
    print_lines([f"{len(files)} slices: {out / 'series'}", f"Truth: {truth}"])


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of ``analyze``: from a folder to written results."""

    folders: Sequence[Path]
    out: Path
    series_uid: str | None = None
    any_contrast: bool = False
    store: str | None = None
    charset: str = ""
    stated: Mapping[str, Contrast] = field(default_factory=dict)
    remember: bool = False

    def run(self, networks: Callable[[], Networks], aloud: bool) -> list[Analysis]:
        """Analyse, keep and write.

        Parameters
        ----------
        networks : loads locator and segmenter, once there is something to analyse
        aloud : tell progress and results in words
        """
        from hipdesk.adapters.dicom_folder import DicomFolderReader
        from hipdesk.adapters.result_folder import check_writable
        from hipdesk.series_choice import as_said, choose

        self._set_aside()
        remembered = protocols.remembered(self.store)
        with DicomFolderReader() as reader:
            found = reader.scan(self.folders, charset=self.charset)
            said = as_said(found, remembered, self.stated)
            choice = choose(said, self.series_uid, self.any_contrast, remembered=remembered)
            check_writable(self.out)
            ready = networks()
            volumes = [reader.read(series) for series in choice.chosen]
            unlinked = () if self.store is None else _unlinked(choice.chosen)
            results = _analysed(volumes, ready, (*choice.notices, *unlinked), aloud)
            analyses = [analysis for analysis, _ in results]
            self._write(analyses, [volume for _, volume in results], aloud)
        if self.remember and self.store is not None and self.series_uid is not None:
            protocols.remember(self.store, found, self.series_uid, self.stated)
        return analyses

    def _set_aside(self) -> None:
        """Keep earlier results apart from this run's, whatever becomes of it."""
        from hipdesk.adapters.result_folder import set_aside

        earlier = set_aside(self.out, datetime.now(UTC))
        if earlier is not None:
            print_aside(f"The earlier results in {self.out} were moved to {earlier}.")

    def _write(self, analyses: Sequence[Analysis], volumes: Sequence[Volume], aloud: bool) -> None:
        """Every file and word; the second series' files first, so the main folder is last.

        Raises
        ------
        OutputError
            Something could not be written; all else is, and said.
        """
        from hipdesk.adapters.result_folder import ENTRIES, write_result_folder
        from hipdesk.console import analysis_lines, files_line
        from hipdesk.pair import LEFT_FOLDER

        histories, noise = self._kept(analyses, volumes)
        places = (self.out, self.out / LEFT_FOLDER)[: len(analyses)]
        others = analyses[::-1] if len(analyses) > 1 else (None,)
        now = datetime.now().astimezone()
        jobs = list(zip(analyses, volumes, histories, places, others, strict=True))
        problems: list[OutputError] = []
        for analysis, volume, (visits, history), place, other in reversed(jobs):
            try:
                write_result_folder(
                    analysis, volume, visits, place, now, other, estimates=noise, history=history
                )
            except OutputError as error:
                problems.append(error)
        if aloud:
            for analysis, place in zip(analyses, places, strict=True):
                print_lines(analysis_lines(analysis))
                names = [name for name in ENTRIES if (place / name).exists()]
                print_lines([files_line(str(place), names)] if names else [])
        if problems:
            raise problems[-1]

    def _kept(
        self, analyses: Sequence[Analysis], volumes: Sequence[Volume]
    ) -> tuple[list[tuple[tuple[Visit, ...], ClinicalHistory]], Estimates]:
        """Save analyses where a library was named; what is known of the patient, and noise."""
        from hipdesk.clinical_trend import NO_HISTORY
        from hipdesk.sdc import NO_PAIRS, estimates

        if self.store is None:
            return [((), NO_HISTORY) for _ in analyses], NO_PAIRS
        from hipdesk.adapters.store import SqlVisitStore
        from hipdesk.overlay import thumbnail
        from hipdesk.paths import user_data_dir

        with ExitStack() as stack:
            copies = user_data_dir() / "library" if "://" in self.store else None
            store = SqlVisitStore.open(self.store, library=copies)
            stack.callback(store.close)
            pictures = [thumbnail(volume) for volume in volumes]
            visits = [
                store.add(analysis, _files(analysis.series), picture)
                for analysis, picture in zip(analyses, pictures, strict=True)
            ]
            known = [
                (
                    tuple(each.visit for each in store.history(uid)),
                    store.clinical_history(store.patient_of(uid).uid),
                )
                for uid in visits
            ]
            return known, estimates(store.repeat_pairs())


def _analysed(
    volumes: Sequence[Volume], networks: Networks, told: Sequence[Notice], aloud: bool
) -> tuple[tuple[Analysis, Volume], ...]:
    """Every series that shows a head, progress told on a line of its own."""
    from hipdesk.pipeline import analyze_together

    line = ProgressLine(aloud)
    try:
        return analyze_together(volumes, *networks, told, line)
    finally:
        line.close()


def _unlinked(chosen: Sequence[Series]) -> tuple[Notice, ...]:
    """Why a library cannot join these images to earlier visits, if it cannot."""
    from hipdesk.quality import unlinked

    return unlinked(chosen[0].patient)


def _refuse_unscored(analyses: Sequence[Analysis]) -> None:
    """End with exit code 3 where results exist but hold no score that should be there."""
    from hipdesk.pipeline import unscored

    if all(unscored(analysis) for analysis in analyses):
        raise NoScorableHip(
            "Heads were found, but no hip can be scored: fewer than 5 slices show the head; the "
            "outlines were written, so look at them, or choose another series."
        )


def _files(series: Series) -> list[Path]:
    """The files of a series, each once."""
    return list(dict.fromkeys(source.path for source in series.slices))
