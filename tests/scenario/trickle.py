#!/usr/bin/env python3
"""Peers that never finish: trickle.py PATH CONNECTIONS OCTETS

All begin a stream over the unix socket and announce a frame one octet longer
than OCTETS.  Then each in turn sends a piece of it, and the next one, until they
have sent OCTETS, and stays.  Prints how many of them were closed, and ends with
its standard input.
"""
import select
import socket
import struct
import sys

PIECE = 16384
path, connections, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
kind = b"protobuf:dnstap.Dnstap"
field = struct.pack("!II", 1, len(kind)) + kind
start = struct.pack("!III", 0, 4 + len(field), 2) + field
start += struct.pack("!I", octets + 1)

peers = []
for _ in range(connections):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(20)
    s.sendall(start)
    peers.append(s)


def is_open(peer, piece):
    try:
        peer.sendall(piece)
        return True
    except OSError:
        peer.close()
        return False


sent = 0
while sent < octets:
    piece = bytes(min(PIECE, octets - sent))
    sent += len(piece)
    peers = [peer for peer in peers if is_open(peer, piece)]
# the daemon closes as it gets to them: look until nothing has happened for long
poll = select.poll()
by_fd = {peer.fileno(): peer for peer in peers}
for fd in by_fd:
    poll.register(fd, select.POLLIN)
while closed := poll.poll(3000):
    for fd, _ in closed:
        poll.unregister(fd)
        by_fd.pop(fd).close()
print("closed", connections - len(by_fd), flush=True)
sys.stdin.read()
