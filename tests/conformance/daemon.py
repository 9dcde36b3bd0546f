"""A tapferryd of our own: started, watched, stopped, its ledger read."""

import os
import re
import signal
import socket
import subprocess
import time

CONFIG = """
listeners = ( { name = "hostile"; type = "dnstap"; address = "unix:%(socket)s"; } );
workers = %(workers)d;
outputs = ( { name = "out"; type = "file"; path = "%(output)s";
	include_raw = "always"; batch = { linger = "%(linger)s"; }; } );
"""
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|"
                    r"runtime error:|Assertion .* failed")


class Daemon:
    def __init__(self, program, folder, workers, linger="1ms"):
        os.mkdir(folder)
        self.socket = os.path.join(folder, "s")
        self.output = os.path.join(folder, "events.ndjson")
        self.log = os.path.join(folder, "log")
        config = os.path.join(folder, "tapferry.conf")
        with open(config, "w") as f:
            f.write(CONFIG % {"socket": self.socket, "output": self.output,
                              "workers": workers, "linger": linger})
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "-c", config], stderr=log, stdin=subprocess.DEVNULL,
                stdout=log)
        try:
            self.wait_for_log(r"\bREADY\b")
        except BaseException:
            self.kill()
            raise
        self.read_from = 0

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for_log(self, pattern, seconds=30):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.log_text()):
            if self.process.poll() is not None:
                raise AssertionError("the daemon left with %d: %s" % (
                    self.process.returncode, self.log_text()))
            if time.monotonic() > deadline:
                raise AssertionError("no %s in the log: %s" % (
                    pattern, self.log_text()))
            time.sleep(0.01)

    def connect(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(20)
        s.connect(self.socket)
        return s

    def lines_until(self, word, seconds=20):
        """Output lines since the last call, up to the one that holds word."""
        deadline = time.monotonic() + seconds
        while True:
            if os.path.exists(self.output):
                with open(self.output, "rb") as f:
                    f.seek(self.read_from)
                    text = f.read()
                whole = text[:text.rfind(b"\n") + 1]
                lines = whole.split(b"\n")[:-1]
                for i, line in enumerate(lines):
                    if word in line:
                        self.read_from += sum(len(x) + 1
                                              for x in lines[:i + 1])
                        return lines[:i]
            if self.process.poll() is not None:
                raise AssertionError("the daemon left with %d: %s" % (
                    self.process.returncode, self.log_text()[-4000:]))
            if time.monotonic() > deadline:
                raise AssertionError("%r did not come out" % word)
            time.sleep(0.001)

    def stop(self):
        """SIGTERM; the ledger's numbers.  Any sanitizer report fails."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("SIGTERM did not end the daemon") from None
        log = self.log_text()
        if status != 0 or REPORT.search(log):
            raise AssertionError("exit status %d: %s" % (status, log[-8000:]))
        ledgers = [line for line in log.splitlines() if "LEDGER" in line]
        if not ledgers:
            raise AssertionError("no LEDGER in the log: %s" % log[-4000:])
        pairs = re.findall(r"(\w+)=(\S+)", ledgers[-1])
        return {k: int(v) if v.isdigit() else v for k, v in pairs}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
