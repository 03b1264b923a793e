"""What else is in the run: a client must not be blamed for what a plugin or a fixture of the project forbids it."""

from __future__ import annotations

import socket

from pytest_openrouter_stt.report import CouldNotRun, one_line


def require_sockets() -> None:
    """See that sockets can be made, which an event loop needs as well as the endpoint.

    Raises:
        CouldNotRun: They cannot.
    """
    try:
        pair = socket.socketpair()
    except Exception as error:  # whatever forbids them chooses what it raises
        what = one_line(f"{type(error).__name__}: {error}")
        raise CouldNotRun(
            reason=f"sockets are forbidden in this run, not by the client: {what}",
            remedy="Let the checks make them (node IDs that begin with stt/): nothing they send leaves the machine.",
        ) from error
    for end in pair:
        end.close()
