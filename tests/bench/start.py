#!/usr/bin/env python3
"""How long the daemon takes from its execution until it says READY, and from
TERM to its end.

    tests/bench/start.py [--quick] [N]

N times (default 40) each: small, with one listener and one file, and large,
with four listeners and eight HEC outputs of four backends each.  Run it in the
build folder, or with builddir=... .  Prints "name value unit", a figure a line.
"""
import os
import subprocess
import sys
import tempfile
import time

BUDGET_MS = 50


def setting(n, text):
    return ", ".join(text(i) for i in range(1, n + 1))


def small(folder):
    return """listeners = ( { name = "l"; address = "unix:%s/l"; } );
outputs = ( { name = "out"; type = "file"; path = "/dev/null"; } );
""" % folder


def large(folder):
    def backends(i):
        return setting(4, lambda k: '{ url = "http://127.0.0.%d:808%d"; }' % (i, k))

    return "listeners = ( %s );\noutputs = ( %s );\n" % (
        setting(4, lambda i: '{ name = "l%d"; address = "unix:%s/%d"; }'
                % (i, folder, i)),
        setting(8, lambda i: '{ name = "o%d"; type = "hec"; token = "t";'
                ' backends = ( %s ); }' % (i, backends(i))))


def measure(command):
    """Seconds until ready, and until the end."""
    begun = time.monotonic()
    p = subprocess.Popen(command, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL)
    said = b""
    for line in p.stderr:
        said += line
        if b" READY " in line:
            break
    ready = time.monotonic()
    p.terminate()
    said += p.stderr.read()
    if p.wait() != 0 or b" READY " not in said:
        sys.exit("start: ended with %d:\n%s" % (p.returncode, said.decode()))
    return ready - begun, time.monotonic() - ready


def main():
    arguments = sys.argv[1:]
    times = 3 if arguments == ["--quick"] else int((arguments or ["40"])[0])
    daemon = os.path.join(os.environ.get("builddir", "."), "src/tapferryd")
    with tempfile.TemporaryDirectory(prefix="tapferry.") as folder:
        for name, settings in ("small", small), ("large", large):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="ascii") as f:
                f.write(settings(folder))
            taken = [measure([daemon, "-c", path]) for _ in range(times)]
            for what, column in ("ready", 0), ("end", 1):
                ms = sorted(t[column] * 1000 for t in taken)
                tail = "\t(budget %d)" % BUDGET_MS if what == "ready" else ""
                print("%s_%s_p50 %.2f ms%s" % (name, what, ms[len(ms) // 2], tail))
                print("%s_%s_max %.2f ms%s" % (name, what, ms[-1], tail))


main()
