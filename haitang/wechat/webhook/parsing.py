"""WeChat's XML as a flat mapping. Pure."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from haitang.wechat.webhook.errors import Malformed

ROOT = "xml"
MAX_DEPTH = 8
_NO_XML = "消息内容不是微信的 XML 格式，没有接收。"
_WITH_ENTITIES = "消息的 XML 里有文档类型或实体声明，微信不会这样发送，没有接收。"


def leaves(xml: bytes) -> dict[str, str]:
    """Every leaf below the root ``xml``: its path, joined with dots, and its text.

    Further elements of the same name are numbered: ``item.Id``, ``item[2].Id``. Raises Malformed
    for anything that is no such document, and for every document type, so that there are no
    entities to expand.
    """
    found: dict[str, str] = {}
    open_paths: list[str] = []
    siblings: list[dict[str, int]] = []
    text: list[str] = []
    is_leaf = False

    def start(name: str, attributes: object) -> None:
        nonlocal is_leaf
        depth = len(open_paths)
        if depth == 0:
            if name != ROOT:
                raise Malformed(_NO_XML)
            path = ""
        elif depth > MAX_DEPTH:
            raise Malformed(_NO_XML)
        else:
            counts = siblings[-1]
            count = counts[name] = counts.get(name, 0) + 1
            path = name if depth == 1 else f"{open_paths[-1]}.{name}"
            if count > 1:
                path = f"{path}[{count}]"
        open_paths.append(path)
        siblings.append({})
        text.clear()
        is_leaf = True

    def end(name: str) -> None:
        nonlocal is_leaf
        siblings.pop()
        path = open_paths.pop()
        if is_leaf and open_paths:
            found[path] = "".join(text)
        is_leaf = False

    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        parser.Parse(xml, True)
    except ExpatError as error:
        raise Malformed(_NO_XML) from error
    return found


def _refuse_document_type(*_: object) -> None:
    raise Malformed(_WITH_ENTITIES)
