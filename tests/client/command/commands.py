"""Commands for tests: a few lines of Python that speak the protocol, and may break it."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.client import ClientUnderTest, Command, resolve
from pytest_openrouter_stt.contract import load_contract

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = load_contract()
HELLO = {"protocol": 1, "name": "a test", "features": ["api_key", "input_audio", "model"]}

_PROGRAM = """\
import json, os, sys

def say(line):
    print(line, flush=True)

def answer(**how):
    say(json.dumps({{"id": request["id"], **how}}))

{before}
say(json.dumps({hello!r}))
for line in sys.stdin:
    request = json.loads(line)
    {each}
"""


class Adapter:
    """Writes a command and drives it; everything is ended by `close`.

    Attributes:
        base_url: What the client is told to call; nobody listens there.
        deadline: How long a call may take, in seconds.
        driven: What `drive` has returned.
        wanted: What ``--stt-client`` would be given.
        command: The command that is driven.
    """

    base_url = "http://127.0.0.1:9/api/v1"
    loads = staticmethod(json.loads)

    def __init__(self, folder: Path) -> None:
        self._program = folder / "adapter of a test.py"
        self.deadline = 10.0
        self.driven: ClientUnderTest | None = None
        self.wanted = ""

    def drive(self, each: str, *, before: str = "", arguments: str = "", **hello: Any) -> ClientUnderTest:
        """Drive a command that runs the lines *each* for a request, and the lines *before* ahead of its greeting."""
        indented = each.replace("\n", "\n    ")
        source = _PROGRAM.format(before=before, hello={**HELLO, **hello}, each=indented)
        return self.drive_program(source, arguments)

    def drive_program(self, source: str, arguments: str = "") -> ClientUnderTest:
        """Drive a command that is all of *source*."""
        self._program.write_text(source, "utf-8")
        self.wanted = f"cmd:{shlex.quote(sys.executable)} {shlex.quote(str(self._program))} {arguments}".strip()
        target = resolve(self.wanted, CONTRACT.sdk)
        assert target.command is not None
        self.command: Command = target.command
        self.driven = ClientUnderTest(target, CONTRACT, deadline=self.deadline, flooded=threading.Event())
        self.driven.base_url = self.base_url
        return self.driven

    def close(self) -> None:
        if self.driven is not None:
            self.driven.close()
