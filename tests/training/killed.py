"""A training that says when it has done seven steps, and waits there to be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hipdesk.training.loop import Effort, train
from hipdesk.training.shards import read_pool, split_pool
from tests.training.tiny import STEPS_TO_KILL_IN, TINY


def main(data: Path, folder: Path) -> None:
    """Train on shards that are there already."""

    def tell(_share: float, what: str) -> None:
        if what.startswith("step 8,"):
            print("seven steps done", flush=True)
            time.sleep(60)

    effort = Effort(STEPS_TO_KILL_IN, watch_every=4, keep_every_s=0)
    train(TINY, *split_pool(read_pool(data), 0.25), folder, effort, seed=1, progress=tell)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
