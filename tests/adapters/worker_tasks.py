"""Tasks for the worker process in tests: what native code does on damaged files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, cast

import numpy as np

from hipdesk.adapters._worker_main import Answer
from hipdesk.errors import DamagedImage, OutputError
from hipdesk.ports import Progress


def double(content: Any, progress: Progress) -> Answer:
    progress(0.5, "doubling")
    return Answer({"doubled": 2 * content, "pid": os.getpid()})


def count(shape: tuple[int, ...], _progress: Progress) -> Answer:
    return Answer({}, np.arange(np.prod(shape), dtype=np.float32).reshape(shape))


def abort(_content: object, _progress: Progress) -> Answer:
    os.abort()


def hang(path: Path, _progress: Progress) -> Answer:
    whole = path.with_suffix(".part")
    whole.write_text(str(os.getpid()), encoding="ascii")
    whole.replace(path)
    while True:
        time.sleep(0.01)


class Torn:
    """An array that crashes the process once its shape has been sent."""

    shape = (3, 4, 5)

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        os.abort()


def abort_halfway(_content: object, _progress: Progress) -> Answer:
    return Answer({}, cast("Any", Torn()))


def gorge(size: int, _progress: Progress) -> Answer:
    return Answer({"bytes": len(bytearray(size))})


def known(_content: object, _progress: Progress) -> Answer:
    raise DamagedImage("The image 7 is damaged; send it again.")


def known_other(_content: object, _progress: Progress) -> Answer:
    raise OutputError("The disk is full.")


def bug(_content: object, _progress: Progress) -> Answer:
    raise RuntimeError("SENTINEL^NAME")


def shout(_content: object, _progress: Progress) -> Answer:
    print("SENTINEL^NAME", flush=True)
    os.write(2, b"SENTINEL^NAME\n")
    return Answer()


def core_limit(_content: object, _progress: Progress) -> Answer:
    import resource

    return Answer({"core": resource.getrlimit(resource.RLIMIT_CORE)[0]})


TASKS = {
    task.__name__: task
    for task in (
        double, count, abort, abort_halfway, hang, gorge, known, known_other, bug, shout, core_limit
    )
}  # fmt: skip
