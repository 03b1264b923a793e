"""Lets respx patch httpcore2, which httpx2 is built on, as it patches httpcore."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from respx.mocks import HTTPCoreMocker

if TYPE_CHECKING:
    import httpx

HTTPCORE2: Literal["httpcore2"] = "httpcore2"


def has_httpcore2() -> bool:
    """Whether there can be clients on httpx2 at all."""
    return find_spec(HTTPCORE2) is not None


class Httpcore2Mocker(HTTPCoreMocker):
    """Patches the classes of the same names; what a response is made of has other ones."""

    name = f"{__package__}.{HTTPCORE2}"  # respx admits one of a name, and pytest-httpx2 takes the plain one
    targets = [target.replace("httpcore", HTTPCORE2, 1) for target in HTTPCoreMocker.targets]  # noqa: RUF012 - as respx declares it

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: object, **_: Any) -> Any:  # noqa: ARG003
        """Return the response as httpcore2 has it."""
        import httpcore2  # noqa: PLC0415 - it need not be installed

        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )
