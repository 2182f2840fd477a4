"""These tests need programs that no Debian package has: run.sh makes them, and says so to us."""
import contextlib
import os
import pathlib
import tempfile

import pytest

import intake_server

collect_ignore_glob = [] if intake_server.PROGRAM in os.environ else ["test_*.py"]


@pytest.fixture(scope="module")
def open_server():
    """Makes servers; they end with the module's tests."""
    with contextlib.ExitStack() as stack:
        def open_one():
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="apmshim-peers-"))
            return stack.enter_context(contextlib.closing(intake_server.Server(pathlib.Path(folder))))

        yield open_one
