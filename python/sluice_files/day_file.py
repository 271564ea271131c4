"""A day's file of blocks (cloud/stores/raw-files/SPEC.md): whose each block is, when it arrived, and its bytes."""

import json
import struct
import warnings
import zlib

HEAD, MARK = b"SLUICE-1", b"SLUICE-@"
LONGEST = 65536


def section(data, at):
    """(kind, content, end) of the section at `at`; None where nothing whole begins."""
    magic = data[at : at + 8]
    if magic == HEAD and at + 12 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        end = at + 12 + length
        if length <= LONGEST and good(data, at, end):
            return "head", json.loads(data[at + 12 : end]), end + 4
    elif magic == MARK:
        if good(data, at, at + 20):
            return "mark", struct.unpack_from("<Id", data, at + 8), at + 24
    elif at + 21 <= len(data):
        length, sequence, readings, flags, offset = struct.unpack_from("<IIIBd", data, at)
        end = at + 21 + length
        if length <= LONGEST and good(data, at, end):
            return "record", (sequence, flags == 0, offset, data[at + 21 : end]), end + 4
    return None


def good(data, at, end):
    return end + 4 <= len(data) and struct.unpack_from("<I", data, end)[0] == zlib.crc32(data[at:end])


def blocks(path):
    """(head, arrived, sequence, known, offset, block) of each block; what is damaged is passed with a warning."""
    with open(path, "rb") as file:
        data = file.read()
    heads, current, at = {}, None, 0
    while at < len(data):
        found = section(data, at)
        if found is None:
            warnings.warn("%s: damaged at byte %d" % (path, at))
            at, current = data.find(b"SLUICE-", at + 1), None
            if at < 0:
                return
            continue
        kind, content, end = found
        if kind == "head":
            heads[struct.unpack_from("<I", data, end - 4)[0]] = content
        elif kind == "mark":
            check, arrived = content
            current = (heads[check], arrived) if check in heads else None
        elif current is None:
            warnings.warn("%s: a block of nobody known at byte %d" % (path, at))
        else:
            yield current + content
        at = end
