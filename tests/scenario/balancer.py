"""A load balancer in front of HTTP collectors, with or without a cookie.

usage: balancer.py sticky|loose URL...
"""
import http.client
import http.server
import itertools
import signal
import sys
import threading
import urllib.parse

sticky = sys.argv[1] == "sticky"
targets = [urllib.parse.urlsplit(u).netloc for u in sys.argv[2:]]
turn = itertools.count()
local = threading.local()


class Balancer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def target(self):
        cookie = self.headers.get("Cookie", "")
        if sticky and cookie.startswith("AWSALB="):
            return int(cookie[len("AWSALB="):].split(";")[0])
        return next(turn) % len(targets)

    def forward(self, number, body):
        """The reply of a target; connections are kept for each thread."""
        if not hasattr(local, "connections"):
            local.connections = {}
        if number not in local.connections:
            local.connections[number] = http.client.HTTPConnection(
                targets[number])
        connection = local.connections[number]
        headers = {k: v for k, v in self.headers.items()
                   if k not in ("Host", "Cookie")}
        connection.request(self.command, self.path, body, headers)
        reply = connection.getresponse()
        return reply, reply.read()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        number = self.target()
        reply, data = self.forward(number, body)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.headers["Content-Type"])
        self.send_header("Content-Length", str(len(data)))
        if sticky:
            self.send_header("Set-Cookie", f"AWSALB={number}; Path=/")
        self.end_headers()
        self.wfile.write(data)
        if self.path.endswith("/event"):
            print("cookie" if "Cookie" in self.headers else "no cookie",
                  number, flush=True)

    do_GET = do_POST
    do_HEAD = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Balancer)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
