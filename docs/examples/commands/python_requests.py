"""The API page's example for Python, with requests, as a command."""

import json
import sys

import requests

NUMBERS = {"nan": float("nan"), "infinity": float("inf"), "-infinity": float("-inf")}


def untagged(value):
    if value.get("$stt") == "object":
        return dict(value["entries"])
    return NUMBERS[value["$stt"]] if "$stt" in value else value


def tagged(value):
    if isinstance(value, dict):
        return {name: tagged(item) for name, item in value.items()}
    tags = [tag for tag, number in NUMBERS.items() if str(number) == str(value) and isinstance(value, float)]
    return {"$stt": tags[0]} if tags else value


def transcribe(call):
    payload = {name: value for name, value in call["arguments"].items() if value is not None}
    audio = payload.get("input_audio")
    if isinstance(audio, dict) and "format_" in audio:
        audio["format"] = audio.pop("format_")

    # From here on it is the example, with the call's values in place of its own.
    url = f"{call['base_url']}/audio/transcriptions"
    headers = {"Authorization": f"Bearer {call['api_key']}", "Content-Type": "application/json"}
    response = requests.post(url, json=payload, headers=headers)
    return response.json()


def returned(body):
    return {name: body[name] for name in ("text", "usage", "error") if name in body} if isinstance(body, dict) else {}


def say(line):
    print(json.dumps(line), flush=True)


say(
    {
        "protocol": 1,
        "name": "requests",
        "version": requests.__version__,
        "features": ["api_key", "input_audio", "model", "language", "provider", "temperature"],
    }
)
for line in sys.stdin:
    call = json.loads(line, object_hook=untagged)
    try:
        say({"id": call["id"], "ok": tagged(returned(transcribe(call)))})
    except Exception as error:
        types = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]
        say({"id": call["id"], "error": {"types": types or [type(error).__name__], "message": str(error)}})
