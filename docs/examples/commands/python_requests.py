"""The API page's example for Python, with requests, as a command."""

import json
import sys

import requests

NUMBERS = {"nan": float("nan"), "infinity": float("inf"), "-infinity": float("-inf")}


def untagged(value):
    if value.get("$stt") == "object":
        return dict(value["entries"])
    return NUMBERS[value["$stt"]] if "$stt" in value else value


def transcribe(call):
    payload = dict(call["arguments"])
    payload["input_audio"] = {
        "format" if name == "format_" else name: value for name, value in payload["input_audio"].items()
    }

    # From here on it is the example, with the call's values in place of its own.
    url = f"{call['base_url']}/audio/transcriptions"
    headers = {"Authorization": f"Bearer {call['api_key']}", "Content-Type": "application/json"}
    response = requests.post(url, json=payload, headers=headers)
    return response.json()


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
        say({"id": call["id"], "ok": transcribe(call)})
    except Exception as error:
        types = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]
        say({"id": call["id"], "error": {"types": types or [type(error).__name__], "message": str(error)}})
