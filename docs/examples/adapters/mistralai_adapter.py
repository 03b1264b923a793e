"""The package `mistralai` with OpenRouter's server URL: ``pytest --stt-client=mistralai_adapter:Client``.

It takes files, so the base64 of a call is decoded here, and its format becomes the suffix of a file name. The body, the
headers, the retries and the errors are the package's own doing.
"""

import base64

from mistralai.client import Mistral, errors
from mistralai.client.types import UNSET

SERVER_URL = "https://openrouter.ai/api"  # the package appends /v1/audio/transcriptions

stt_adapter_for = "mistralai"


class Client:
    stt_extra_features = {"audio_decoded"}
    stt_errors = {"default": errors.SDKError}

    def __init__(self, api_key):
        self._client = Mistral(api_key=api_key, server_url=SERVER_URL)

    def create_transcription(self, *, input_audio, model, language=UNSET, temperature=UNSET, retries=UNSET):
        return self._client.audio.transcriptions.complete(
            file=file_of(input_audio), model=model, language=language, temperature=temperature, retries=retries
        )

    async def create_transcription_async(self, *, input_audio, model, language=UNSET, temperature=UNSET, retries=UNSET):
        return await self._client.audio.transcriptions.complete_async(
            file=file_of(input_audio), model=model, language=language, temperature=temperature, retries=retries
        )


def file_of(input_audio):
    suffix = input_audio["format_"] if "format_" in input_audio else input_audio["format"]
    return {"file_name": "audio." + suffix, "content": base64.b64decode(input_audio["data"], validate=True)}
