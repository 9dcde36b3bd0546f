#!/usr/bin/env python3
"""A collector that is particular about connections and about who comes.

    vault.py [--idle SECONDS] [--authorization TEXT] [--header NAME=VALUE]
             [--cert NAME --client-ca NAME]

Closes what was idle for so long, answers 401 without that Authorization and
400 without that header, and over TLS wants a client certificate.  Prints its
address, and on TERM how many events it took, how many of those more than once,
how many connections it had, and what the client certificates were for.
"""
import argparse
import http.server
import json
import signal
import ssl
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--idle", type=float)
parser.add_argument("--authorization")
parser.add_argument("--header")
parser.add_argument("--cert")
parser.add_argument("--client-ca")
options = parser.parse_args()

lock = threading.Lock()
taken = []
names = set()
connections = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = options.idle

    def setup(self):
        global connections
        super().setup()
        with lock:
            connections += 1
            if options.cert:
                self.connection.do_handshake()
                for part in self.connection.getpeercert()["subject"]:
                    names.add(part[0][1])

    def refusal(self):
        if options.authorization and \
                self.headers["Authorization"] != options.authorization:
            return 401
        if options.header:
            name, value = options.header.split("=")
            if self.headers[name] != value:
                return 400
        return 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, reply = self.refusal(), {"text": "no", "code": 3}
        if not status:
            status, reply = 200, {"text": "Success", "code": 0}
            with lock:
                taken.extend(body.decode().splitlines())
        answer = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass  # handshakes that fail are what is tried here


server = Server(("127.0.0.1", 0), Handler)
if options.cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert + ".pem", options.cert + ".key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(options.client_ca + ".pem")
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(
    target=server.shutdown).start())
server.serve_forever()
print("collected events=%d twice=%d connections=%d names=%s"
      % (len(taken), len(taken) - len(set(taken)), connections,
         ",".join(sorted(names))), flush=True)
