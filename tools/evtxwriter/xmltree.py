# SPDX-License-Identifier: Apache-2.0
"""The plain XML tree of an event (binxml.Elem without substitutions), written as JSON or as XML.

`to_json` follows `evtx_dump -o jsonl`:

  - attributes stand in "#attributes", text beside attributes or children in "#text";
  - an element with nothing in it is null, a Data element with nothing in it is "";
  - <Data Name="x"> below EventData or UserData becomes the member "x"; Data of one name in a row become a list;
  - Data without names become {"Data": {"#text": ...}}, a list when there are several;
  - a name that comes again gets the suffix _1, _2, ...;
  - integers and booleans are bare, everything else is a string.
"""
from xml.sax.saxutils import escape

from .binxml import CData, CharRef, Elem, EntityRef, Pi, Text, Value, is_bare, value_text

ENTITIES = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}


def node_text(node):
    if isinstance(node, (Text, CData)):
        return node.text
    if isinstance(node, Value):
        return value_text(node)
    if isinstance(node, CharRef):
        return f"&#{node.code};" if 0xD800 <= node.code <= 0xDFFF else chr(node.code)
    if isinstance(node, EntityRef):
        return ENTITIES.get(node.name, f"&{node.name};")
    return ""


def is_content(node):
    if isinstance(node, (Text, CData)):
        return bool(node.text)
    if isinstance(node, Value):
        return not node.is_empty
    return isinstance(node, (CharRef, EntityRef))


def content(nodes):
    """The text of an element or attribute: a bare number or boolean when that is all there is."""
    nodes = [node for node in nodes if is_content(node)]
    if len(nodes) == 1 and isinstance(nodes[0], Value) and is_bare(nodes[0]):
        value = nodes[0]
        return bool(value.data) if value_text(value) in ("true", "false") else int(value.data)
    return "".join(node_text(node) for node in nodes)


def attribute(element, name):
    for key, nodes in element.attrs:
        if key == name:
            return "".join(node_text(node) for node in nodes)
    return None


def to_json(root):
    return {root.name: element_value(root, False)}


def element_value(element, container, empty=None):
    texts = [node for node in element.children if not isinstance(node, Elem)]
    children = [node for node in element.children if isinstance(node, Elem)]
    has_text = any(is_content(node) for node in texts)
    attrs = {} if empty == "" else {name: content(nodes) for name, nodes in element.attrs
                                    if any(is_content(node) for node in nodes)}
    if not children and not attrs:
        return content(texts) if has_text else empty
    out = {}
    if attrs:
        out["#attributes"] = attrs
    if has_text:
        out["#text"] = content(texts)
    add_members(out, children, container)
    return out


def add_members(out, children, container):
    data = [child for child in children if container and child.name == "Data"]
    named = any(attribute(child, "Name") for child in data)
    seen, last = {}, None
    for child in children:
        if not (container and child.name == "Data"):
            add_numbered(out, seen, child.name, element_value(child, child.name in ("EventData", "UserData")))
            last = None
        elif named:
            name = attribute(child, "Name")
            if name:
                last = add_named(out, seen, name, element_value(child, False, ""), last)
        elif "Data" not in out:
            values = [element_value(item, False, "") for item in data]
            out["Data"] = {"#text": values[0] if len(values) == 1 else values}


def add_numbered(out, seen, name, value):
    number = seen.get(("element", name), 0)
    seen["element", name] = number + 1
    out[f"{name}_{number}" if number else name] = value


def add_named(out, seen, name, value, last):
    """Adds a named Data; one that has the name of the one before it joins it in a list."""
    if last and last[0] == name:
        key = last[1]
        out[key] = (out[key] if last[2] > 1 else [out[key]]) + [value]
        return name, key, last[2] + 1
    number = seen.get(("data", name), 0)
    seen["data", name] = number + 1
    key = f"{name}_{number}" if number else name
    out[key] = value
    return name, key, 1


# ---------------------------------------------------------------- XML

def xml_text(nodes, in_attribute=False):
    quotes = {'"': "&quot;", "'": "&apos;"} if in_attribute else {}
    out = []
    for node in nodes:
        if isinstance(node, CharRef):
            out.append(f"&#{node.code};")
        elif isinstance(node, EntityRef):
            out.append(f"&{node.name};")
        elif isinstance(node, CData):
            out.append(f"<![CDATA[{node.text}]]>")
        elif isinstance(node, Pi):
            out.append(f"<?{node.target} {node.data}?>")
        else:
            out.append(escape(clean(node_text(node)), quotes))
    return "".join(out)


def clean(text):
    """XML has no way to write most control characters; Windows puts an underscore."""
    return "".join("_" if (char < " " and char not in "\t\r\n") or char in "\ufffe\uffff" else char for char in text)

