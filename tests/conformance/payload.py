"""dnstap payloads: as much protobuf as the tests need."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def marker(text):
    """A CLIENT_QUERY without a DNS message, the text as its identity."""
    identity, message = text.encode(), b"\x08\x05"
    return (b"\x0a" + varint(len(identity)) + identity +
            b"\x72" + varint(len(message)) + message + b"\x78\x01")


def read_varint(octets, pos):
    value = shift = 0
    while True:
        octet = octets[pos]
        value |= (octet & 127) << shift
        pos, shift = pos + 1, shift + 7
        if octet < 128:
            return value, pos


def fields(octets):
    """(number, wire type, content) of each field, which must be well formed."""
    pos = 0
    while pos < len(octets):
        tag, pos = read_varint(octets, pos)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, pos = read_varint(octets, pos)
        else:
            if wire == BYTES:
                length, pos = read_varint(octets, pos)
            else:
                length = {FIXED64: 8, FIXED32: 4}[wire]
            value, pos = octets[pos:pos + length], pos + length
        yield number, wire, value


def is_whole(payload):
    """Are the required fields there: type, message, and the message's type?
    Their values may be any: unknown enum values are kept (protocols.md)."""
    outer = list(fields(payload))
    inner = [f for n, w, v in outer if (n, w) == (14, BYTES)
             for f in fields(v)]
    return (any((n, w) == (15, VARINT) for n, w, _ in outer) and
            any((n, w) == (14, BYTES) for n, w, _ in outer) and
            any((n, w) == (1, VARINT) for n, w, _ in inner))
