import pytest

import harness


@pytest.fixture(scope="session", autouse=True)
def tidy():
    yield
    harness.clean_up()
