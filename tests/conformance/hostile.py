#!/usr/bin/env python3
"""Sends the hostile corpus to the decoder and to a running daemon.

Every file goes to the decoder, and to the daemon on a fresh connection whole,
octet by octet and in random pieces; then all of them at once to a daemon with
several workers.  Held against the rules: what is taken, what is answered, who
hangs up (streams.py, MANIFEST.tsv), what the events say (index.jsonl), that
every line is JSON in UTF-8, and that the ledger adds up.

usage: hostile.py [--builddir DIR] [--seed N] [--only TEXT]
"""

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter

import corpus
import known
from compare import Comparison
from daemon import REPORT, Daemon
from native import native_frame, parse_line
from references import index_frame
from payload import is_whole, marker
from streams import START, TYPE, Listener, control, data

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = re.compile(rb'"qname":"good-[0-9]+\.alpha\.example"')
CUTS = ("whole", "octets", "random")
MAX_FRAME = 256 * 1024  # limits.max_frame by default
OCTETWISE = 2048  # as many octets one by one, the rest as one


class Failures(list):
    def check(self, ok, *what):
        if not ok:
            self.append(" ".join(map(str, what)))


class File:
    """One file of malformed/, its row in the manifest, what must happen."""

    def __init__(self, folder, row, index):
        self.name, self.level, self.form = row["file"], row["level"], row["form"]
        self.good_before = int(row["good_before"])
        self.good_after = int(row["good_after"])
        self.path = os.path.join(folder, self.name)
        with open(self.path, "rb") as f:
            self.octets = f.read()
        self.rules = Listener(self.octets)
        self.index = index.get(self.name)
        self.decoded = []  # the decoder's lines

    @property
    def good(self):
        return self.good_before + (
            0 if self.level in ("stream", "open") else self.good_after)

    def expected_frames(self):
        """Frames of the index that hold a dnstap message.

        What Google's protobuf calls a missing field may be an enum value it
        does not know, and that is kept (protocols.md).
        """
        return [t for t in self.index if t["len"] <= MAX_FRAME and
                "protobuf_error" not in t and
                ("protobuf_missing" not in t and "type" in t or
                 is_whole(self.payload(t)))]

    def payload(self, frame):
        start = frame["offset"] + 4  # behind the frame's length
        return self.octets[start:start + frame["len"]]


def load(root):
    folder = os.path.join(root, "malformed")
    index = {}
    for line in corpus.read(os.path.join(folder, "index.jsonl")).splitlines():
        frame = json.loads(line)
        index.setdefault(frame["file"], []).append(frame)
    with open(os.path.join(folder, "MANIFEST.tsv"), newline="") as f:
        rows = csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [File(folder, row, index) for row in rows]


def events_of(failures, name, lines):
    """Every line: valid UTF-8, valid JSON, an event of the schema."""
    out = []
    for line in lines:
        try:
            out.append(native_frame(parse_line(line)))
        except (ValueError, KeyError) as error:
            failures.check(False, name, "line", repr(line[:200]), error)
    return out


def comparable(lines):
    """Without the events' times: of receipt, where there is no other."""
    return [re.sub(rb'"@timestamp":"[^"]*",', b"", line) for line in lines]


# -- the decoder ---------------------------------------------------------------

def decode(failures, decoder, f):
    done = subprocess.run([decoder, "--raw", "always", f.path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    said = done.stderr.decode("utf-8", "replace")
    failures.check(done.returncode >= 0, f.name, "decoder killed by signal",
                   -done.returncode, said[-2000:])
    failures.check(not REPORT.search(said), f.name, said[-8000:])
    f.decoded = done.stdout.split(b"\n")[:-1]
    events_of(failures, f.name, f.decoded)


# -- the daemon ----------------------------------------------------------------

def pieces(octets, cut, seed):
    if cut == "whole":
        return [octets]
    if cut == "octets":
        out = [octets[i:i + 1] for i in range(min(OCTETWISE, len(octets)))]
        return out + [octets[OCTETWISE:]]
    rng, out, pos = random.Random(seed), [], 0
    while pos < len(octets):
        n = rng.choice((1, 3, 7, 40, 512, 5000, 70000))
        out.append(octets[pos:pos + n])
        pos += n
    return out


def receive(connection, seconds):
    """What comes until the end of the stream, and whether the end came."""
    got = b""
    connection.settimeout(seconds)
    while True:
        try:
            part = connection.recv(4096)
        except ConnectionResetError:  # closed with our octets unread
            return got, True
        except TimeoutError:
            return got, False
        if not part:
            return got, True
        got += part


def play(daemon, f, cut, seed):
    """One connection.  Return: what the daemon said, whether it hung up by
    itself, whether it did once we had."""
    with daemon.connect() as connection:
        try:
            for piece in pieces(f.octets, cut, seed):
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        closes = f.rules.closes
        said, hung_up = receive(connection, 20 if closes else 0.005)
        ended = hung_up
        if not hung_up:
            try:
                connection.shutdown(1)
            except OSError:
                pass
            rest, ended = receive(connection, 20)
            said += rest
    return said, hung_up, ended


def one_by_one(failures, program, folder, files, seed, differences):
    """One worker, so that events come out in the order of connections: what
    comes out between two markers belongs to the file between them."""
    daemon = Daemon(program, os.path.join(folder, "one"), workers=1)
    total = Counter()
    try:
        markers = daemon.connect()
        markers.sendall(control(START, TYPE))
        for f in files:
            first = None
            for cut in CUTS:
                where = "%s (%s)" % (f.name, cut)
                said, hung_up, ended = play(daemon, f, cut, seed)
                word = "marker-%s-%s" % (f.name, cut)
                markers.sendall(data(marker(word)))
                lines = daemon.lines_until(word.encode())
                total["events"] += len(lines) + 1
                check_rules(failures, f, where, said, hung_up, ended, lines)
                if first is None:
                    first = comparable(lines)
                    check_events(failures, f, lines, differences)
                failures.check(comparable(lines) == first, where,
                               "other events than in one piece")
                total["frames"] += frames_received(f, lines) + 1
                total["skipped"] += f.rules.skipped
        markers.close()
        ledger = daemon.stop()
    finally:
        daemon.kill()
    check_ledger(failures, ledger, total)
    return total


def frames_received(f, lines):
    """What the ledger must call received; where refusing the stream is as
    good as reading it, what came out tells which it was."""
    if f.level == "open":
        return len(lines)
    return len(f.rules.frames) + f.rules.skipped


def check_rules(failures, f, where, said, hung_up, ended, lines):
    failures.check(ended, where, "was not closed")
    good = sum(1 for line in lines if GOOD.search(line))
    if f.level == "open":
        failures.check(hung_up or good >= f.good, where,
                       "neither refused nor read")
        return
    failures.check(said == f.rules.replies, where, "answered", said.hex(),
                   "not", f.rules.replies.hex())
    failures.check(hung_up == f.rules.closes, where, "hung up:", hung_up)
    failures.check(good >= f.good, where, good, "good messages of", f.good)
    failures.check(len(lines) <= len(f.rules.frames), where, len(lines),
                   "events of", len(f.rules.frames), "frames")


def check_events(failures, f, lines, differences):
    """Against the independent decoding, where the framing is intact."""
    if f.index is None or f.level in ("stream", "open"):
        return
    if f.form == "file":
        failures.check(comparable(lines) == comparable(f.decoded), f.name,
                       "the decoder and the daemon disagree")
    ours = events_of(failures, f.name, lines)
    theirs = f.expected_frames()
    failures.check(len(ours) == len(theirs), f.name, len(ours),
                   "events; the index has", len(theirs))
    if len(ours) != len(theirs):
        return
    for mine, reference in zip(ours, theirs):
        c = Comparison("index", reference["n"], mine, index_frame(reference))
        c.run(ordered=False)
        differences += [(f.name,) + d for d in c.differences]


def check_ledger(failures, ledger, total):
    failures.check(ledger["closed"] == "yes", "ledger not closed", ledger)
    failures.check(ledger["received"] == total["frames"], "received",
                   ledger["received"], "not", total["frames"], ledger)
    failures.check(ledger["delivered"] == total["events"], "delivered",
                   ledger["delivered"], "not", total["events"], ledger)
    failures.check(ledger.get("dropped_frame_too_large", 0) ==
                   total["skipped"], "skipped is not", total["skipped"], ledger)
    failures.check(
        ledger["received"] == ledger["delivered"] + ledger["dropped"],
        "received is not delivered and dropped", ledger)


def all_at_once(failures, program, folder, files, events):
    """Every file on a connection of its own at the same time, twice."""
    daemon = Daemon(program, os.path.join(folder, "all"), workers=3,
                    linger="20ms")
    try:
        gate = threading.Barrier(2 * len(files))

        def run(f, seed):
            gate.wait()
            play(daemon, f, "random", seed)

        threads = [threading.Thread(target=run, args=(f, seed))
                   for f in files for seed in (1, 2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        ledger = daemon.stop()
        with open(daemon.output, "rb") as f:
            lines = f.read().split(b"\n")[:-1]
    finally:
        daemon.kill()
    events_of(failures, "all at once", lines)
    failures.check(ledger["closed"] == "yes", "ledger not closed", ledger)
    failures.check(ledger["delivered"] == len(lines) == 2 * events,
                   "all at once:", len(lines), "events of", 2 * events, ledger)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--builddir", default=os.environ.get("builddir", "."))
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="")
    args = p.parse_args()
    decoder = os.path.join(args.builddir, "tests", "decode_capture")
    program = os.path.join(args.builddir, "src", "tapferryd")
    files = [f for f in load(corpus.find()) if args.only in f.name]
    failures, differences = Failures(), []
    for f in files:
        decode(failures, decoder, f)
    with tempfile.TemporaryDirectory(prefix="tapferry-hostile-") as folder:
        total = one_by_one(failures, program, folder, files, args.seed,
                           differences)
        own = total["events"] // len(CUTS) - len(files)
        all_at_once(failures, program, folder, files, own)
    entries = known.load(os.path.join(HERE, "known-malformed.tsv"))
    left = known.explain(entries, differences)
    for d in left:
        failures.check(False, "DIFFERENT\t" + "\t".join(map(str, d)))
    for e in entries if not args.only else []:
        failures.check(e.found == e.expected,
                       "known-malformed.tsv:%d: expected %d, found %d: %s" %
                       (e.number, e.expected, e.found, e.reason))
    for line in failures[:60]:
        print(line)
    print("%d files, %d connections, %d events, %d differences known, "
          "%d failures, seed %d" % (
              len(files), (len(CUTS) + 2) * len(files), total["events"],
              len(differences) - len(left), len(failures), args.seed))
    return 1 if failures or not files else 0


if __name__ == "__main__":
    sys.exit(main())
