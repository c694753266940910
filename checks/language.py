"""Holds the language: the terms of texts, the length of sentences, the ease of reading.

`python -m checks.language` checks the project; with names of files it prints what is to be
mended in these alone. `language.toml` has the terms, and the allowed uses.
"""

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from checks import readability, terms, texts
from checks.texts import ROOT, Text

MEASURED = ("README.md", "docs/tutorials/")


def main(names: list[str]) -> int:
    """Prints what breaks a rule. Returns the exit code: 1 if anything does."""
    named = [text for name in names for text in texts.read(Path(name).resolve())]
    all_texts = named if names else list(texts.read_all())
    vocabulary = terms.load()
    findings = [str(finding) for finding in vocabulary.findings(all_texts)]
    if not names:
        findings += [
            f"{terms.FILE.relative_to(ROOT)}: “{use}” is allowed and stands nowhere: remove it"
            for use in vocabulary.unused()
        ]
    findings += measure(all_texts)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def measure(all_texts: Iterable[Text]) -> list[str]:
    """Prints the measure of the pages that have limits. Returns what exceeds a limit."""
    findings = []
    pages: dict[str, list[Text]] = {}
    for text in all_texts:
        if text.path.suffix == ".md":
            pages.setdefault(text.file, []).append(text)
    for name, page in pages.items():
        findings += [
            f"{name}:{sentence.line}: {len(sentence.words)} words, "
            f"at most {readability.MAX_WORDS}: {_beginning(sentence.text)}"
            for sentence in readability.sentences(page)
            if sentence.is_long
        ]
        if name.startswith(MEASURED):
            reading = readability.reading(page)
            numbers = f"reading ease {reading.ease:.0f}, {reading.mean_words:.1f} words a sentence"
            print(f"{name}: {numbers}")
            if not reading.is_easy:
                limits = f"{readability.MIN_EASE:.0f} and {readability.MAX_MEAN_WORDS:.0f}"
                findings.append(f"{name}: {numbers}: the limits are {limits}")
    return findings


def _beginning(text: str) -> str:
    return textwrap.shorten(text, 60, placeholder=" …")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
