#!/usr/bin/env python3
"""A collector that takes no event of type PTR, as Splunk does with an event it
finds invalid: it keeps those before, refuses the request with code 6 and the
number of the bad one, and reads nothing behind it.

Prints its address, and on TERM how many events it took and how many of those
more than once.
"""
import gzip
import http.server
import json
import signal
import sys

taken = []


def events(body):
    decoder = json.JSONDecoder()
    at = 0
    while at < len(body):
        event, at = decoder.raw_decode(body, at)
        yield event
        while at < len(body) and body[at].isspace():
            at += 1


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        status, reply = 200, {"text": "Success", "code": 0}
        for number, event in enumerate(events(body.decode())):
            if event["event"]["dns"]["qtype"] == "PTR":
                status = 400
                reply = {"text": "Invalid data format", "code": 6,
                         "invalid-event-number": number}
                break
            taken.append(json.dumps(event))
        answer = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


def end(*_):
    print(f"collected events={len(taken)} twice={len(taken) - len(set(taken))}",
          flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
