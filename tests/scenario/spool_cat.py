#!/usr/bin/env python3
"""The events in the files of a spool, one a line: spool_cat.py FOLDER

Reads the format as src/spool/pack.h describes it, and not with tapferry's code.
A damaged file ends it with an error.
"""
import gzip
import os
import struct
import sys
import zlib


def events(name):
    with open(name, "rb") as f:
        data = f.read()
    magic, version, packed, identity_len, n, _, _, plain, stored, crc, head = \
        struct.unpack_from("<8sHBBIQQIIII", data)
    header = 48 + identity_len
    assert magic == b"TAPSPOOL" and version == 1, name
    assert zlib.crc32(data[:44] + data[48:header]) == head, name
    assert zlib.crc32(data[header:]) == crc, name
    assert len(data) == header + 4 * n + stored, name
    lengths = struct.unpack_from("<%dI" % n, data, header)
    text = data[header + 4 * n:]
    if packed:
        text = gzip.decompress(text)
    assert len(text) == plain == sum(lengths), name
    at = 0
    for length in lengths:
        yield text[at:at + length]
        at += length


for entry in sorted(os.listdir(sys.argv[1])):
    if entry.endswith(".batch"):
        for event in events(os.path.join(sys.argv[1], entry)):
            sys.stdout.buffer.write(event)
