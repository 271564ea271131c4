"""Decodes a Sluice block, written from modules/block/SPEC.md alone.

usage: python3 block_decoder.py FILE...      prints one JSON line a block; doubles as their 64 bits in hexadecimal
"""

import json
import struct
import sys
from fractions import Fraction
from math import ceil


class Refused(Exception):
    pass


def wrap(x):
    return (x + 2**31) % 2**32 - 2**31


def unzigzag(u):
    return u // 2 if u % 2 == 0 else -(u + 1) // 2


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Bits:
    def __init__(self, data, start, end, version=1):
        self.version = version
        self.value = int.from_bytes(data, "little") >> start
        self.left = end - start

    def take(self, count):
        if count > self.left:
            raise Refused("the bits end")
        result = self.value & ((1 << count) - 1)
        self.value >>= count
        self.left -= count
        return result

    def zeros(self, most):
        count = 0
        while count < most:
            if self.take(1):
                return count
            count += 1
        return count

    def number(self):
        length = self.take(6 if self.take(1) else 3)
        if length > 53:
            raise Refused("number")
        return 0 if length == 0 else 1 << (length - 1) | self.take(length - 1)

    def gamma(self):
        length = self.zeros(53)
        if length > 52:
            raise Refused("gamma")
        return (1 << length) + self.take(length) - 1

    def rice(self, k):
        """The integer, and whether its quotient took the long form."""
        low = self.take(k)
        quotient = self.zeros(12)
        long = quotient == 12
        if long:
            quotient = self.take(self.take(5) + 1)
        if quotient << k | low > 0xFFFFFFFF:
            raise Refused("rice")
        return quotient << k | low, long


def decode(block):
    if len(block) < 16 or len(block) % 4 or len(block) > 65532:
        raise Refused("length")
    if crc32c(block[4:-4] + block[:4]) != int.from_bytes(block[-4:], "little"):
        raise Refused("check")
    slips_end = 8 * len(block) - 32
    bits = Bits(block, 0, slips_end)
    version, kind, slipped, count = bits.take(4), bits.take(2), bits.take(1), bits.take(15)
    if version not in (1, 2) or count == 0:
        raise Refused("beginning")
    bits.version = version
    slips_at = slips_end
    if slipped:
        slips_end -= 5
        slips_at -= 32 * (Bits(block, slips_end, slips_end + 5).take(5) + 1)
        if slips_at < 64:
            raise Refused("slips")
        bits.left = slips_at - 22
    result = {
        "kind": ["integer", "boolean", "double", "record"][kind],
        "stream": bits.number(),
        "boot": [bits.number(), bits.take(32)],
        "sequence": bits.number(),
    }
    base, numerator = bits.number(), bits.number()
    denominator = bits.number() + 1
    if numerator < 1:
        raise Refused("period")
    result["requested"], result["received"] = times(
        Bits(block, slips_at, slips_end), count, base, numerator, denominator
    )
    result["values"] = [integers, booleans, doubles, records][kind](bits, count)
    return result


def times(bits, count, base, numerator, denominator):
    missed, late, duration = [0] * count, [0] * count, [0] * count
    end, g, last_late, last_duration = 0, 4, 0, 0
    while bits.left and bits.take(1):
        high = bits.gamma()
        gap = high << g | bits.take(g)
        skipped = bits.gamma()
        last_late += unzigzag(bits.gamma())
        last_duration += unzigzag(bits.gamma())
        run = bits.gamma() + 1
        start = end + gap
        end = start + run
        if end > count:
            raise Refused("slips")
        missed[start] = skipped
        for i in range(start, end):
            late[i], duration[i] = last_late, last_duration
        g = max(gap.bit_length() - 1, 0)
    requested, received, tick = [], [], 0
    for i in range(count):
        tick += missed[i] + (i > 0)
        requested.append(ceil(Fraction(base + tick * numerator, denominator)) + late[i])
        received.append(requested[-1] + duration[i])
    return requested, received


def pair(bits):
    """One residual that is not 0, or a 0 and the next."""
    if bits.take(1):
        return [0, 0]
    if bits.take(1):
        return [1 + bits.take(1)]
    if not bits.take(1):
        return [0, 1]
    if not bits.take(1):
        return [0, 2]
    zeros = [0] * bits.take(1)
    return zeros + [(bits.rice(0)[0] + 3) % 2**32]


def integers(bits, count):
    step, offset, predictor = 1, 0, bits.take(2)
    if predictor == 3:
        step, offset, predictor = bits.number(), bits.number(), bits.take(2)
    if step > 0xFFFF or offset > 0xFFFF:
        raise Refused("scale")
    k = bits.take(5)
    first = unzigzag(bits.number())
    if predictor == 3 or k > 19:
        raise Refused("predictor")
    gain = brake = threshold = shift = 0
    weights = [0] * 8
    if predictor == 1:
        gain = bits.take(4)
        if gain:
            brake, threshold = bits.take(4), bits.number()
    else:
        shift = bits.take(4 if predictor == 2 else 3)
    pace = 4 if predictor == 0 and shift > 3 else 3
    if predictor == 2 and bits.take(1):
        sign = 1 << (shift + 2)
        weights = [(bits.take(shift + 3) ^ sign) - sign for _ in range(8)]
    half = (1 << shift) // 2
    previous, level = first, (first << shift) + half
    differences = [0] * 8
    mean = 0 if k == 0 else 3 << k + pace - 1
    quiet = 64 if k == 0 else 0
    pairs_below = 0 if predictor == 2 else 5 << pace - 2
    owed, values = [], []
    while len(values) < count:
        if quiet >= 64 and not owed:
            quiet = 0
            if bits.take(1):
                if predictor == 0:
                    previous = wrap(level) >> shift
                while True:
                    run, _ = bits.rice(4)
                    values += [previous] * run
                    if len(values) > count:
                        raise Refused("run")
                    if len(values) == count:
                        break
                    previous = wrap(previous + unzigzag((bits.rice(0)[0] + 1) % 2**32))
                    values.append(previous)
                    if len(values) == count or run < 8:
                        break
                if len(values) == count:
                    break
                level = (previous << shift) + half
                differences = [0] * 8
                mean, k = 1 << pace, 0
        if mean < pairs_below:
            owed = owed or pair(bits)
            u = owed.pop(0)
            mean += min(u, 16) - (mean >> pace)
        else:
            u, long = bits.rice(k)
            mean += (16 << k if long else u) - (mean >> pace)
        e = unzigzag(u)
        k = min((mean >> pace + 1).bit_length(), 19)
        if mean < 1 << pace:
            quiet += 1
        if predictor == 0:
            value = wrap((wrap(level) >> shift) + e)
            level += e
        else:
            if predictor == 1:
                moving = abs(differences[0]) > threshold
                ahead = wrap(differences[0] * gain - differences[1] * brake) >> 3
                value = wrap(previous + e + (ahead if moving else 0))
            else:
                total = half + sum(w * d for w, d in zip(weights, differences))
                value = wrap(previous + (wrap(total) >> shift) + e)
                if u:
                    direction = -1 if u % 2 else 1
                    weights = [
                        w + direction * ((d > 0) - (d < 0)) for w, d in zip(weights, differences)
                    ]
            differences = [value - previous] + differences[:7]
            previous = value
        values.append(value)
    return [wrap(value * step + offset) for value in values]


def booleans(bits, count):
    level, mean, values = bits.take(1) == 1, 0, []
    while len(values) < count:
        k = 0
        while k < 15 and mean > 16 << k:
            k += 1
        rest, _ = bits.rice(k)
        mean += rest - mean // 8
        values += [level] * (rest + 1)
        level = not level
    if len(values) > count:
        raise Refused("run")
    return values


class Double:
    def __init__(self):
        self.x = self.m = 0
        self.step = 1
        self.mean = 12
        self.in_bits = False
        self.last = self.leading = 0
        self.length = 64

    def next(self, bits):
        """The 64 bits of the next double."""
        return self.from_bits(bits) if self.in_bits else self.from_decimal(bits)

    def decimal(self):
        integer = self.m * self.step
        if abs(integer) > 2**51:
            raise Refused("decimal")
        return struct.unpack("<Q", struct.pack("<d", integer / 10**self.x if integer else 0.0))[0]

    def restart(self, bits):
        self.x = bits.take(4)
        order = bits.take(6)
        self.step = 1
        if order == 63 and bits.version == 2:
            self.step, order = bits.number(), bits.take(6)
        self.mean = 12 << min(order, 48)
        self.m = unzigzag(bits.number())
        return self.decimal()

    def difference(self, bits, zeros):
        k = 0
        while self.mean > 16 << k:
            k += 1
        if zeros == 7:
            raise Refused("special")
        quotient = zeros if zeros < 7 else zeros - 1
        if zeros == 16:
            quotient = bits.number()
        u = (quotient << k) + bits.take(k)
        self.m += unzigzag(u)
        self.mean += min(u, 2**49) - self.mean // 8
        return self.decimal()

    def from_decimal(self, bits):
        zeros = bits.zeros(16)
        if zeros != 7:
            return self.difference(bits, zeros)
        special = bits.take(2)
        if special == 1:
            c = bits.take(4)
            pattern = self.difference(bits, bits.zeros(16))
            return pattern + (c - 8 if c < 8 else c - 7)
        if special == 2:
            return self.restart(bits)
        pattern = bits.take(64)
        if special == 3:
            self.in_bits, self.last, self.leading, self.length = True, pattern, 0, 64
        return pattern

    def from_bits(self, bits):
        code = bits.take(2)
        if code == 3:
            self.in_bits = False
            return self.restart(bits)
        if code == 2:
            self.leading, self.length = bits.take(5), bits.take(6) + 1
            if self.leading + self.length > 64:
                raise Refused("window")
        if code != 0:
            self.last ^= bits.take(self.length) << (64 - self.leading - self.length)
        return self.last


def doubles(bits, count):
    double = Double()
    return ["%016x" % double.next(bits) for _ in range(count)]


def text(bits):
    length = bits.number()
    if 8 * length > bits.left:
        raise Refused("text")
    return bytes(bits.take(8) for _ in range(length)).decode("utf-8", "replace")


class Shape:
    def __init__(self, bits, depth=0):
        self.type, self.size = bits.take(3), 1
        if self.type > 5 or depth > 8:
            raise Refused("shape")
        self.double, self.text, self.keys, self.children = Double(), "", [], []
        if self.type >= 4:
            for _ in range(bits.take(8)):
                if self.type == 4:
                    self.keys.append(text(bits))
                self.children.append(Shape(bits, depth + 1))
                self.size += self.children[-1].size
        if self.size > 255:
            raise Refused("shape")

    def read(self, bits):
        if self.type == 0:
            return {"double": "%016x" % self.double.next(bits)}
        if self.type == 1:
            return bits.take(1) == 1
        if self.type == 2:
            if not bits.take(1):
                self.text = text(bits)
            return self.text
        if self.type == 3:
            return None
        values = [child.read(bits) for child in self.children]
        return values if self.type == 5 else dict(zip(self.keys, values))


def records(bits, count):
    shapes, current, values, left = [], 0, [], 2**20
    for i in range(count):
        if i == 0 or not bits.take(1):
            current = bits.take(4) if i else 0
            if current > len(shapes) or current >= 15:
                raise Refused("shape")
            if current == len(shapes):
                shapes.append(Shape(bits))
        left -= shapes[current].size
        if left < 0:
            raise Refused("size")
        values.append(shapes[current].read(bits))
    return values


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            data = file.read()
        try:
            print(json.dumps(decode(data)))
        except Refused as refused:
            print(json.dumps({"refused": str(refused)}))
