"""The package `groq` with OpenRouter's base URL: ``pytest --stt-client=groq_adapter:Client``.

It takes files, so the base64 of a call is decoded here, and its format becomes the suffix of a file name. The body, the
headers, the retries and the errors are the package's own doing.
"""

import base64

import groq
from groq import omit

BASE_URL = "https://openrouter.ai/api/v1"  # the package appends /openai/v1/audio/transcriptions, whatever is here

stt_adapter_for = "groq"


class Client:
    stt_extra_features = {"audio_decoded"}
    stt_errors = {
        400: groq.BadRequestError,
        401: groq.AuthenticationError,
        403: groq.PermissionDeniedError,
        404: groq.NotFoundError,
        429: groq.RateLimitError,
        500: groq.InternalServerError,
        "default": groq.APIStatusError,
    }

    def __init__(self, api_key):
        self._sync = groq.Groq(api_key=api_key, base_url=BASE_URL)
        self._async = groq.AsyncGroq(api_key=api_key, base_url=BASE_URL)

    def create_transcription(self, *, input_audio, model, language=omit, temperature=omit, retries=...):
        client = self._sync.with_options(max_retries=0) if retries is None else self._sync
        return client.audio.transcriptions.create(
            file=file_of(input_audio), model=model, language=language, temperature=temperature
        )

    async def create_transcription_async(self, *, input_audio, model, language=omit, temperature=omit, retries=...):
        client = self._async.with_options(max_retries=0) if retries is None else self._async
        return await client.audio.transcriptions.create(
            file=file_of(input_audio), model=model, language=language, temperature=temperature
        )

    def close(self):
        self._sync.close()

    async def aclose(self):
        await self._async.close()


def file_of(input_audio):
    suffix = input_audio["format_"] if "format_" in input_audio else input_audio["format"]
    return "audio." + suffix, base64.b64decode(input_audio["data"], validate=True)
