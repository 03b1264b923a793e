"""A package whose operations are not the SDK's, to be judged through adapters."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import IO, Any

import httpx

URL = "https://openrouter.ai/api/v1/audio/transcriptions"


class ApiError(Exception):
    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.text)
        self.status_code = response.status_code


def send(token: str, data: str, kind: str, model: str) -> httpx.Response:
    body = {"input_audio": {"data": data, "format": kind}, "model": model}
    with httpx.Client() as http:
        return http.post(URL, json=body, headers={"Authorization": f"Bearer {token}"})


def text_of(response: httpx.Response) -> str:
    if response.status_code != 200:
        raise ApiError(response)
    text: str = response.json()["text"]
    return text


def from_base64(b64: str, fmt: str, model: str, *, token: str) -> str:
    return text_of(send(token, b64, fmt, model))


def from_bytes(audio: bytes, model: str, token: str, fmt: str = "wav") -> str:
    return text_of(send(token, base64.b64encode(audio).decode(), fmt, model))


async def from_bytes_async(audio: bytes, model: str, token: str, fmt: str = "wav") -> str:
    body = {"input_audio": {"data": base64.b64encode(audio).decode(), "format": fmt}, "model": model}
    async with httpx.AsyncClient() as http:
        return text_of(await http.post(URL, json=body, headers={"Authorization": f"Bearer {token}"}))


def from_file(file: IO[bytes], model: str, token: str) -> str:
    return from_bytes(file.read(), model, token, Path(file.name).suffix[1:])


def from_path(path: Path, model: str, token: str) -> str:
    return from_bytes(path.read_bytes(), model, token, path.suffix[1:])


def sniffed(audio: bytes, model: str, token: str) -> str:
    kinds = {b"RIFF": "wav", b"ID3\x04": "mp3", b"\xff\xfb\x90\0": "mp3", b"fLaC": "flac", b"\xff\xf1\x50\x80": "aac"}
    kinds |= {b"OggS": "ogg", b"\x1aE\xdf\xa3": "webm"}
    if audio[:4] not in kinds:
        raise ValueError("This is in no container that is known.")
    return from_bytes(audio, model, token, kinds[audio[:4]])


def pair(audio: bytes, model: str, token: str) -> tuple[str | None, Any]:
    response = send(token, base64.b64encode(audio).decode(), "wav", model)
    return (response.json()["text"], None) if response.status_code == 200 else (None, ApiError(response))


class Client:
    def __init__(self, token: str) -> None:
        self.token = token

    def transcribe(self, audio: bytes, model: str, fmt: str = "wav") -> str:
        return from_bytes(audio, model, self.token, fmt)
