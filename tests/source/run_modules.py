"""Import modules in an interpreter that has nothing of a notebook; call each."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

results = {}
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        results[path.stem] = repr(module.main(None, 3))
    except Exception as error:  # noqa: BLE001 - the test says what went wrong
        results[path.stem] = f"{type(error).__name__}: {error}"
sys.stdout.write(json.dumps(results))
