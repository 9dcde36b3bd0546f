#!/usr/bin/env python3
"""A stand-in for the service manager, as far as a service sees it.

manager.py [--socket NAME=ADDRESS]... [--watchdog SECONDS] -- COMMAND...

Opens the sockets (/path or a port of 127.0.0.1), runs COMMAND with them
(LISTEN_FDS), and prints what it notifies.  HUP: end COMMAND with TERM, wait,
start it again, the sockets staying open meanwhile.  TERM: end it, exit with
its status.  USR1, USR2: fill the pipe that is its standard error so that a
write blocks, and empty it again.
"""
import argparse
import fcntl
import os
import signal
import socket
import sys

FIRST_FD = 3  # of the sockets, sd_listen_fds(3)


def open_socket(address):
    if address.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.bind(address)
    else:
        s = socket.socket(socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", int(address)))
    s.listen(128)
    return s


class Manager:
    def __init__(self, args):
        self.args = args
        wanted = [s.partition("=") for s in args.socket]
        self.names = [name for name, _, _ in wanted]
        self.sockets = [open_socket(address) for _, _, address in wanted]
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("\0tapferry-manager-%d" % os.getpid())
        # the reading end is ours for good, so a write never fails
        self.log, self.log_in = os.pipe()
        fcntl.fcntl(self.log_in, fcntl.F_SETPIPE_SZ, 4096)
        self.logging = True

    def child(self):
        kept = [fcntl.fcntl(s, fcntl.F_DUPFD, 100) for s in self.sockets]
        os.dup2(self.log_in, 2)
        for i, fd in enumerate(kept):
            os.dup2(fd, FIRST_FD + i, inheritable=True)
        os.closerange(FIRST_FD + len(kept), 200)
        env = dict(os.environ,
                   NOTIFY_SOCKET="@tapferry-manager-%d" % os.getppid())
        if kept:
            env["LISTEN_PID"] = str(os.getpid())
            env["LISTEN_FDS"] = str(len(kept))
            env["LISTEN_FDNAMES"] = ":".join(self.names)
        if self.args.watchdog:
            env["WATCHDOG_PID"] = str(os.getpid())
            env["WATCHDOG_USEC"] = str(int(self.args.watchdog * 1e6))
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvpe(self.args.command[0], self.args.command, env)

    def start(self):
        pid = os.fork()
        if pid == 0:
            try:
                self.child()
            finally:
                os._exit(127)
        return pid

    def pump(self, seconds):
        """Passes notifications and the log on."""
        self.notify.settimeout(seconds)
        try:
            for line in self.notify.recv(4096).decode().split("\n"):
                print("notify", line, flush=True)
        except (TimeoutError, socket.timeout):
            pass
        os.set_blocking(self.log, False)
        try:
            while self.logging:
                os.write(2, os.read(self.log, 65536))
        except BlockingIOError:
            pass

    def fill(self):
        self.logging = False
        # a description of its own: the service's is left to block
        fd = os.open("/proc/self/fd/%d" % self.log_in,
                     os.O_WRONLY | os.O_NONBLOCK)
        try:
            while os.write(fd, b"\n"):
                pass
        except BlockingIOError:
            pass
        os.close(fd)
        print("filled", flush=True)

    def run(self):
        signals = {signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1,
                   signal.SIGUSR2}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        again = True
        while again:
            again = False
            pid = self.start()
            while True:
                self.pump(0.02)
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    break
                info = signal.sigtimedwait(signals, 0)
                if info is None:
                    continue
                if info.si_signo == signal.SIGUSR1:
                    self.fill()
                elif info.si_signo == signal.SIGUSR2:
                    self.logging = True
                else:
                    again = info.si_signo == signal.SIGHUP
                    os.kill(pid, signal.SIGTERM)
            self.pump(0.02)
            print("ended", os.waitstatus_to_exitcode(status), flush=True)
        return os.waitstatus_to_exitcode(status)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--socket", action="append", default=[])
    p.add_argument("--watchdog", type=float, default=0)
    p.add_argument("command", nargs="+")
    sys.exit(Manager(p.parse_args()).run())


main()
