"""The contract and a call: immutable values from an OpenAPI document and the SDK's naming."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from .schema import Json, Resolver, Schema, escape, freeze, is_extension, shown, thaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .sdk import SdkNaming


class _Missing(Enum):
    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""An argument that was not passed, which is something else than one that was passed as ``None``."""


@dataclass(frozen=True, init=False, slots=True)
class Call:
    """Keyword arguments for the operation, in the SDK's naming; immutable.

    Arguments given as `MISSING` are left out::

        Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="openai/whisper-1")

    Attributes:
        arguments: The arguments, read-only at every depth.
    """

    arguments: Mapping[str, Any]

    def __init__(self, /, **arguments: Any) -> None:
        given = {name: value for name, value in arguments.items() if value is not MISSING}
        object.__setattr__(self, "arguments", freeze(given))

    def kwargs(self) -> dict[str, Any]:
        """Return a fresh copy of the arguments, which whoever receives it may change."""
        return cast("dict[str, Any]", thaw(self.arguments))

    def replace(self, /, **arguments: Any) -> Call:
        """Return a call with *arguments* put in place of, or beside, those of this one; `MISSING` takes one out."""
        return Call(**{**self.arguments, **arguments})

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.kwargs().items())
        return f"Call({arguments})"


def wire_body(call: Call, naming: SdkNaming) -> dict[str, Any]:
    """Return the JSON object that the contract requires on the wire for *call*.

    Optional arguments that are absent or ``None`` are absent; every other value is as it was given.

    Args:
        call: A call whose arguments JSON can carry.
        naming: Which argument goes where (``spec/sdk.yaml``).
    """
    body: dict[str, Any] = {}
    for parameter in naming.in_place("body"):
        value = call.arguments.get(parameter.name)
        if value is not None or (parameter.required and parameter.name in call.arguments):
            body[parameter.wire_name] = _renamed(value, f"/{parameter.name}", naming.renames)
    return body


def wire_headers(call: Call, naming: SdkNaming) -> dict[str, str]:
    """Return the headers that *call* adds, under their wire names."""
    return {
        parameter.wire_name: call.arguments[parameter.name]
        for parameter in naming.in_place("header")
        if call.arguments.get(parameter.name) is not None
    }


def _renamed(value: object, pointer: str, renames: Mapping[str, str]) -> object:
    if not any(place.startswith(f"{pointer}/") for place in renames) or not isinstance(value, Mapping):
        return thaw(value)
    return {
        renames.get(f"{pointer}/{key}", key): _renamed(item, f"{pointer}/{key}", renames) for key, item in value.items()
    }


OPERATION_PATH = "/audio/transcriptions"
"""The operation that this project judges; everything else about it is read from the document."""

_JSON = "application/json"
_SUCCESS = "200"
_ERROR_STATUS = re.compile("[45][0-9]{2}")
_SERVER = re.compile(r"https?://[^\s{}?#]+", re.IGNORECASE)
"""An absolute URL without variables, a query or a fragment: the operation's path is appended to it."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a client of the endpoint has to do.

    Attributes:
        source: The OpenAPI document: a path as the user gave it, or ``packaged``.
        revision: The first 12 hexadecimal digits of the SHA-256 of the document.
        base_url: The server's URL, without a slash at its end.
        path: The operation's path, for example ``/audio/transcriptions``.
        method: The operation's method, in upper case.
        request: The schema of the request body.
        transcript: The schema of the body of a 200.
        errors: Status → schema of the error body, as the document has them.
        sdk: The names of the SDK's page, and the fields of the request that the page does not have.
    """

    source: str
    revision: str
    base_url: str
    path: str
    method: str
    request: Schema
    transcript: Schema
    errors: Mapping[int, Schema]
    sdk: SdkNaming
    _resolver: Resolver = field(repr=False, compare=False)

    @property
    def url(self) -> str:
        """The whole URL of the operation."""
        return self.base_url + self.path

    @property
    def host(self) -> str:
        """The API's host name."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def error_statuses(self) -> tuple[int, ...]:
        """Every status that has its own error type or its own schema, ascending."""
        return tuple(sorted(self.errors.keys() | self.sdk.errors.keys()))

    def error_schema(self, status: int) -> Schema:
        """Return the schema of the error body of *status*; a status without one shares that of its neighbours."""
        return self.errors.get(status) or next(iter(self.errors.values()))

    def wire_body(self, call: Call) -> dict[str, Any]:
        """Return the JSON object that must be on the wire for *call*."""
        return wire_body(call, self.sdk)

    def wire_headers(self, call: Call) -> dict[str, str]:
        """Return the headers that must be on the wire for *call*, beside those of every request."""
        return wire_headers(call, self.sdk)

    def at(self, pointer: str) -> object:
        """Return the part of the OpenAPI document that *pointer* (``#/…``) names, read-only at every depth.

        Raises:
            SpecError: It names nothing.
        """
        return freeze(self._resolver.lookup(pointer, needed_by="a check"))


def build_contract(document: Json, source: str, sdk: SdkNaming, *, trusted: bool = False) -> Contract:
    """Read a contract from an OpenAPI document.

    Args:
        document: The document.
        source: Its file, as the user named it.
        sdk: The names of the SDK's page.
        trusted: Its schemas are known to be valid JSON Schema; finding out costs 100 ms.

    Raises:
        SpecError: The document is not OpenAPI 3.x, lacks the operation, has dangling or recursive references, or
            a schema that is not JSON Schema.
    """
    resolver = Resolver(document, source)
    _require_openapi_3(resolver)
    path, operation, pointer, servers = find_operation(resolver)
    schemas = dict(_response_schemas(resolver, operation, pointer))
    if _SUCCESS not in schemas:
        raise resolver.error(f"{pointer} has no JSON schema for a {_SUCCESS}", "Give a document that has one.")
    errors = {int(status): schema for status, schema in schemas.items() if _ERROR_STATUS.fullmatch(status)}
    if not errors:
        raise resolver.error(f"{pointer} describes no error", "Give a document that describes at least one.")
    request = _body_schema(resolver, operation.get("requestBody"), f"{pointer}/requestBody")
    if not trusted:
        _refuse_invalid(resolver, (request, *schemas.values()))
    return Contract(
        source=source,
        revision=_revision(document),
        base_url=_base_url(resolver, servers),
        path=path,
        method="POST",
        request=request,
        transcript=schemas[_SUCCESS],
        errors=MappingProxyType(errors),
        sdk=sdk.with_fields(_fields(request.document)),
        _resolver=resolver,
    )


def _require_openapi_3(resolver: Resolver) -> None:
    version = resolver.document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        problem = f"it is not OpenAPI 3.x (its 'openapi' is {shown(version)})"
        raise resolver.error(problem, "Give an OpenAPI 3.0 or 3.1 document.")


def resolver_of(contract: Contract) -> Resolver:
    """Return what looks things up in the document of *contract*, for the modules of this layer."""
    return contract._resolver  # noqa: SLF001 - a contract shows its values, not how they are found


def find_operation(resolver: Resolver) -> tuple[str, Json, str, object]:
    """Return the path, the operation, its pointer and the servers that hold for it.

    Raises:
        SpecError: The document has no such operation, or more than one.
    """
    paths = resolver.document.get("paths")
    found = [path for path in paths if path.endswith(OPERATION_PATH)] if isinstance(paths, Mapping) else []
    if OPERATION_PATH in found:
        found = [OPERATION_PATH]
    if len(found) != 1 or not isinstance(paths, Mapping):
        problem = f"it has {len(found)} operations at {OPERATION_PATH!r}"
        raise resolver.error(problem, "Give a document that describes OpenRouter's transcription endpoint.")
    path = found[0]
    if not path.isprintable():
        raise resolver.error(f"its path {shown(path)} cannot stand in a URL", "Mend the document.")
    pointer = f"#/paths/{escape(path).replace('%', '%25')}"
    item = resolver.follow(paths[path], pointer)
    if "post" not in item:
        raise resolver.error(f"{pointer} has no 'post'", "Give a document with the POST operation.")
    operation = resolver.follow(item["post"], f"{pointer}/post")
    servers = operation.get("servers") or item.get("servers") or resolver.document.get("servers")
    return path, operation, f"{pointer}/post", servers


def _response_schemas(resolver: Resolver, operation: Json, pointer: str) -> Iterator[tuple[str, Schema]]:
    responses = resolver.follow(operation.get("responses"), f"{pointer}/responses")
    for status, response in responses.items():
        place = f"{pointer}/responses/{escape(status)}"
        if not is_extension(status) and _JSON in _content(resolver.follow(response, place)):
            yield status, _body_schema(resolver, response, place)


def _content(node: Json) -> Json:
    content = node.get("content")
    return content if isinstance(content, Mapping) else {}


def _body_schema(resolver: Resolver, node: object, pointer: str) -> Schema:
    media = _content(resolver.follow(node, pointer)).get(_JSON)
    schema = media.get("schema") if isinstance(media, Mapping) else None
    if schema is None:
        raise resolver.error(f"{pointer} has no schema for {_JSON}", "Give a document that has one.")
    place = f"{pointer}/content/application~1json/schema"
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    written_out = resolver.schema(schema, place)
    if not isinstance(written_out, Mapping):
        raise resolver.error(f"{place} is not an object", "Mend the document.")
    return Schema(reference if isinstance(reference, str) else place, written_out)


def _refuse_invalid(resolver: Resolver, schemas: Iterable[Schema]) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see Schema.violations
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    for schema in schemas:
        try:
            with warnings.catch_warnings():  # re warns when it compiles, and keeps what it has compiled
                warnings.simplefilter("ignore", FutureWarning)
                Draft202012Validator.check_schema(cast("dict[str, Any]", thaw(schema.document)))
        except SchemaError as error:
            place = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
            problem = f"{schema.pointer}{place} is {shown(error.instance)}, which is not JSON Schema"
            raise resolver.error(problem, "Mend the document.") from None
        except OverflowError as error:
            raise resolver.error(f"{schema.pointer} has a number too large ({error})", "Mend the document.") from None


def _fields(schema: Json) -> Iterator[tuple[str, bool]]:
    """Yield the name of each property of a valid object schema, and whether it is required."""
    required = cast("tuple[str, ...]", schema.get("required", ()))
    for name in cast("Json", schema.get("properties", {})):
        yield name, name in required
    for part in cast("tuple[object, ...]", schema.get("allOf", ())):
        if isinstance(part, Mapping):
            yield from _fields(part)


def _base_url(resolver: Resolver, servers: object) -> str:
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, Mapping) else None
    if not isinstance(url, str) or not _is_absolute(url):
        remedy = "Name the API's server, for example 'servers: [{url: https://…/api/v1}]'."
        raise resolver.error(f"its first server is {shown(url)}, not an absolute URL", remedy)
    return url.rstrip("/")


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(url.isprintable() and _SERVER.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError:  # for example a port that is not a number
        return False


def _revision(document: Json) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).hexdigest()[:12]
