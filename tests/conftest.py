"""Fixtures of all tests."""
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
