"""Assertions that are gathered still fail, each with its name."""

from __future__ import annotations

import pytest

from tests.gathering import look_at_each


def test_what_is_right_passes() -> None:
    seen: list[int] = []

    look_at_each({"one": 1, "two": 2}, seen.append)

    assert seen == [1, 2]


def test_all_that_is_wrong_is_named() -> None:
    def look(number: int) -> None:
        assert number > 1
        1 // (number - 2)

    with pytest.raises(pytest.fail.Exception, match=r"(?s)2 of 3:\none: AssertionError.*\ntwo: Zero") as caught:
        look_at_each({"one": 1, "two": 2, "three": 3}, look)

    assert "three" not in str(caught.value)
