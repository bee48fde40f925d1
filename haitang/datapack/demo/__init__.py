"""The demonstration pack: an invented chain of twelve stores, the same for the same seed."""

from haitang.datapack.demo.pack import (
    DEMO_LAST_MONTH,
    DEMO_SEED,
    pack_digest,
    write_demo_pack,
)

__all__ = ["DEMO_LAST_MONTH", "DEMO_SEED", "pack_digest", "write_demo_pack"]
