"""Messages of the days that arrived, in order of project, device and date."""

import json
import math
import os
import re
import struct
import warnings

from .block import Refused, decode
from .day_file import blocks

NAME = re.compile(r"^(.+)-(\d{4}-\d{2}-\d{2})\.(json|sluice)$")


def messages(data, app_id=None, dev_id=None, first=None, last=None):
    """Each message, as a dictionary in the platform's format. `first` and `last` are dates of arrival."""
    for app in sorted(os.listdir(data)) if app_id is None else [app_id]:
        folder = os.path.join(data, app)
        if not os.path.isdir(folder):
            continue
        for name in sorted(os.listdir(folder)):
            match = NAME.match(name)
            if not match or (dev_id is not None and match[1] != dev_id):
                continue
            if (first is not None and match[2] < first) or (last is not None and match[2] > last):
                continue
            path = os.path.join(folder, name)
            yield from lines(path) if match[3] == "json" else expanded(path, app)


def rows(data, app_id=None, dev_id=None, first=None, last=None):
    """(time in ms, app_id, dev_id, field, value, tags) of each value; nested keys are joined with `_`."""
    for message in messages(data, app_id, dev_id, first, last):
        tags = {key: text(value) for key, value in leaves(message.get("tag_fields") or {})}
        for field, value in leaves(message["payload_fields"]):
            yield message["time"], message["app_id"], message["dev_id"], field, value, tags


def to_numpy(data, app_id=None, dev_id=None, first=None, last=None):
    """{field: (times in ms, values)}, by time. Where a field has values of several types they stay as they are."""
    import numpy

    columns = {}
    for time, _, _, field, value, _ in rows(data, app_id, dev_id, first, last):
        columns.setdefault(field, ([], []))[0].append(time)
        columns[field][1].append(value)
    result = {}
    for field, (times, values) in columns.items():
        at = numpy.array(times, dtype="int64")
        order = numpy.argsort(at, kind="stable")
        result[field] = at[order], numpy.array(values, dtype=None if same(values) else object)[order]
    return result


def same(values):
    """Whether all are numbers, or levels, or texts: numpy makes one type of all."""
    return len({float if type(value) is int else type(value) for value in values}) == 1


def to_pandas(data, app_id=None, dev_id=None, first=None, last=None):
    """A frame of the rows, `time` as UTC timestamps."""
    import pandas

    columns = ["time", "app_id", "dev_id", "field", "value", "tags"]
    frame = pandas.DataFrame(rows(data, app_id, dev_id, first, last), columns=columns)
    frame["time"] = pandas.to_datetime(frame["time"], unit="ms", utc=True)
    return frame


def lines(path):
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                message = json.loads(line)
                message["time"], message["payload_fields"]
            except (ValueError, KeyError, TypeError):
                warnings.warn("%s: line %d is no message" % (path, number))
                continue
            yield message


def expanded(path, app_id):
    for head, arrived, sequence, known, offset, data in blocks(path):
        boot = head["boot"]
        block = "%s/%d-%08x/%d/%d" % (head["part"], boot["counter"], boot["random"], head["stream"], sequence)
        try:
            decoded = decode(data)
        except Refused as refused:
            warnings.warn("%s: %s: %s" % (path, block, refused))
            continue
        yield from readings(head, app_id, arrived, block, known, offset, decoded)


def readings(head, app_id, arrived, block, known, offset, decoded):
    field, tags = field_of(head), tags_of(head, known)
    requested = decoded["requested"]
    unit = {"unit": head["range"]["unit"]} if "range" in head else {}
    for index, (at, value) in enumerate(zip(requested, decoded["values"])):
        name = {"block": block, "index": index}
        if not known:
            name["monotonic"] = at
        yield {
            "app_id": app_id,
            "dev_id": head["part"],
            "time": math.floor(at + offset if known else arrived - (requested[-1] - at)),
            "payload_fields": payload(field, plain(value, decoded["kind"]), head.get("range")),
            **unit,
            "tag_fields": tags,
            "sluice": name,
        }


def plain(value, kind):
    """Doubles from their 64 bits; what is no JSON number is None."""
    if kind == "double":
        return number(value)
    if isinstance(value, dict):
        return number(value["double"]) if list(value) == ["double"] and is_bits(value) else {
            key: plain(inner, "record") for key, inner in value.items()
        }
    if isinstance(value, list):
        return [plain(inner, "record") for inner in value]
    return value


def is_bits(value):
    return isinstance(value["double"], str) and re.fullmatch("[0-9a-f]{16}", value["double"]) is not None


def number(bits):
    value = struct.unpack("<d", struct.pack("<Q", int(bits, 16)))[0]
    return value if math.isfinite(value) else None


def payload(field, value, scale):
    """`scale` says what a count stands for."""
    if scale is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
        return {field: scale["min"] + value * scale["step"]}
    if not isinstance(value, (dict, list)):
        return {field: value}
    return {"%s_%s" % (field, key): inner for key, inner in leaves(value)}


def field_of(head):
    name = head["resource"].split("/", 1)[1]
    parameters = head["parameters"]
    detail = parameters.get("reader_name", parameters.get("pin_name", head["method"]))
    owner = "" if head["owner"] == "part" else head.get("remote", head["part"]) + ":"
    return "%s%s_%s" % (owner, name, detail)


def tags_of(head, known):
    tags = {"method": head["method"], "owner": head["owner"], "resource": head["resource"]}
    if head["tags"]:
        tags["tags"] = ",".join(head["tags"])
    others = {key: value for key, value in head["parameters"].items() if key not in ("reader_name", "pin_name")}
    if others:
        tags["parameters"] = json.dumps(others, separators=(",", ":"), ensure_ascii=False)
    if not known:
        tags["time"] = "unknown"
    return tags


def text(value):
    """A tag's value as the cloud has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return json.dumps(value)


def leaves(record):
    """(key, value) of each value; where two nested ones would have one key, the later has `.` for `_` in it."""
    found = [("_".join(path), ".".join(path), value) for path, value in paths(record, ())]
    if len({key for key, _, _ in found}) == len(found):
        return [(key, value) for key, _, value in found]
    taken = set(record) if isinstance(record, dict) else {str(index) for index in range(len(record))}
    result = []
    for key, dotted, value in found:
        if key != dotted:
            if key in taken:
                key = dotted
                while key in taken:
                    key += "."
            taken.add(key)
        result.append((key, value))
    return result


def paths(value, path):
    if value is None:
        return
    if not isinstance(value, (dict, list)):
        yield path, value
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from paths(inner, path + (str(key),))
