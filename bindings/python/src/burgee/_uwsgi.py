"""uWSGI runs no threads of Python unless it is told to."""

from __future__ import annotations

import sys


def check_uwsgi() -> None:
    """Raise ValueError in a process of uWSGI in which no thread of Python would run."""
    options = getattr(sys.modules.get("uwsgi"), "opt", None)
    if options is not None and not any(_is_on(options.get(name)) for name in ("enable-threads", "threads")):
        raise ValueError("The Python Server SDK requires the 'enable-threads' or 'threads' option be passed to uWSGI.")


def _is_on(value: object) -> bool:
    """Tell whether an option is given: as True, or as text, which is bytes in some versions."""
    text = value.decode() if isinstance(value, bytes) else str(value or "")
    return text.lower() not in ("", "0", "false", "none")
