"""What several tests of clients need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.command.commands import Adapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Adapter]:
    """A command to be written and driven."""
    adapter = Adapter(tmp_path)
    yield adapter
    adapter.close()
