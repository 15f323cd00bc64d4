"""The language of the window: Qt's translations, loaded and changed while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from hipdesk.paths import resources_dir
from hipdesk.settings import Language

_NAME: Final = "hipdesk.translation"


def _file(code: str) -> Path:
    return resources_dir() / "translations" / f"hipdesk_{code}.qm"


def available() -> tuple[Language, ...]:
    """Languages that can be chosen: the system's, English, and those with a translation."""
    always = {Language.SYSTEM, Language.ENGLISH}
    return tuple(each for each in Language if each in always or _file(each.value).is_file())


def code_for(choice: Language, system: str) -> str:
    """Code of the language to show.

    Parameters
    ----------
    system : name of the system's locale, e.g. ``zh_CN``
    """
    if choice is not Language.SYSTEM:
        return choice.value
    chinese = system.partition("_")[0] == "zh"
    return Language.CHINESE.value if chinese else Language.ENGLISH.value


def apply(app: QApplication, choice: Language) -> str:
    """Show the program in a language; every widget gets ``QEvent.LanguageChange``.

    Returns
    -------
    code of the language shown: English where there is no translation
    """
    code = code_for(choice, QLocale.system().name())
    before = app.findChild(QTranslator, _NAME)
    if before is not None and before.property("code") == code:
        return code
    if before is not None:
        app.removeTranslator(before)
        before.setObjectName("")
        before.deleteLater()
    translator = QTranslator(app)
    if not _file(code).is_file() or not translator.load(str(_file(code))):
        translator.deleteLater()
        return Language.ENGLISH.value
    translator.setObjectName(_NAME)
    translator.setProperty("code", code)
    app.installTranslator(translator)
    return code
