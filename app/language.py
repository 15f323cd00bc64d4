"""The language of the window: Qt's translations, loaded and changed while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from hipdesk.paths import resources_dir
from hipdesk.settings import Language

_NAME: Final = "hipdesk.translation"
_QT_NAME: Final = "qt.translation"


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

    Qt's own words (menus of text fields, dialogs, names of keys) follow where
    Qt came with a translation.

    Returns
    -------
    code of the language shown: English where there is no translation
    """
    code = code_for(choice, QLocale.system().name())
    qt_words = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    _install(app, _QT_NAME, qt_words / f"qtbase_{code}.qm")
    shown = _install(app, _NAME, _file(code))
    return code if shown else Language.ENGLISH.value


def _install(app: QApplication, name: str, file: Path) -> bool:
    """Have one file's words in place of the last one's; whether there is such a file."""
    before = app.findChild(QTranslator, name)
    if before is not None and before.property("file") == str(file):
        return True
    if before is not None:
        app.removeTranslator(before)
        before.setObjectName("")
        before.deleteLater()
    translator = QTranslator(app)
    if not file.is_file() or not translator.load(str(file)):
        translator.deleteLater()
        return False
    translator.setObjectName(name)
    translator.setProperty("file", str(file))
    app.installTranslator(translator)
    return True
