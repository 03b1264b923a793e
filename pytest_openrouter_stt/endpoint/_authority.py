"""A throwaway certificate authority, and certificates for whatever host a client believes to speak to."""

from __future__ import annotations

import ssl
import tempfile
import weakref
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_MODULE = "trustme"
EXTRA = "pytest-openrouter-stt[loopback]"
"""What to install for TLS."""


def has_authority() -> bool:
    """Whether the library that makes certificates is installed: it comes with the extra `EXTRA`."""
    return find_spec(_MODULE) is not None


class Authority:
    """Signs for any host; its key is in the memory of this process only, and dies with it.

    Attributes:
        path: A file with its certificate, for what reads it by its name.
    """

    def __init__(self) -> None:
        import trustme  # noqa: PLC0415 - an extra

        self._ca = trustme.CA()
        self._pem = self._ca.cert_pem.bytes().decode("ascii")
        self._folder = tempfile.TemporaryDirectory(prefix="stt-")
        self._trusting: weakref.WeakSet[ssl.SSLContext] = weakref.WeakSet()
        self._for_host = lru_cache(maxsize=64)(self._made_for)
        self.path = Path(self._folder.name, "authority.pem")
        self.path.write_text(self._pem, encoding="ascii")

    def close(self) -> None:
        """Remove the file."""
        self._folder.cleanup()

    def let_trust(self, context: ssl.SSLContext) -> None:
        """Let a client's *context* trust this authority, unless it trusts anybody."""
        if context not in self._trusting and context.verify_mode != ssl.CERT_NONE:
            context.load_verify_locations(cadata=self._pem)
            self._trusting.add(context)

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return what a server uses for clients that ask for another host by its name, and for *host* if for none."""
        context = self._made_for(host)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
        if host:
            connection.context = self._for_host(host)

    def _made_for(self, host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        context.num_tickets = 0  # a ticket makes a client's socket readable when there is nothing to read
        self._ca.issue_cert(host).configure_cert(context)
        return context
