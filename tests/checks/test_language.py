"""The check of the language: its findings, the texts that pass, the lines that it prints."""

import pytest

from checks import language, readability, terms, texts
from checks.terms import Terms
from checks.texts import ROOT, Text

VOCABULARY = """
[terms]
'nobody' = "no Customer"
'sent again' = "retried"
'what(?![^.?!]*\\?)' = "the noun"

[[allowed]]
text = "user nobody"
files = ["Dockerfile", "*.md"]
reason = "A user of the operating system."
"""


@pytest.fixture
def write(tmp_path):
    def _write(name, content):
        path = tmp_path / name
        path.write_text(content)
        return path

    return _write


def found(path):
    """The line and the term of each finding in a file."""
    return [
        (finding.line, finding.term) for finding in Terms(VOCABULARY).findings(texts.read(path))
    ]


@pytest.mark.parametrize(
    ("name", "content", "findings"),
    [
        ("a.md", "# Keys\n\nIt names `x`, and\nNobody.\n", [(4, "Nobody")]),
        ("a.md", "| a | b |\n| --- | --- |\n| c | nobody |\n", [(3, "nobody")]),
        ("a.md", "- one\n- it is [sent\n  again](x.md)\n", [(2, "sent again")]),
        ("a.md", "![nobody](x.png)\n", [(1, "nobody")]),
        ("a.py", '"""Gives\n\nnobody."""\n', [(3, "nobody")]),
        ("a.py", 'def f():\n    """Nobody."""\n', [(2, "Nobody")]),
        ("a.py", "x = 1  # it is sent\n", []),
        ("a.py", "# it is sent\n# again\n", [(1, "sent again")]),
        ("a.py", 'x = ("it is "\n    "sent again")\n', [(2, "sent again")]),
        ("a.py", 'x = f"{y} names nobody"\n', [(1, "nobody")]),
        ("a.py", "def test_nobody_is_there(): ...\n", [(1, "nobody")]),
        ("a.html", '<p>{{ x }}\n<a title="nobody">y</a></p>\n', [(2, "nobody")]),
        ("a.html", '<p>{{ "is nobody" if x }}</p>\n', [(1, "nobody")]),
        ("a.js", 'show("is nobody"); // sent again\n', [(1, "nobody"), (1, "sent again")]),
        ("a.css", "/* is nobody */\n", [(1, "nobody")]),
        ("a.json", '{"a": 1,\n "description": "nobody"}\n', [(2, "nobody")]),
        ("a.cypher", "// Returns nobody:\nMATCH (nobody)\n", [(1, "nobody")]),
        (
            "a.cypher",
            "// Returns one row:\n//   owner  the id of\n//          nobody else\n",
            [(3, "nobody")],
        ),
        ("Makefile", "run: ## For nobody.\n", [(1, "nobody")]),
    ],
)
def test_a_term_is_found_in_each_kind_of_text(write, name, content, findings):
    assert sorted(found(write(name, content))) == findings


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "```sh\necho nobody\n```\n"),
        ("a.md", "`nobody` and [x](nobody.md)\n"),
        ("a.md", "<!-- form: nobody -->\n"),
        ("a.md", "Nobodys, anobody.\n"),
        ("a.md", "It runs as the user nobody.\n"),
        ("a.md", "What is it?\n"),
        ("a.py", 'x = "nobody"\n'),
        ("a.py", "nobody = 1\n"),
        ("a.py", '"""Returns `nobody`."""\n'),
        ("a.html", '<p class="nobody">{{ nobody }}</p>\n'),
        ("a.cypher", "MATCH (nobody)\n"),
        (
            "a.cypher",
            "// $nobody  an id\n//\n// Returns one row:\n//   nobody  an id\n//   nobody\n",
        ),
    ],
)
def test_code_and_allowed_uses_pass(write, name, content):
    assert found(write(name, content)) == []


def test_an_allowed_use_is_allowed_in_its_files_alone(write):
    assert found(write("a.py", '"""The user nobody."""\n')) == [(1, "nobody")]


def test_an_allowed_use_that_covers_nothing_is_reported(write):
    vocabulary = Terms(VOCABULARY)

    vocabulary.findings(texts.read(write("a.md", "A customer.\n")))

    assert vocabulary.unused() == ["user nobody"]


def test_each_allowed_use_has_a_reason():
    with pytest.raises(TypeError, match="reason"):
        Terms("[terms]\n'x' = 'y'\n[[allowed]]\ntext = 'x'\n")


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("A shared key decides nothing.", "decides nothing"),
        ("What was interrupted goes on by itself.", "What"),
        ("The heaviest identifier is matched.", "heaviest"),
        ("The database is away.", "away"),
        ("Nobody is known by it.", "Nobody"),
        ("The answer has an id.", "answer"),
        ("It is kept.", "kept"),
        ("They are put together.", "put together"),
        ("Send it again.", "Send it again"),
        ("The proxy serializes it.", "serializes"),
        ("A balancer is needed.", "balancer"),
        ("an error of ours; the request's id finds it", "error of ours"),
    ],
)
def test_the_terms_of_the_project_find(sentence, term):
    text = Text(ROOT / "a page.md", "prose", 1, sentence)

    assert term in [finding.term for finding in terms.load().findings([text])]


@pytest.mark.parametrize(
    "sentence",
    [
        "Returns 409 if the Customers are already merged.",
        "After an identifier is seen with this many other Customers it is marked shared.",
        "If no Customer matches, returns 404. This endpoint never creates one.",
        "Send permanently rejected records to a dead-letter queue.",
        "Rate limit exceeded: 60,000 events/min for this API key. Retry after 12 s.",
        "2 validation errors. No events were stored.",
        "What does the service store?",
        "A load balancer may return it.",
    ],
)
def test_the_terms_of_the_project_let_pass(sentence):
    text = Text(ROOT / "a page.md", "prose", 1, sentence)

    assert terms.load().findings([text]) == []


def test_sentences_end_where_a_reader_takes_a_breath(write):
    page = write(
        "a.md",
        "# A heading\n\nUse `a.b`, e.g. The one. It is 1.5 s! Is it? `Yes` it is\n\n- An item\n",
    )

    assert [sentence.text for sentence in readability.sentences(texts.read(page))] == [
        "Use `, e.g. The one.",
        "It is 1.5 s!",
        "Is it?",
        "` it is",
        "An item",
    ]


def test_a_code_span_is_one_word(write):
    (sentence,) = readability.sentences(texts.read(write("a.md", "Call `GET /v1/x` at 10:30.\n")))

    assert sentence.words == ("Call", "`", "at", "10:30.")


def test_a_long_sentence_is_reported_with_its_line(write):
    page = write("a.md", f"One.\nTwo\n{'word ' * 24}end. So {'word ' * 23}end.\n")

    long = [sentence for sentence in readability.sentences(texts.read(page)) if sentence.is_long]

    assert [(sentence.line, len(sentence.words)) for sentence in long] == [(2, 26)]


def test_reading_ease_is_flesch_s(write):
    reading = readability.reading(texts.read(write("a.md", "The cat sat. The puppy ran.\n")))

    # 6 words, 2 sentences, 7 syllables
    assert reading.mean_words == pytest.approx(3)
    assert reading.ease == pytest.approx(206.835 - 1.015 * 3 - 84.6 * 7 / 6)
    assert reading.is_easy


@pytest.mark.parametrize(
    "text",
    [
        "Asynchronous communication necessitates sophisticated idempotency considerations.",
        f"{'The cat sat and ' * 5}ran.",
    ],
)
def test_a_page_that_is_hard_to_read_is_not_easy(write, text):
    assert not readability.reading(texts.read(write("a.md", f"{text}\n"))).is_easy


def test_a_page_with_limits_is_measured_and_held_to_them(capsys):
    sentence = f"{'The cat sat and ' * 7}ran."
    page = [Text(ROOT / "README.md", "prose", 1, sentence, sentence)]

    long, hard = language.measure(page)

    assert long.startswith("README.md:1: 29 words, at most 25: The cat sat and ")
    assert hard == "README.md: reading ease 93, 29.0 words a sentence: the limits are 50 and 16"
    assert capsys.readouterr().out == "README.md: reading ease 93, 29.0 words a sentence\n"


def test_the_check_of_a_file_prints_its_findings_and_fails(write, capsys):
    page = write("a.md", "Nobody is there.\n")

    assert language.main([str(page)]) == 1

    assert capsys.readouterr().out.startswith(f"{page}:1: “Nobody”: write ")


def test_the_check_of_a_file_without_a_finding_passes(write, capsys):
    assert language.main([str(write("a.md", "No Customer matches.\n"))]) == 0

    assert capsys.readouterr().out == ""


def test_every_kind_of_text_of_the_project_is_read():
    suffixes = {text.path.suffix or text.path.name for text in texts.read_all()}

    assert suffixes >= {".md", ".py", ".html", ".js", ".css", ".json", ".cypher", "Makefile"}
