"""Strings as the formats of JSON Schema have them; nothing validates these, but servers like to see them kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st


def _with_zone(moment: dt.datetime) -> str:
    return moment.isoformat() + "Z"


FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(dt.date.isoformat),
    "date-time": st.datetimes().map(_with_zone),
    "email": st.sampled_from(["a@example.com", "a.b+c@example.com", "ä@example.com"]),
    "uri": st.sampled_from(["https://example.com", "https://example.com/a?b=c#d", "urn:a:b", "http://[::1]:80/é"]),
    "uuid": st.uuids().map(str),
}
