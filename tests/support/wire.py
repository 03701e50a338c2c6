"""Protobuf's wire format in a few lines: for messages newer than the installed stubs, and for broken ones."""


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, data: bytes) -> bytes:
    """A bytes, string or message field."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def _read_varint(data: bytes, at: int) -> tuple:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def decode(data: bytes) -> list:
    """[(field, value)] of a message, values as int or bytes; raises on anything malformed."""
    fields, at = [], 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        if tag & 7 == 0:
            value, at = _read_varint(data, at)
        elif tag & 7 == 2:
            length, at = _read_varint(data, at)
            if at + length > len(data):
                raise ValueError("a field runs past the end of its message")
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"wire type {tag & 7} is not used by this API")
        fields.append((tag >> 3, value))
    return fields


def signed(value: int) -> int:
    """An int64 as protobuf means it."""
    return value - (1 << 64) if value >> 63 else value
