#!/usr/bin/env python3
"""Which numbered events (tapferry-load send --number) are in what was read.

    lines.py [--syslog | --counted] FILE...

Every line must be an event, but for half a one at the end of a file; with
--syslog an RFC 5424 message around it, with --counted a length before it and
no newline (RFC 6587).  Prints "events=N distinct=N halves=N".
"""
import json
import re
import sys

# RFC 5424, 6, with structured data that is nil, and no BOM
SYSLOG = re.compile(
    rb"<(0|[1-9]\d?|1[0-8]\d|19[01])>1 "
    rb"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T"
    rb"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d) "
    rb"(-|[!-~]{1,255}) (-|[!-~]{1,48}) (-|[!-~]{1,128}) ([!-~]{1,32}) "
    rb"-( (.*))?",
    re.S,
)
NUMBER = re.compile(r"run=(\w+) n=(\w+) of=")


def cut_counted(data):
    events, at = [], 0
    while at < len(data):
        m = re.compile(rb"([1-9]\d*) ").match(data, at)
        if not m or m.end() + int(m[1]) > len(data):
            return events, data[at:]
        at = m.end() + int(m[1])
        events.append(data[m.end() : at])
    return events, b""


def cut_lines(data):
    *events, rest = data.split(b"\n")
    return events, rest


def read(event):
    if mode == "--syslog":
        m = SYSLOG.fullmatch(event)
        assert m, event
        event = m[12]
        value = json.loads(event)
        assert m[10].decode() == value["dnstap"]["operation"], m[10]
    else:
        value = json.loads(event)
    m = NUMBER.match(value["dnstap"]["extra"])
    return m[1], m[2]


args = sys.argv[1:]
mode = args.pop(0) if args[0].startswith("--") else ""
seen, events, halves = set(), 0, 0
for name in args:
    with open(name, "rb") as f:
        found, rest = (cut_counted if mode == "--counted" else cut_lines)(f.read())
    for event in found:
        seen.add(read(event))
    events += len(found)
    halves += rest != b""
print(f"events={events} distinct={len(seen)} halves={halves}")
