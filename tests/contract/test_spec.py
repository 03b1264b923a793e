"""The packaged documents say what the published ones say."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.contract.documents import COMPILED_NAME, spec_folder

from ._documents import REPOSITORY, SPEC, packaged, post, read_yaml, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

SLUGS = """
01ai ai21 aion-labs akashml alibaba amazon-bedrock amazon-nova ambient anthropic anyscale arcee-ai atlas-cloud
atoma avian azure baidu baseten black-forest-labs byteplus centml cerebras chutes cirrascale clarifai cloudflare
cohere crofai crucible crusoe darkbloom deepinfra deepseek dekallm digitalocean enfer fake-provider featherless
fireworks friendli gmicloud google-ai-studio google-vertex gopomelo groq huggingface hyperbolic
hyperbolic-quantized inception inceptron inference-net infermatic inflection inocloud io-net ionstream klusterai
lambda lepton liquid lynn lynn-private mancer mancer-old mara meta minimax mistral modal modelrun modular
moonshotai morph ncompass nebius nex-agi nextbit nineteen novita nvidia octoai open-inference openai parasail
perceptron perplexity phala poolside recraft recursal reflection reka relace replicate sambanova
sambanova-cloaked seed sf-compute siliconflow sourceful stealth stepfun streamlake switchpoint targon together
together-lite ubicloud upstage venice wandb xai xiaomi z-ai
"""

ERROR_BODIES = {
    "400": "BadRequestResponse",
    "401": "UnauthorizedResponse",
    "402": "PaymentRequiredResponse",
    "404": "NotFoundResponse",
    "429": "TooManyRequestsResponse",
    "500": "InternalServerResponse",
    "502": "BadGatewayResponse",
    "503": "ServiceUnavailableResponse",
}

REQUIRED = {
    "STTInputAudio": ["data", "format"],
    "STTRequest": ["input_audio", "model"],
    "STTResponse": ["text"],
    **{name: ["error"] for name in ERROR_BODIES.values()},
    **{f"{name}ErrorData": ["code", "message"] for name in ERROR_BODIES.values()},
}

PROSE = ("description", "summary")


def structure(node: Any, *, names: bool = False) -> Any:
    """The document without its prose; under ``properties`` the keys are names, and "description" could be one."""
    if isinstance(node, dict):
        return {
            key: structure(item, names=key == "properties" and not names)
            for key, item in node.items()
            if names or key not in PROSE or not isinstance(item, str)
        }
    return [structure(item) for item in node] if isinstance(node, list) else node


def prose(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, item in node.items():
            if key in PROSE and isinstance(item, str):
                yield item
            else:
                yield from prose(item)
    elif isinstance(node, list):
        for item in node:
            yield from prose(item)


def test_the_structure_has_the_digest_that_its_provenance_states() -> None:
    canonical = json.dumps(structure(packaged()), sort_keys=True, separators=(",", ":"))
    stated = re.search(r"openapi\.yaml +([0-9a-f]{64})", (SPEC / "PROVENANCE.md").read_text("utf-8"))
    assert stated
    assert stated[1] == hashlib.sha256(canonical.encode()).hexdigest()


def test_every_provider_slug_is_there_and_free_form() -> None:
    slugs = SLUGS.split()
    assert len(slugs) == len(set(slugs)) == 113
    options = schemas(packaged())["ProviderOptions"]["properties"]
    assert list(options) == slugs
    assert {json.dumps(structure(option)) for option in options.values()} == {
        '{"type": "object", "additionalProperties": {}}'
    }


def test_the_nine_responses_refer_to_their_schemas() -> None:
    bodies = {
        status: response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for status, response in post(packaged())["responses"].items()
    }
    assert bodies == {"200": "STTResponse", **ERROR_BODIES}


def test_the_required_lists() -> None:
    assert {
        name: schema["required"] for name, schema in schemas(packaged()).items() if "required" in schema
    } == REQUIRED


def test_the_formats_and_nullable_fields() -> None:
    found = schemas(packaged())
    numbers = {**found["STTRequest"]["properties"], **found["STTUsage"]["properties"]}
    assert {name for name, field in numbers.items() if field.get("format") == "double"} == {
        "temperature",
        "cost",
        "seconds",
    }
    for name in ERROR_BODIES.values():
        body, data = found[name]["properties"], found[f"{name}ErrorData"]["properties"]
        assert [body["openrouter_metadata"]["type"], body["user_id"]["type"], data["metadata"]["type"]] == [
            ["object", "null"],
            ["string", "null"],
            ["object", "null"],
        ]


def test_an_installed_package_has_the_same_documents_compiled() -> None:
    compiled = spec_folder() / COMPILED_NAME
    if not compiled.is_file():
        pytest.skip(f"a source tree: {COMPILED_NAME} is written when a wheel is built")
    documents = {name: read_yaml(SPEC / f"{name}.yaml") for name in ("openapi", "sdk")}
    assert json.loads(compiled.read_text("utf-8")) == json.loads(json.dumps(documents))
    assert load_contract() == load_contract()


def test_the_sdk_naming_has_a_schema_for_each_body_parameter_and_an_error_for_each_status() -> None:
    sdk = load_contract().sdk
    assert [parameter.wire_name for parameter in sdk.in_place("body")] == [
        "input_audio",
        "model",
        "language",
        "provider",
        "temperature",
    ]
    assert {parameter.wire_name for parameter in sdk.in_place("body")} == set(
        schemas(packaged())["STTRequest"]["properties"]
    )
    assert {name for name, parameter in sdk.parameters.items() if parameter.required} == set(REQUIRED["STTRequest"])
    assert {parameter.name: parameter.wire_name for parameter in sdk.in_place("header")} == {
        "http_referer": "HTTP-Referer",
        "x_open_router_title": "X-OpenRouter-Title",
        "x_open_router_categories": "X-OpenRouter-Categories",
    }
    assert [parameter.name for parameter in sdk.in_place("control")] == ["retries"]
    assert dict(sdk.renames) == {"/input_audio/format_": "format"}
    assert sdk.errors.keys() == {*map(int, ERROR_BODIES), 524, 529}


def source_document(name: str) -> str:
    folder = Path(os.environ.get("STT_SOURCE_DOCUMENTS") or REPOSITORY.parent / "shared" / "seeds")
    if not folder.is_dir():
        pytest.skip("the source documents are not here: name their folder in STT_SOURCE_DOCUMENTS")
    return (folder / name).read_text("utf-8")


@pytest.fixture(scope="module")
def published() -> Any:
    blocks = re.findall(
        r"^```yaml\n(.*?)^```", source_document("api-create-transcription.md"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 1
    return yaml.safe_load(blocks[0])


@pytest.fixture(scope="module")
def page() -> str:
    return source_document("sdk-python-transcriptions.md")


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table under *heading*, without Markdown's escapes."""
    section = page.partition(f"### {heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.replace("\\", "").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_structure_is_that_of_the_source_document(published: Any) -> None:
    assert structure(packaged()) == structure(published)
    assert json.dumps(structure(packaged())) == json.dumps(structure(published)), "the order differs"


def test_the_descriptions_are_written_anew(published: Any) -> None:
    texts = [
        {" ".join(text.lower().rstrip(".").split()) for text in prose(document)} for document in (packaged(), published)
    ]
    assert all(texts)
    assert texts[0].isdisjoint(texts[1])


def test_the_parameters_are_those_of_the_source_document(page: str) -> None:
    rows = table(page, "Parameters")
    sdk = load_contract().sdk
    required = {row[0].strip("`"): row[2] == ":heavy_check_mark:" for row in rows}
    assert {name: parameter.required for name, parameter in sdk.parameters.items()} == required
    for place in ("body", "header", "control"):
        names = [parameter.name for parameter in sdk.in_place(place)]
        assert names == [name for name in required if name in names], "not in the page's order"


def test_the_types_are_those_of_the_source_document(page: str) -> None:
    fields = schemas(packaged())["STTRequest"]["properties"]
    sdk = load_contract().sdk
    for name, written, *_ in table(page, "Parameters"):
        parameter = sdk.parameters[name.strip("`")]
        type_name = re.sub(r"\]\(.*\)$|\*", "", written).removeprefix("[")
        assert type_name.startswith("Optional[") is not parameter.required
        type_name = type_name.removeprefix("Optional[").rstrip("]").rpartition(".")[2]
        field = fields.get(parameter.wire_name, {"type": "string"})
        expected = {"str": "string", "float": "number", "RetryConfig": "string"}.get(type_name, type_name)
        assert field.get("type", field.get("$ref", "").rpartition("/")[2]).lower() == expected.lower()


def test_the_errors_are_those_of_the_source_document(page: str) -> None:
    sdk = load_contract().sdk
    rows = [
        (name.removeprefix(f"{sdk.errors_module}."), status, media) for name, status, media in table(page, "Errors")
    ]
    assert rows == [
        *((name, str(status), "application/json") for status, name in sdk.errors.items()),
        (sdk.default_error, "4XX, 5XX", "*/*"),
    ]


def test_the_names_of_the_client_are_those_of_the_source_document(page: str) -> None:
    sdk = load_contract().sdk
    example = page.partition("```python\n")[2].partition("```")[0]
    assert f"with {sdk.client_class}(" in example
    assert f" {sdk.api_key}=" in example
    assert f"open_router.{sdk.resource}.{sdk.operation}(" in example
    for pointer in sdk.renames:
        assert f'"{pointer.rpartition("/")[2]}"' in example
