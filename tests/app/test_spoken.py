"""Words that follow the language after they were said."""

from __future__ import annotations

from app.messages import Messages, Severity
from app.spoken import joined, spoken

GERMAN = {
    "Saved as {name}.": "Als {name} gesichert.",
    "It failed: {why}": "Es misslang: {why}",
    "The disk is full.": "Die Platte ist voll.",
}


def english(_context: str, text: str) -> str:
    return text


def german(_context: str, text: str) -> str:
    return GERMAN[text]


def test_words_are_said_again_in_another_language() -> None:
    said = spoken("Report", "The disk is full.", english)
    assert (said, said.anew(german)) == ("The disk is full.", "Die Platte ist voll.")


def test_a_template_is_filled_again_with_the_same_values() -> None:
    said = spoken("Report", "Saved as {name}.", german).format(name="a.pdf")
    assert (said, said.anew(english)) == ("Als a.pdf gesichert.", "Saved as a.pdf.")


def test_words_inside_words_follow() -> None:
    why = spoken("core", "The disk is full.", english)
    said = spoken("Study", "It failed: {why}", english).format(why=why)
    assert said.anew(german) == "Es misslang: Die Platte ist voll."


def test_sentences_after_one_another_follow() -> None:
    first = spoken("core", "The disk is full.", english)
    said = joined(first, "", "A-17")
    assert (said, said.anew(german)) == ("The disk is full. A-17", "Die Platte ist voll. A-17")


def test_the_same_in_two_languages_is_one_message() -> None:
    messages = Messages()
    for lookup in (english, german):
        said = spoken("Report", "Saved as {name}.", lookup)
        messages.say(Severity.WARNING, said.format(name="a.pdf"))
        messages.say(Severity.WARNING, said.format(name="b.pdf"))
    assert [(each.text, each.times) for each in messages.present] == [
        ("Als a.pdf gesichert.", 2),
        ("Als b.pdf gesichert.", 2),
    ]
