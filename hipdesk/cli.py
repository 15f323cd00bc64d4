"""``hipdesk``: the command line; joins the core with its adapters.

Exit codes: 0 done; 2 wrong usage; 3 nothing suitable in the input; 4 input
unreadable; 5 our bug. An error is one sentence on stderr and, with ``--json``,
``{"error": {"code", "message"}}`` on stdout.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hipdesk import __version__
from hipdesk.errors import Cancelled, KnownError, ModelError, NoScorableHip, NoSuitableSeries
from hipdesk.paths import LOCATOR, SEGMENTER
from hipdesk.records import Provider

if TYPE_CHECKING:
    from hipdesk.ports import Network, TestedNetwork
    from hipdesk.records import Analysis, Notice, Series, Visit, Volume
    from hipdesk.training.cases import Doors

    Networks = tuple[Network, Network]

log = logging.getLogger(__name__)

LIBRARIES: Final = frozenset(
    {"highdicom", "numpy", "onnxruntime", "onnxruntime-gpu", "pydicom", "scipy", "sqlalchemy"}
)
"""Those whose version can change a result."""

OTHER_ANSWER: Final = "The locator does not answer here as it did where it was made."

USAGE_EXIT: Final = 2
BUG_EXIT: Final = 5
STOPPED_EXIT: Final = 130
"""What shells report for a program ended by Ctrl-C."""

USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
"""What typer raises on wrong usage; it has no public name, and moved from click into typer."""

app = typer.Typer(
    name="hipdesk",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _charset(name: str) -> str:
    """Refuse a character set that nobody knows."""
    from hipdesk.adapters.dicom_folder import is_charset
    from hipdesk.ports import CHARSETS

    if name and not is_charset(name):
        raise typer.BadParameter(f"--charset must be one of {', '.join(CHARSETS)}")
    return name


Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder, file or zip archive of DICOM images.")
]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", metavar="FOLDER", help="One more folder; may be given several times."),
]
Charset = Annotated[
    str,
    typer.Option(
        "--charset",
        metavar="NAME",
        callback=_charset,
        help="Character set of names, where the files state a wrong one, such as GB18030.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Unedited = Annotated[
    bool,
    typer.Option("--accept-unedited", help="A reader has accepted outlines nobody changed."),
]
WhichProvider = Annotated[Provider, typer.Option("--provider", help="Where the networks run.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status. Never raises for the world's faults.

    Parameters
    ----------
    arguments : without the program's name; the process's own by default
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    _quieten()
    try:
        with warnings.catch_warnings():
            # Libraries' warnings may quote the files.
            warnings.simplefilter("ignore")
            status = app(args=given or ["--help"], prog_name="hipdesk", standalone_mode=False)
    except KnownError as error:
        return _fail(given, error.code, str(error), error.exit_code)
    except USAGE_ERROR as error:
        return _fail(given, "usage", _usage(error), USAGE_EXIT)
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        status = STOPPED_EXIT
    except BrokenPipeError:
        return 0
    except Exception as error:  # the border: whatever is left is our fault
        return _fail(given, "bug", _bug(error), BUG_EXIT)
    if status == STOPPED_EXIT:  # typer's own answer to Ctrl-C, too
        return _fail(given, "stopped", "Stopped; no result was written.", STOPPED_EXIT)
    return status if isinstance(status, int) else 0


@app.command()
def scan(
    folder: Folder,
    series: Annotated[
        str | None, typer.Option("--series", metavar="UID", help="Series to choose.")
    ] = None,
    any_contrast: Annotated[
        bool, typer.Option("--any-contrast", help="Choose a series of any contrast.")
    ] = False,
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
    from hipdesk.series_choice import choose, rank

    line = _ProgressLine(not as_json)
    with DicomFolderReader(None if no_index else user_index()) as reader, closing(line):
        found = reader.scan([folder, *(also or ())], line, charset=charset)
    try:
        choice = choose(found, series, any_contrast)
    except NoSuitableSeries as error:
        choice = SeriesChoice(rank(found, any_contrast), (), str(error))
    if as_json:
        _print_json(scan_document(found, choice))
    else:
        _print(scan_lines(found, choice))


@app.command()
def analyze(
    folder: Folder,
    out: Out,
    series: Annotated[
        str | None, typer.Option("--series", metavar="UID", help="Analyse this series.")
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
    job = _Job([folder, *(also or ())], out, series, any_contrast, store, charset)
    results = job.run(lambda: _networks(provider, model), aloud=not as_json)
    _refuse_unscored(results)
    if as_json:
        from hipdesk.result import result_document

        documents = [result_document(analysis) for analysis in results]
        several = {"schema": "hipdesk.results/1", "results": documents}
        _print_json(several if len(documents) > 1 else documents[0])


@app.command()
def demo(out: Out, provider: WhichProvider = Provider.AUTO) -> None:
    """Make a simulated patient's visits under treatment and analyse them all."""
    from hipdesk.adapters.demo import make_demo
    from hipdesk.adapters.result_folder import check_writable

    networks = _networks(provider)
    check_writable(out)
    line = _ProgressLine(True)
    folders = make_demo(out / "dicom", line)
    line.close()
    for number, folder in enumerate(folders, start=1):
        _print([f"Visit {number} of {len(folders)}: {folder}"])
        results = out / f"visit-{number}"
        _Job([folder], results, store=str(out / "store")).run(lambda: networks, aloud=True)
    _print(
        [
            f"Library of the demo patient: {out / 'store'}",
            f"Report with the trend over all visits: {results / 'report.pdf'}",
        ]
    )


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def train(context: typer.Context) -> None:
    """Simulate training data, train, test and export models (needs PyTorch).

    With --cases DIR: train the installed model on with a site's corrected cases.
    """
    with _training_installed():
        from hipdesk.training import __main__ as training
        from hipdesk.training import finetune
    site = any(word.split("=")[0] == "--cases" for word in context.args)
    try:
        if site:
            status = finetune.main(context.args, _doors(), _load_folder)
        else:
            status = training.main(context.args)
        raise typer.Exit(status)
    except SystemExit as stop:  # argparse has said why
        raise typer.Exit(stop.code if isinstance(stop.code, int) else USAGE_EXIT) from stop


@app.command()
def crossval(
    out: Out,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="DIR", help="Corrected cases; simulated patients without."),
    ] = None,
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", metavar="DIR", help="Label maps to simulate from."),
    ] = None,
    bodies: Annotated[
        int, typer.Option("--bodies", min=0, help="Invented anatomies to simulate from.")
    ] = 4,
    subjects: Annotated[int, typer.Option("--subjects", min=4, help="Simulated patients.")] = 40,
    network: Annotated[
        list[str] | None,
        typer.Option("--network", metavar="NAME", help="Network to compare; all without."),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2)] = 5,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Batches of each training.")] = 600,
    width: Annotated[float, typer.Option("--width", min=0.05, help="Factor on features.")] = 1.0,
    part: Annotated[
        str, typer.Option("--part", metavar="K/N", help="Only every N-th training, from K on.")
    ] = "0/1",
    threads: Annotated[int, typer.Option("--threads", min=1)] = 1,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    accept_unedited: Unedited = False,
) -> None:
    """Compare networks by cross-validation, folds split by subject; go on where it stopped."""
    with _training_installed():
        from hipdesk.training import comparing

    asked = comparing.Comparison(
        out, cases, anatomy, bodies, subjects, network, folds, steps, width, threads, device, seed
    )
    rules = comparing.Rules(unedited=accept_unedited)
    line = _ProgressLine(True)
    try:
        _print(comparing.compare(asked, _part(part), _doors(), line, rules))
    finally:
        line.close()


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
    _print([f"{len(files)} slices: {out / 'series'}", f"Truth: {truth}"])


@app.command()
def evaluate(
    forms: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FORM.csv]...", help="With --readers: filled-in forms."),
    ] = None,
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", metavar="DIR", help="Label maps to simulate patients from."),
    ] = None,
    only: Annotated[str, typer.Option("--only", metavar="NAME", help="Label map to use.")] = "",
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="DIR", help="Labelled cases instead of simulated ones."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="JSON list of the figures.")
    ] = None,
    locator: Annotated[str, typer.Option("--locator", metavar="NAME")] = LOCATOR,
    model: Annotated[str, typer.Option("--model", metavar="NAME")] = SEGMENTER,
    patients: Annotated[int, typer.Option("--patients", min=2)] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures", metavar="DIR", help="Truth beside prediction as JPG, and a reader's form."
        ),
    ] = None,
    readers: Annotated[
        bool, typer.Option("--readers", help="Sensitivity and specificity from readers' forms.")
    ] = False,
    accept_unedited: Unedited = False,
) -> None:
    """Measure two models on labelled cases or simulated patients, whole series each.

    The figures can be called leave-one-anatomy-out only where neither model was
    trained on the label map: see `hipdesk train --leave-out`.
    """
    from hipdesk.adapters.comparison_pictures import write_comparison

    with _training_installed():
        from hipdesk.training import judging

    if readers:
        _print(judging.readers_lines(forms or []))
        return
    if forms or (cases is None and anatomy is None):
        raise typer.BadParameter("give --cases DIR, --anatomy DIR or --readers FORM.csv")
    asked = judging.Question(cases, anatomy, only, patients, seed, out, pictures)
    networks = load_model(model, Provider.CPU), load_model(locator, Provider.CPU)
    rules = judging.Rules(one_hip=True, unedited=accept_unedited)
    _print(judging.judge(asked, *networks, _doors(), write_comparison, rules))


@contextmanager
def _training_installed() -> Iterator[None]:
    """The packed program and a plain installation leave training out: say so."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModelError(
            f"Training needs {error.name}, which is not installed; install hipdesk[train]."
        ) from error


def _doors() -> Doors:
    """How training reads a site's cases."""
    from hipdesk.adapters.dicom_folder import DicomFolderReader
    from hipdesk.adapters.segmentation_file import read_outlines
    from hipdesk.training.cases import Doors

    return Doors(DicomFolderReader(), read_outlines)


def _load_folder(folder: Path) -> Network:
    """The model in a folder, its hash checked."""
    from hipdesk.adapters.onnx_models import OnnxNetwork, read_manifest, read_model

    manifest = read_manifest(folder)
    return OnnxNetwork(manifest, read_model(folder, manifest), Provider.CPU)


def _part(text: str) -> tuple[int, int]:
    """``K/N`` as numbers."""
    first, _, last = text.partition("/")
    if not (first.isdigit() and last.isdigit() and int(first) < int(last)):
        raise typer.BadParameter("--part must be K/N with K below N, as 0/2")
    return int(first), int(last)


@app.command()
def info(as_json: Json = False) -> None:
    """Show versions, models with their hashes, and where networks can run."""
    from hipdesk.console import info_lines

    document = _info_document()
    if as_json:
        _print_json(document)
    else:
        _print(info_lines(document))


def _show_version(wanted: bool) -> None:
    if wanted:
        _print([f"hipdesk {__version__}"])
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Find both hips on MRI, outline and score their inflammation. Research use only."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of ``analyze``: from a folder to written results."""

    folders: Sequence[Path]
    out: Path
    series_uid: str | None = None
    any_contrast: bool = False
    store: str | None = None
    charset: str = ""

    def run(self, networks: Callable[[], Networks], aloud: bool) -> list[Analysis]:
        """Analyse, keep and write.

        Parameters
        ----------
        networks : loads locator and segmenter, once there is something to analyse
        aloud : tell progress and results in words
        """
        from hipdesk.adapters.dicom_folder import DicomFolderReader
        from hipdesk.adapters.result_folder import check_writable
        from hipdesk.series_choice import choose

        self._set_aside()
        with DicomFolderReader() as reader:
            found = reader.scan(self.folders, charset=self.charset)
            choice = choose(found, self.series_uid, self.any_contrast)
            check_writable(self.out)
            ready = networks()
            volumes = [reader.read(series) for series in choice.chosen]
            unlinked = () if self.store is None else _unlinked(choice.chosen)
            results = _analysed(volumes, ready, (*choice.notices, *unlinked), aloud)
            analyses = [analysis for analysis, _ in results]
            self._write(analyses, [volume for _, volume in results], aloud)
        return analyses

    def _set_aside(self) -> None:
        """Keep earlier results apart from this run's, whatever becomes of it."""
        from hipdesk.adapters.result_folder import set_aside

        earlier = set_aside(self.out, datetime.now(UTC))
        if earlier is not None:
            print(f"The earlier results in {self.out} were moved to {earlier}.", file=sys.stderr)

    def _write(self, analyses: Sequence[Analysis], volumes: Sequence[Volume], aloud: bool) -> None:
        """Every file and word; the second series' files first, so the main folder is last."""
        from hipdesk.adapters.result_folder import ENTRIES, write_result_folder
        from hipdesk.console import analysis_lines, files_line
        from hipdesk.pair import LEFT_FOLDER

        histories = self._kept(analyses, volumes)
        places = (self.out, self.out / LEFT_FOLDER)[: len(analyses)]
        others = analyses[::-1] if len(analyses) > 1 else (None,)
        now = datetime.now().astimezone()
        jobs = list(zip(analyses, volumes, histories, places, others, strict=True))
        for analysis, volume, visits, place, other in reversed(jobs):
            write_result_folder(analysis, volume, visits, place, now, other)
        if aloud:
            for analysis, place in zip(analyses, places, strict=True):
                _print(analysis_lines(analysis))
                _print([files_line(str(place), ENTRIES)])

    def _kept(
        self, analyses: Sequence[Analysis], volumes: Sequence[Volume]
    ) -> list[tuple[Visit, ...]]:
        """Save analyses where a library was named; the patient's visits for each."""
        if self.store is None:
            return [() for _ in analyses]
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
            return [tuple(stored.visit for stored in store.history(uid)) for uid in visits]


def _networks(provider: Provider, segmenter: str = SEGMENTER) -> Networks:
    """Locator and segmenter."""
    return load_model(LOCATOR, provider), load_model(segmenter, provider)


def load_model(name: str, provider: Provider) -> TestedNetwork:
    """A model by name, its hash checked."""
    from hipdesk.adapters.onnx_models import load_network

    return load_network(name, provider.value)


def _analysed(
    volumes: Sequence[Volume], networks: Networks, told: Sequence[Notice], aloud: bool
) -> tuple[tuple[Analysis, Volume], ...]:
    """Every series that shows a head, progress told on a line of its own."""
    from hipdesk.pipeline import analyze_together

    line = _ProgressLine(aloud)
    try:
        return analyze_together(volumes, *networks, told, line)
    finally:
        line.close()


def _unlinked(chosen: Sequence[Series]) -> tuple[Notice, ...]:
    """Why a library cannot join these images to earlier visits, if it cannot."""
    from hipdesk.quality import unlinked

    return unlinked(chosen[0].patient)


def _info_document() -> dict[str, Any]:
    """Versions, models and where they run: ``hipdesk.info/1``."""
    import platform
    from importlib import metadata

    from hipdesk.paths import model_names

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
        "intended_use": "Research use only - not for diagnostic or treatment decisions.",
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


class _ProgressLine:
    """One line on a terminal's stderr that tells how far a job is."""

    def __init__(self, aloud: bool) -> None:
        self._shown = aloud and sys.stderr.isatty()

    def __call__(self, fraction: float, what: str) -> None:
        if self._shown:
            print(f"\r{what:<32} {fraction:4.0%}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            print(f"\r{'':<40}\r", end="", file=sys.stderr, flush=True)


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


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_json(document: dict[str, Any]) -> None:
    # ASCII, so that no terminal's character set can stop it.
    print(json.dumps(document, allow_nan=False, indent=2))


def _quieten() -> None:
    """Keep libraries' logs off stderr and names off a terminal that cannot show them."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _fail(arguments: Sequence[str], code: str, message: str, status: int) -> int:
    """Say what happened, in words and where asked for as JSON; the exit status."""
    with suppress(BrokenPipeError):
        if "--json" in arguments:
            _print_json({"error": {"code": code, "message": message}})
        print(message, file=sys.stderr)
    return status


def _usage(error: Any) -> str:
    """A usage error as a sentence that says where help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "hipdesk"
    message = error.format_message().rstrip(".")
    if getattr(getattr(error, "param", None), "name", None) == "provider":
        message = f"--provider must be one of {', '.join(Provider)}"
    return f"{message}; '{command} --help' explains the command."


def _bug(error: Exception) -> str:
    """Keep the places in the log, never the texts; the sentence for the user."""
    from hipdesk.logs import configure
    from hipdesk.paths import user_data_dir

    file = user_data_dir() / "logs" / "hipdesk.log"
    with suppress(OSError):
        configure("ERROR", file)
    log.error("command failed", exc_info=error)
    return (
        f"HipDesk failed by a fault of its own ({type(error).__name__}); please report it "
        f"with {file}, which names no patient."
    )
