"""What is heard of a client's logs."""

from __future__ import annotations

import io
import logging

import pytest

from pytest_openrouter_stt.judging.secrets import logged, recorded

SECRET = "nobody may read this"


def heard(record: logging.LogRecord) -> set[str]:
    return {where for where, text in recorded(record) if SECRET in text}


@pytest.fixture
def logger() -> logging.Logger:
    return logging.getLogger("tests.judging.logs")


@pytest.mark.parametrize("level", [5, logging.DEBUG, logging.ERROR])
def test_every_level_is_heard_whatever_is_configured(logger: logging.Logger, level: int) -> None:
    logger.setLevel(logging.CRITICAL)
    logging.disable(logging.CRITICAL)
    try:
        with logged() as records:
            logger.log(level, "%s", SECRET)
    finally:
        logger.setLevel(logging.NOTSET)
        logging.disable(logging.NOTSET)

    assert [record.levelno for record in records] == [level]


def test_handlers_hear_nothing_meanwhile(logger: logging.Logger) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        with logged():
            logger.error(SECRET)
        logger.error("afterwards")
    finally:
        logger.removeHandler(handler)

    assert stream.getvalue() == "afterwards\n"


def test_a_filter_may_take_the_secret_out(logger: logging.Logger) -> None:
    def redact(record: logging.LogRecord) -> bool:
        record.msg, record.args = "redacted", ()
        return True

    logger.addFilter(redact)
    try:
        with logged() as records:
            logger.error(SECRET)
    finally:
        logger.removeFilter(redact)

    assert [heard(record) for record in records] == [set()]


def test_a_filter_may_drop_a_record(logger: logging.Logger) -> None:
    def never(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(never)
    try:
        with logged() as records:
            logger.error(SECRET)
    finally:
        logger.removeFilter(never)

    assert records == []


def test_all_is_as_before_afterwards(logger: logging.Logger) -> None:
    before = (logging.Logger.handle, logging.Logger.isEnabledFor, logging.Logger.getEffectiveLevel)

    with logged():
        assert logger.isEnabledFor(logging.DEBUG)

    assert (logging.Logger.handle, logging.Logger.isEnabledFor, logging.Logger.getEffectiveLevel) == before


def test_each_part_of_a_record_is_read(logger: logging.Logger) -> None:
    where = "a record of the logger tests.judging.logs at ERROR"
    with logged() as records:
        logger.error("got %s", SECRET)
        logger.error("got %.3s", SECRET)
        logger.error("sent", extra={"headers": {"a": SECRET}})
        logger.error("failed", exc_info=ValueError(SECRET))
        logger.error("too few %s %s", SECRET)  # noqa: PLE1206 - a mistake of the client's

    assert [heard(record) for record in records] == [
        {where, f"the arguments of {where}"},
        {f"the arguments of {where}"},
        {f"`headers` of {where}"},
        {f"the traceback of {where}"},
        {f"the arguments of {where}"},
    ]
