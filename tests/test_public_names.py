"""What the package offers is there by its name, and nothing else."""

from __future__ import annotations

import pytest

import pytest_openrouter_stt


def test_each_public_name_is_listed_and_leads_to_something() -> None:
    assert {*pytest_openrouter_stt.__all__} <= {*dir(pytest_openrouter_stt)}
    for name in pytest_openrouter_stt.__all__:
        assert getattr(pytest_openrouter_stt, name) is not None


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'transcribe'"):
        pytest_openrouter_stt.transcribe  # noqa: B018 - it is the attribute that is looked for
