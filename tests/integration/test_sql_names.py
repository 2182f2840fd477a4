"""Names, pieces and texts of SQL against PostgreSQL: its own parser, and what it counts as one statement."""
import collections
import subprocess

from sql import corpus
from sql.compare import differences, sql_tool
from support.postgres import programs


def test_names():
    texts = list(dict.fromkeys(corpus.named()))
    differing, read = differences(texts)
    assert not differing
    assert read > 0.9 * len(texts) > 500


def test_pieces_of_a_text():
    texts = list(corpus.several())
    differing, read = differences(texts)
    assert not differing
    assert read > 0.9 * len(texts)


def query_ids(pg, database, texts):
    """PostgreSQL's number of each statement; None where it refuses it."""
    script = "".join(f"\\echo @{i}\nEXPLAIN (VERBOSE, COSTS off) {text}\n;\n" for i, text in enumerate(texts))
    done = subprocess.run([programs() / "psql", "-XqAt", "-d", pg.conninfo(database)], input=script.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    numbers = [None] * len(texts)
    for part in done.stdout.decode().split("@")[1:]:
        number, _, plan = part.partition("\n")
        _, _, told = plan.partition("Query Identifier: ")
        numbers[int(number)] = told.split("\n")[0] or None
    return numbers


def test_one_statement_has_one_text(pg):
    groups = list(corpus.alike())
    with pg.database() as database:
        pg.run(database, corpus.TABLE)
        numbers = iter(query_ids(pg, database, [text for group in groups for text in group]))
    compared = 0
    for group in groups:
        alike = collections.defaultdict(dict)
        for text in group:
            if number := next(numbers):
                shown = sql_tool("obfuscate", text)
                alike[number].setdefault(sql_tool("fingerprint", shown), (text, shown))
                compared += 1
        assert not {number: shown for number, shown in alike.items() if len(shown) > 1}
    assert compared > 800
