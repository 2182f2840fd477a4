#!/usr/bin/python3
"""Makes the recordings of this folder anew, a short run of each row of test_fidelity.py, and prints what they
are judged to hold. Needed when records change; the judgement then belongs into recordings/expected.json.

    /usr/bin/python3 tests/fidelity/record.py"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import test_fidelity  # noqa: E402
from support import postgres  # noqa: E402

CONCURRENCY, REQUESTS = 8, 24


def main():
    pg, expected = postgres.Postgres(), {}
    try:
        for name in test_fidelity.ROWS:
            file = test_fidelity.RECORDINGS / f"{name}.rec"
            expected[name] = test_fidelity.run(pg, name, CONCURRENCY, REQUESTS, {"APMSHIM_RECORD": file})
    finally:
        pg.stop()
    text = json.dumps(expected, indent=1)
    (test_fidelity.RECORDINGS / "expected.json").write_text(text + "\n", encoding="ascii")
    print(text)


if __name__ == "__main__":
    main()
