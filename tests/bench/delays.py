#!/usr/bin/env python3
"""A collector that notes, for each event, how long after its frame was sent it
came: stamped frames only.  Keeps what it has noted when it is killed.

    delays.py PORT FILE            serve HEC on 127.0.0.1, append to FILE
    delays.py --report FILE...     print figures over all of them
"""
import http.server
import os
import re
import struct
import sys
import time

TIME = re.compile(rb'"time":([0-9.]+)')
OK = b'{"text":"Success","code":0}'
WELL = b'{"text":"HEC is healthy","code":17}'
RECORD = struct.Struct("dd")  # when it came, how late it was


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(WELL)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        now = time.time()
        notes = b"".join(
            RECORD.pack(now, now - float(t)) for t in TIME.findall(body))
        os.write(self.server.notes, notes)
        self.answer(OK)

    def log_message(self, *_):
        pass


def serve(port, path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.notes = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
    server.serve_forever()


def report(paths):
    notes = []
    for path in paths:
        with open(path, "rb") as f:
            notes += RECORD.iter_unpack(f.read())
    came = sorted(n[0] for n in notes)
    late = sorted(n[1] for n in notes)
    gap = max(b - a for a, b in zip(came, came[1:]))
    print("events %d events" % len(late))
    for q in (50, 99, 99.9):
        i = min(len(late) - 1, int(len(late) * q / 100))
        print("delay_p%g %.1f ms" % (q, late[i] * 1000))
    print("delay_max %.1f ms" % (late[-1] * 1000))
    print("longest_silence %.1f ms" % (gap * 1000))


if sys.argv[1] == "--report":
    report(sys.argv[2:])
else:
    serve(int(sys.argv[1]), sys.argv[2])
