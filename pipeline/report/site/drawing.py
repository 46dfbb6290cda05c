"""Templates and data -> bytes of pages and scripts: the only place where text becomes markup."""

from __future__ import annotations

import json

from jinja2 import Environment, FunctionLoader, StrictUndefined

from pipeline import store

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
ASSETS = ("huabu.css", "huabu.js", "search.js")


def environment() -> Environment:
    """Every value is escaped; a name that is not given is an error."""
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: store.resource_text(f"templates/{name}")),
    )
    made.globals["csp"] = CSP
    return made


def script(call: str, value: object) -> bytes:
    """A script that hands a value to a function: pages opened from disk may not fetch.

    >>> script("f", "</script>\\u2028")
    b'f("\\\\u003c/script\\\\u003e\\\\u2028");\\n'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"{call}({text});\n".encode()


def assets() -> dict[str, bytes]:
    """Name below the site -> bytes of style and scripts, the same for every corpus."""
    return {f"assets/{name}": store.resource_text(f"site/{name}").encode() for name in ASSETS}
