"""Files that are whole at any moment: written beside their place and moved there in one step."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(file: Path) -> Iterator[str]:
    """The name of a file to write; it takes `file`'s place when the block ends well, and vanishes otherwise."""
    handle, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(handle)
    try:
        yield beside
        os.chmod(beside, 0o644)  # mkstemp makes files that only the owner may read, and so does safetensors
        os.replace(beside, file)
    finally:
        Path(beside).unlink(missing_ok=True)


def write_json(file: Path, record: Any) -> None:
    """Writes plain JSON values."""
    with replacing(file) as beside:
        Path(beside).write_text(json.dumps(record, indent=1), "utf-8")
