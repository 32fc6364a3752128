"""The page at `/docs`: the OpenAPI document as HTML, without a script, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_CODE = re.compile(r"`([^`]+)`")
_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8882;
  --accent: light-dark(#0b57d0, #8ab4f8) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; border-radius: .4rem; overflow-x: auto }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: 0 .75rem }
summary { padding: .5rem 0; cursor: pointer }
summary b { color: var(--accent); display: inline-block; min-width: 4rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem }
td { border-bottom: 1px solid var(--line) }
h2 { margin-top: 2.5rem } h3, h4 { margin: 1rem 0 .3rem } a { color: var(--accent) }
"""

Object = Mapping[str, Any]


def page(document: Object) -> str:
    """The document as one self-contained page."""
    info = document["info"]
    body = "\n".join(_body(document))
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(info['title'])} API</title>\n<style>\n{_STYLE}</style>\n"
        f"<h1>{escape(info['title'])} API</h1>\n<p>{_words(info['description'])}</p>\n"
        f'<p>The same for machines: <a href="/openapi.json">openapi.json</a></p>\n{body}\n</html>\n'
    )


def _body(document: Object) -> Iterator[str]:
    for tag in document["tags"]:
        name = tag["name"]
        yield f'<h2 id="{escape(name)}">{escape(name)}</h2>\n<p>{_words(tag["description"])}</p>'
        for method, path, operation in _operations(document):
            if name in operation["tags"]:
                yield from _operation(method, path, operation)
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)


def _operations(document: Object) -> Iterator[tuple[str, str, Object]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def _operation(method: str, path: str, operation: Object) -> Iterator[str]:
    anchor = escape(operation["operationId"])
    yield (
        f'<details id="{anchor}"><summary><b>{method.upper()}</b> <code>{escape(path)}</code> '
        f"{_words(operation['summary'])}</summary>"
    )
    if parameters := operation["parameters"]:
        yield "<h4>Parameters</h4><table>"
        for each in parameters:
            kind = f"{each['in']}, {_kind(each['schema'])}"
            needed = ", required" if each["required"] else ""
            yield _row(each["name"], kind + needed, each.get("description", ""))
        yield "</table>"
    if "requestBody" in operation:
        yield "<h4>Body</h4>"
        yield from _content(operation["requestBody"]["content"])
    yield "<h4>Answers</h4>"
    for status, response in operation["responses"].items():
        yield f"<p><b>{status}</b> {_words(response['description'])}</p>"
        if int(status) < 300:
            yield from _content(response.get("content", {}))
    yield "</details>"


def _content(content: Object) -> Iterator[str]:
    for media, described in content.items():
        yield f"<p><code>{escape(media)}</code> {_kind(described['schema'])}</p>"
        if "example" in described:
            shown = json.dumps(described["example"], indent=2, ensure_ascii=False)
            yield f"<pre>{escape(shown)}</pre>"


def _schema(name: str, schema: Object) -> Iterator[str]:
    yield f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
    yield f"<p>{_words(schema.get('description', ''))}</p><table>"
    required = schema.get("required", ())
    for member, described in schema.get("properties", {}).items():
        needed = ", required" if member in required else ""
        yield _row(member, _kind(described) + needed, described.get("description", ""))
    yield "</table></details>"


def _row(name: str, kind: str, words: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{_words(words)}</td></tr>"


def _kind(schema: Object) -> str:
    """What a schema allows, in a few words, with links to what it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(escape(str(each)) for each in schema["enum"])
    if "const" in schema:
        return escape(str(schema["const"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = escape(str(schema.get("type", "anything")))
    return f"{kind} ({escape(schema['format'])})" if "format" in schema else kind


def _words(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
