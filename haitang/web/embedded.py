"""Worker and beat inside the web process, for the embedded mode."""


def start_when_embedded() -> None:
    """Start worker and beat threads when no broker is configured."""
