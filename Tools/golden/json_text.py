"""JSON that a person can read in a diff: the outer levels indented, what lies deeper on one line."""

import json


def to_json(value: object, depth: int, indent: str = "") -> str:
    """The value as JSON, with one entry a line in its `depth` outer levels."""
    if depth == 0 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {to_json(part, depth - 1, inner)}" for key, part in value.items()]
        opening, closing = "{", "}"
    else:
        parts = [to_json(part, depth - 1, inner) for part in value]
        opening, closing = "[", "]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"
