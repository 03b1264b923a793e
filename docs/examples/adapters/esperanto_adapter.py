"""The package `esperanto`, which knows OpenRouter: ``pytest --stt-client=esperanto_adapter:Client``.

It takes files and paths, so the base64 of a call is decoded here, and its format becomes the suffix of a file name. The
body, the headers and the errors are the package's own doing.
"""

import base64
import io
import os

from esperanto.providers.stt.openrouter import OpenRouterSpeechToTextModel

stt_adapter_for = "esperanto"


class Client:
    stt_extra_features = {"audio_decoded", "audio_path", "audio_file"}
    stt_errors = {"default": RuntimeError}

    def __init__(self, api_key):
        self._api_key = api_key

    def create_transcription(self, *, input_audio, model, language=None):
        client = OpenRouterSpeechToTextModel(api_key=self._api_key, model_name=model)
        return client.transcribe(audio_of(input_audio), language=language)

    async def create_transcription_async(self, *, input_audio, model, language=None):
        client = OpenRouterSpeechToTextModel(api_key=self._api_key, model_name=model)
        return await client.atranscribe(audio_of(input_audio), language=language)


def audio_of(input_audio):
    if isinstance(input_audio, os.PathLike):
        return os.fspath(input_audio)
    if hasattr(input_audio, "read"):
        return input_audio
    suffix = input_audio["format_"] if "format_" in input_audio else input_audio["format"]
    file = io.BytesIO(base64.b64decode(input_audio["data"], validate=True))
    file.name = "audio." + suffix
    return file
