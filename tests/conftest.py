"""Fixtures of all tests."""
import pathlib
import tempfile

import pytest

from support import apm_server, postgres


@pytest.fixture(scope="session")
def pg():
    """One PostgreSQL for the whole run; each test makes a database of its own in it."""
    server = postgres.Postgres()
    yield server
    server.stop()


@pytest.fixture
def apm():
    server = apm_server.ApmServer()
    yield server
    server.close()


@pytest.fixture
def folder():
    """Unlike tmp_path, one that the services' users may look into."""
    with tempfile.TemporaryDirectory(prefix="apmshim-test-") as name:
        path = pathlib.Path(name)
        path.chmod(0o777)
        yield path
