#!/usr/bin/env python3
"""A reader of what outputs for local use write, for the scenarios.

    reader.py pipe|stream|datagram PATH OUT [OPTION]...

Writes what it reads to OUT as it came, datagrams with a newline behind each,
and ends when the writer does; a reader of datagrams ends on TERM.  It says
"reading" when it can be written to.

    --octets N   read no more than that, then end (stream: and close)
    --hold       then stay and read nothing, instead of ending
    --chunk N    read so much at a time (65536)
    --pause S    rest so long after each read
    --count N    datagrams: end after so many
"""
import argparse
import os
import signal
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("kind", choices=("pipe", "stream", "datagram"))
parser.add_argument("path")
parser.add_argument("out")
parser.add_argument("--octets", type=int, default=-1)
parser.add_argument("--hold", action="store_true")
parser.add_argument("--chunk", type=int, default=65536)
parser.add_argument("--pause", type=float, default=0)
parser.add_argument("--count", type=int, default=-1)
a = parser.parse_args()
out = os.open(a.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def listen(kind):
    if os.path.exists(a.path):
        os.unlink(a.path)
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(a.path)
    return s


def end(*_):
    os._exit(0)


signal.signal(signal.SIGTERM, end)
if a.kind == "datagram":
    source = listen(socket.SOCK_DGRAM)
    print("reading", flush=True)
    n = 0
    while n != a.count:
        data = source.recv(1 << 20)
        assert b"\n" not in data, data
        os.write(out, data + b"\n")
        n += 1
        time.sleep(a.pause)
    end()

if a.kind == "pipe":
    print("reading", flush=True)
    fd = os.open(a.path, os.O_RDONLY)
else:
    listener = listen(socket.SOCK_STREAM)
    listener.listen(1)
    print("reading", flush=True)
    connection, _ = listener.accept()
    listener.close()
    fd = connection.fileno()
left = a.octets
while left != 0:
    data = os.read(fd, a.chunk if left < 0 else min(left, a.chunk))
    if not data:
        break
    os.write(out, data)
    if left > 0:
        left -= len(data)
    if a.pause:
        time.sleep(a.pause)
if a.hold:
    print("holding", flush=True)
    signal.pause()
