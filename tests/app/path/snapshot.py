"""Photographs the screen: ``python -m tests.app.path.snapshot FILE``."""

from __future__ import annotations

import sys

from PySide6.QtGui import QGuiApplication


def main() -> int:
    application = QGuiApplication(sys.argv[:1])
    taken = application.primaryScreen().grabWindow(0).save(sys.argv[1])
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(main())
