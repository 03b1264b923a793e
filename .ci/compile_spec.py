"""Writes the YAML documents of spec/ as one JSON file into the wheel, where parsing them would cost each run."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileSpec(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # a source tree reads the YAML, so that an edit shows at once
        spec = Path(self.root, "spec")
        documents = {name: yaml.safe_load((spec / f"{name}.yaml").read_text("utf-8")) for name in ("openapi", "sdk")}
        self._folder = Path(mkdtemp())
        compiled = self._folder / "compiled.json"
        compiled.write_text(json.dumps(documents, separators=(",", ":")), "utf-8")
        build_data["force_include"][str(compiled)] = "pytest_openrouter_stt/spec/compiled.json"

    def finalize(self, version: str, *_: Any) -> None:
        if version == "editable":
            return
        (self._folder / "compiled.json").unlink()
        self._folder.rmdir()
