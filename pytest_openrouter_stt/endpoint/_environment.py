"""What a client under test finds in the environment: a proxy that leads nowhere, a CA that signs nothing, no keys."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Only ALL_PROXY is set: libraries in C read it, those in Python meet the audit hook anyway, and httpx builds another
# TLS context for each further variable in each of its clients.
_TRAPPED = ("ALL_PROXY", "all_proxy")
_CLEARED = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_DIRECT_HOSTS = "localhost,127.0.0.1,::1"
_SECRET_PREFIX = "OPENROUTER_"  # noqa: S105 - the start of variable names, not a secret

# Nothing is sent over TLS, but each httpx.Client() reads the trusted certificates: one instead of all, whose key is
# gone, makes a client in 0.6 ms instead of 18, which counts where a client makes one for each call.
_NOBODY = Path(__file__).with_name("nobody.pem")


@contextlib.contextmanager
def client_environment(proxy: str) -> Iterator[None]:
    """Set what a client finds, and hide every variable ``OPENROUTER_*``; afterwards all are as before.

    Args:
        proxy: The URL of the proxy for every host but this machine's own.
    """
    changes = {
        **dict.fromkeys(_TRAPPED, proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), _DIRECT_HOSTS),
        "SSL_CERT_FILE": str(_NOBODY),
    }
    hidden = (*_CLEARED, *_secret_names())
    before = {name: os.environ.get(name) for name in (*changes, *hidden)}
    _drop(hidden)
    os.environ.update(changes)
    try:
        yield
    finally:
        _drop(_secret_names())  # a client that reads a .env file may have set some
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _secret_names() -> list[str]:
    return [name for name in os.environ if name.startswith(_SECRET_PREFIX)]


def _drop(names: Iterable[str]) -> None:
    for name in names:
        os.environ.pop(name, None)
