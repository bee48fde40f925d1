"""Keys of an installation that was given none: made once, kept beside its data."""

import base64
import os
import tempfile
from pathlib import Path


def kept_key(path: Path, *, size: int = 32) -> str:
    """The key in that file, base64 of ``size`` random bytes; made, for its owner only, if absent.

    Processes that start together agree: a key appears whole or not at all, and the first stays.
    """
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(size)))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text(encoding="ascii")
