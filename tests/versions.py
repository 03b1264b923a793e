"""Marks for tests that need a newer version of a dependency than the lowest that the package supports."""

from __future__ import annotations

import hypothesis
import pytest

newest_draws = pytest.mark.skipif(
    hypothesis.__version_info__ < (6, 170), reason="it shows an example, and an older Hypothesis draws another one"
)
