#!/usr/bin/env python3
"""Peers that never finish: trickle.py PATH CONNECTIONS OCTETS

Each begins a stream over the unix socket, announces a frame one octet longer
than OCTETS, sends OCTETS of it, and stays.  Prints how many of them were closed,
and ends with its standard input.
"""
import socket
import struct
import sys

path, connections, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
kind = b"protobuf:dnstap.Dnstap"
field = struct.pack("!II", 1, len(kind)) + kind
start = struct.pack("!III", 0, 4 + len(field), 2) + field
half = start + struct.pack("!I", octets + 1) + bytes(octets)

peers = []
closed = 0
for _ in range(connections):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(20)
    try:
        s.sendall(half)
        peers.append(s)
    except OSError:
        closed += 1
# an answer takes its time: the last ones are seen to be open or closed later
for s in peers:
    s.settimeout(0.001 if s is not peers[-1] else 1)
    try:
        closed += s.recv(1) == b""
    except TimeoutError:
        pass
    except OSError:
        closed += 1
print("closed", closed, flush=True)
sys.stdin.read()
