#!/usr/bin/env python3
"""A collector without manners: one bad reply after the other, then good ones.

    rude.py MANNER...

Each request is answered in the next of these manners, in what order they come;
when there is none left, well.  Prints its address, and on TERM how many events
it took (those of requests that it answered with success), how many of them
were different, and how many manners were left.
"""
import signal
import socket
import struct
import sys
import threading
import time

SUCCESS = b'{"text":"Success","code":0}'
lock = threading.Lock()
manners = sys.argv[1:]
taken = []


def reply(body=SUCCESS, status="200 OK", headers=(), length=True):
    lines = ["HTTP/1.1 " + status, "Content-Type: application/json", *headers]
    if length:
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_request(s):
    """The body of one request, or None at the end."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = s.recv(65536)
        if not more:
            return None
        got += more
    head, body = got.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = s.recv(65536)
        if not more:
            return None
        body += more
    return body


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer(s, manner, body):
    """Return: does the connection go on?"""
    def take():
        with lock:
            taken.extend(body.splitlines())

    if manner == "well":
        take()
        s.sendall(reply())
        return True
    if manner == "drip":  # for ever
        for byte in reply(b"x" * 100000):
            s.sendall(bytes([byte]))
            time.sleep(0.02)
    elif manner == "endless-body":
        s.sendall(reply(b"", headers=["Transfer-Encoding: chunked"],
                        length=False))
        while True:
            s.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
    elif manner == "gigabyte":
        s.sendall(reply(b"", headers=["Content-Length: 1000000000"],
                        length=False))
        for _ in range(1000):
            s.sendall(b"x" * 1000000)
    elif manner == "endless-headers":
        s.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            s.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")
    elif manner == "long-header":
        while True:
            s.sendall(b"x" * 65536)
    elif manner == "endless-interim":
        while True:
            s.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    elif manner == "interim":
        take()
        s.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + reply())
        return True
    elif manner == "chunked":
        take()
        s.sendall(reply(b"", headers=["Transfer-Encoding: chunked"],
                        length=False))
        for byte in SUCCESS:
            s.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
        s.sendall(b"0\r\nTrailer: x\r\n\r\n")
        return True
    elif manner == "redirect":
        s.sendall(reply(status="302 Found", headers=["Location: /elsewhere"]))
        return True
    elif manner == "switch":
        s.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
        time.sleep(0.5)
    elif manner == "ancient":  # HTTP/0.9: nothing but the body
        s.sendall(SUCCESS)
    elif manner == "no-length":  # to the end of the connection
        take()
        s.sendall(reply(length=False))
    elif manner == "short":
        s.sendall(reply()[:-1])
    elif manner == "reset":
        s.sendall(reply()[:40])
        reset(s)
    elif manner == "none":
        pass
    elif manner == "bomb":
        s.sendall(reply(b"[" * 60000))
        return True
    elif manner == "lies":
        s.sendall(reply(b'{"text":"x\\n1970 LEDGER","code":6,'
                        b'"invalid-event-number":-99999999999}',
                        status="400 Bad Request"))
        return True
    elif manner == "twice":  # a second reply that nobody asked for
        take()
        s.sendall(reply() + reply())
        return True
    else:
        raise ValueError(manner)
    return False


def serve(s):
    try:
        going = True
        while going:
            body = read_request(s)
            if body is None:
                break
            with lock:
                manner = manners.pop(0) if manners else "well"
            going = answer(s, manner, body)
    except OSError:
        pass  # that is what they do
    s.close()


def accept(listener):
    while True:
        s, _ = listener.accept()
        threading.Thread(target=serve, args=(s,), daemon=True).start()


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # for sigwait
server = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(server,), daemon=True).start()
signal.sigwait([signal.SIGTERM])
with lock:
    print("collected events=%d different=%d manners=%d"
          % (len(taken), len(set(taken)), len(manners)), flush=True)
