"""The package `litellm` with OpenRouter's base URL: ``pytest --stt-client=litellm_adapter:Client``.

Its own provider `openrouter` refuses transcriptions, so the model goes to its provider `openai`. It takes files: the
base64 of a call is decoded here, and its format becomes the suffix of a file name. The body, the headers, the retries
and the errors are the package's own doing.
"""

import base64
import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its import asks the network for a list of prices
import litellm

BASE_URL = "https://openrouter.ai/api/v1"

stt_adapter_for = "litellm"


class Client:
    stt_extra_features = {"audio_decoded"}
    stt_errors = {
        400: litellm.BadRequestError,
        401: litellm.AuthenticationError,
        404: litellm.NotFoundError,
        429: litellm.RateLimitError,
        500: litellm.InternalServerError,
        502: litellm.BadGatewayError,
        503: litellm.ServiceUnavailableError,
        "default": litellm.APIError,
    }

    def __init__(self, api_key):
        self._account = {"api_key": api_key, "api_base": BASE_URL}

    def create_transcription(self, *, input_audio, model, language=None, temperature=None, retries=...):
        return litellm.transcription(
            f"openai/{model}",
            file_of(input_audio),
            language=language,
            temperature=temperature,
            max_retries=0 if retries is None else None,
            **self._account,
        )

    async def create_transcription_async(self, *, input_audio, model, language=None, temperature=None, retries=...):
        return await litellm.atranscription(
            f"openai/{model}",
            file_of(input_audio),
            language=language,
            temperature=temperature,
            max_retries=0 if retries is None else None,
            **self._account,
        )


def file_of(input_audio):
    suffix = input_audio["format_"] if "format_" in input_audio else input_audio["format"]
    return "audio." + suffix, base64.b64decode(input_audio["data"], validate=True)
