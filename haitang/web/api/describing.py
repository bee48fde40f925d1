"""The OpenAPI description as the page shows it: operations by tag, fields in rows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
TAGS = {
    "root": "入口",
    "me": "我与令牌",
    "stores": "门店",
    "campaigns": "活动与增加值",
    "settlements": "月度结算",
    "policy": "制度",
    "imports": "销售导入",
}
_TYPES = {
    "string": "文本",
    "integer": "整数",
    "number": "数",
    "boolean": "是或否",
    "object": "对象",
    "array": "列表",
}
_FORMATS = {"date": "日期", "date-time": "时刻", "uri": "地址", "binary": "文件"}


@dataclass(frozen=True)
class Field:
    """A parameter or a field, however deep: its name is the way to it."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    media: str
    errors: list[tuple[str, str]]
    opens: bool


def described(schema: Schema) -> dict[str, Any]:
    """Title, introduction and the operations by tag, in the order of ``TAGS``."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_operation(schema, path, method, operation))
    order = [*TAGS, *sorted(set(groups) - set(TAGS))]
    return {
        "title": schema["info"]["title"],
        "intro": schema["info"].get("description", ""),
        "groups": [(tag, TAGS.get(tag, tag), groups[tag]) for tag in order if groups.get(tag)],
    }


def _operation(schema: Schema, path: str, method: str, operation: Schema) -> Operation:
    answers = operation["responses"]
    status = next(code for code in answers if code.startswith("2"))
    nothing: tuple[str, Schema] = ("", {})
    media, content = next(iter(answers[status].get("content", {}).items()), nothing)
    sent = next(iter(operation.get("requestBody", {}).get("content", {}).values()), nothing[1])
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        text=operation.get("description", ""),
        parameters=[_parameter(each) for each in operation.get("parameters", [])],
        body=list(_fields(schema, sent.get("schema", {}))),
        answer=list(_fields(schema, content.get("schema", {}))),
        status=status,
        media=media,
        errors=[(code, each["description"]) for code, each in answers.items() if code >= "4"],
        opens=method == "get" and "{" not in path,
    )


def _parameter(parameter: Schema) -> Field:
    shape = parameter["schema"]
    where = "（地址里）" if parameter["in"] == "path" else ""
    return Field(
        name=parameter["name"],
        kind=_kind(shape) + where,
        required=parameter.get("required", False),
        text=parameter.get("description", "") or shape.get("description", ""),
    )


def _fields(schema: Schema, shape: Schema, prefix: str = "") -> Iterator[Field]:
    """The fields of a shape, those of inner objects and of the rows of lists included."""
    shape = _resolved(schema, shape)
    if shape.get("type") == "array":
        yield from _fields(schema, shape["items"], f"{prefix}[]")
        return
    required = shape.get("required", [])
    for name, inner in shape.get("properties", {}).items():
        whole = _resolved(schema, inner)
        path = f"{prefix}.{name}" if prefix else name
        yield Field(path, _kind(whole), name in required, _first_line(inner.get("description", "")))
        yield from _fields(schema, whole, path)


def _resolved(schema: Schema, shape: Schema) -> Schema:
    """The shape with references followed; of several, the one that is not null."""
    for key in ("allOf", "oneOf"):
        if key in shape:
            inner = next((each for each in shape[key] if "$ref" in each), shape[key][0])
            rest = {name: value for name, value in shape.items() if name != key}
            return {**_resolved(schema, inner), **rest}
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return _resolved(schema, schema["components"]["schemas"][name])
    return shape


def _kind(shape: Schema) -> str:
    if "enum" in shape:
        return "、".join(str(each) for each in shape["enum"] if each not in (None, ""))
    kind = _FORMATS.get(shape.get("format", "")) or _TYPES.get(shape.get("type", ""), "任意")
    return f"{kind}，可为 null" if shape.get("nullable") else kind


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
