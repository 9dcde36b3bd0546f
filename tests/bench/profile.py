#!/usr/bin/env python3
"""Where a running daemon's time goes, by stage: from what perf has recorded.

    profile.py PERF-DATA BUILD-FOLDER

Each sample belongs to the room (src/ROOM/FILE.c) whose function it was in, or to
the library, or to the kernel; from that and its thread follows the stage:

    read      a worker in the kernel: reading from sockets, waiting
    cut       intake/ and Frame Streams: cutting frames, handing them on
    decode    dnstap and DNS into structs
    encode    JSON, the batch, and the text of record data (libknot, libc)
    compress  libdeflate
    post      senders otherwise: libcurl, the kernel's sending
    other     all other threads

Prints "STAGE SHARE", shares of all samples, and then "# SHARE FUNCTION" of the
twenty functions with the most.
"""
import collections
import os
import re
import subprocess
import sys

DECODE = {"event/event", "wire/dnstap", "wire/protobuf", "wire/dns",
          "wire/dns_name", "wire/dns_option", "wire/dns_rdata"}
STAGES = ["read", "cut", "decode", "encode", "compress", "post", "other"]
LINE = re.compile(r"^\s*(.*?)\s+([0-9a-f]+) (.*) \((.*)\)$")


def rooms(build):
    """Of each function in the archive its room/file; local ones too."""
    sources = {}
    names = os.path.join(build, "src")
    for folder, _, files in os.walk(names):
        for f in files:
            if f.startswith("libtapferry_a-") and f.endswith(".o"):
                sources[f] = os.path.basename(folder)
    found = {}
    text = subprocess.run(
        ["nm", "-A", os.path.join(names, "libtapferry.a")],
        capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        m = re.match(r".*:(libtapferry_a-(\w+)\.o):[0-9a-f]* [tT] (\S+)$", line)
        if m:
            found[m[3]] = sources.get(m[1], "?") + "/" + m[2]
    return found


def stage(thread, symbol, dso, where):
    name = symbol.split(".")[0]  # without .isra.0 and its like
    kernel = "kernel" in dso or dso.startswith("[")
    if "libdeflate" in dso:
        return "compress"
    if thread.startswith("sender") or thread.startswith("writer"):
        return "post"
    if not thread.startswith("worker"):
        return "other"
    if kernel:
        return "read"
    room = where.get(symbol, where.get(name, ""))
    if room in DECODE:
        return "decode"
    if room.startswith(("intake/", "wire/frame", "wire/handshake", "sync/")):
        return "cut"
    # libknot and libc are called to write text
    return "encode"


def main():
    data, build = sys.argv[1:]
    where = rooms(build)
    script = subprocess.run(
        ["perf", "script", "-i", data, "-F", "comm,ip,sym,dso"],
        capture_output=True, text=True, check=True).stdout
    stages = collections.Counter()
    functions = collections.Counter()
    for line in script.splitlines():
        m = LINE.match(line)
        if not m:
            continue
        thread, _, symbol, dso = m.groups()
        stages[stage(thread, symbol, dso, where)] += 1
        at = where.get(symbol, os.path.basename(dso))
        functions["%s (%s)" % (symbol, at)] += 1
    total = sum(stages.values())
    if total == 0:
        sys.exit("profile: no sample")
    for s in STAGES:
        print("%s %.5f" % (s, stages[s] / total))
    for f, n in functions.most_common(20):
        print("# %.1f %% %s" % (100 * n / total, f))


main()
