"""For all tests: drawn examples are the same on every run and machine, so a failure can be run again; and a shelf
of their own."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def own_shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shelf, of this process and of all that it starts, is an empty folder: nobody's trainings are touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEXTDIFF_RUNS", str(tmp_path_factory.mktemp("shelf")))
        yield
