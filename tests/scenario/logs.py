#!/usr/bin/env python3
"""A stand-in for the journal and for syslog, in a mount namespace of its own.

logs.py - prints what arrives at the sockets of both, a line each:
"journal FIELD=VALUE" and "syslog TEXT".  Ends by a signal.
"""
import os
import select
import socket

PATHS = {"journal": "/run/systemd/journal/socket", "syslog": "/dev/log"}


def main():
    sockets = {}
    for name, path in PATHS.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(path)
        sockets[s.fileno()] = (name, s)
    print("listening", flush=True)
    while True:
        for fd in select.select(list(sockets), [], [])[0]:
            name, s = sockets[fd]
            for line in s.recv(65536).decode().rstrip("\n\0").split("\n"):
                print(name, line, flush=True)


main()
