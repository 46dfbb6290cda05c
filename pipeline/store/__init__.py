"""The only package that opens project files: inputs, resources, cache, staging, publishing."""

from pipeline.store.cache import Cache
from pipeline.store.errors import InvariantError, LockHeld, OutputError, ResourceError
from pipeline.store.files import MANIFEST, PRIVATE, lock, prepare_output, write_atomic
from pipeline.store.hashes import key_of, sha256
from pipeline.store.inputs import (
    CLUTTER,
    MAX_INPUT_BYTES,
    Entry,
    extension,
    read_arrays,
    read_input,
    read_table,
    single,
    walk,
)
from pipeline.store.publishing import Stage, is_published, read_manifest, read_published, roll_forward
from pipeline.store.resources import code_fingerprint, resource_bytes, resource_text, write_resource

__all__ = [
    "CLUTTER",
    "MANIFEST",
    "MAX_INPUT_BYTES",
    "PRIVATE",
    "Cache",
    "Entry",
    "InvariantError",
    "LockHeld",
    "OutputError",
    "ResourceError",
    "Stage",
    "code_fingerprint",
    "extension",
    "is_published",
    "key_of",
    "lock",
    "prepare_output",
    "read_arrays",
    "read_input",
    "read_manifest",
    "read_published",
    "read_table",
    "resource_bytes",
    "resource_text",
    "roll_forward",
    "sha256",
    "single",
    "walk",
    "write_atomic",
    "write_resource",
]
