"""Notation: what a text stands for, whoever wrote it.

One function a notation.  Everything turns into octets, so that escapes
(\\DDD or \\X), quotes, case of names, trailing dots and white space cannot
make two equal things look different -- nor two different ones equal.
"""

import re
from functools import lru_cache

ESCAPE = re.compile(rb"\\([0-9]{3})|\\(.)", re.S)
LABEL = re.compile(rb"((?:\\[0-9]{3}|\\.|[^.\\])*)(\.|$)", re.S)
# A quoted string; or a word, in which SVCB may quote a value: key="a b".
TOKEN = re.compile(rb'\s*(?:"((?:\\.|[^"\\])*)"'
                   rb'|((?:="(?:\\.|[^"\\])*"|\\.|[^\s"\\])+))', re.S)


def to_bytes(text):
    return text.encode("utf-8", "surrogateescape")


def unescape(raw):
    """RFC 1035, 5.1: \\DDD is an octet, \\X is X."""
    if b"\\" not in raw:
        return raw
    return ESCAPE.sub(
        lambda m: bytes([int(m[1])]) if m[1] else m[2], raw)


@lru_cache(maxsize=None)
def name_octets(text):
    """A name in presentation format as wire octets.

    Case: lowered (names compare without case, and the schema lowers them).
    Trailing dot: all names here are absolute, with or without it.
    """
    raw = to_bytes(text)
    if raw in (b".", b""):
        return b"\0"
    out, pos = b"", 0
    while pos < len(raw):
        m = LABEL.match(raw, pos)
        label = unescape(m[1])
        if not 1 <= len(label) <= 63 or m.end() == pos:
            raise ValueError("no name: %r" % text)
        out += bytes([len(label)]) + label
        pos = m.end()
    return (out + b"\0").lower()


def tokens(raw):
    """White space between tokens is notation; quotes are kept as a flag."""
    out, pos = [], 0
    raw = raw.rstrip()
    while pos < len(raw):
        m = TOKEN.match(raw, pos)
        if not m:
            raise ValueError("cannot read %r" % raw[pos:pos + 40])
        out.append(m[1] if m[1] is not None else m[2])
        pos = m.end()
    return out
