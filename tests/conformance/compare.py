#!/usr/bin/env python3
"""Decodes every capture of the corpus and compares each field of each frame
with what other programs made of it.

usage: compare.py [--decoder PROGRAM] [--jobs N] [--only TEXT] [--show N]
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
from collections import Counter

import corpus
import known
import options
from daemon import REPORT
from native import native
from references import SECOND, TOOLS
from rrtypes import type_number

HERE = os.path.dirname(os.path.abspath(__file__))
TIMES = ("query-time", "response-time")


def show(value):
    """A value for a human and for a line of known-differences.tsv."""
    if isinstance(value, (bytes, bytearray)):
        value = value.hex()
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 160 else text[:157] + "..."


class Comparison:
    """One frame of ours against one frame of one tool."""

    def __init__(self, tool, number, ours, theirs):
        self.tool, self.number = tool, number
        self.ours, self.theirs = ours, theirs
        self.fields = 0
        self.differences = []

    def field(self, name, ours, theirs):
        self.fields += 1
        if ours != theirs:
            self.differences.append(
                (self.number, self.tool, name, show(ours), show(theirs)))

    def time(self, name, ours, theirs):
        """The tools cut times to their step: ours is cut alike."""
        if theirs is None or ours is None:
            self.field(name, ours, theirs)
        else:
            step = theirs[1]
            self.field(name, ours[0] // step * step, theirs[0])

    def malformed(self, complaint):
        """Broken or not; the complaint is for the reader."""
        self.fields += 1
        if bool(self.ours.get("malformed")) != bool(complaint):
            self.differences.append(
                (self.number, self.tool, "malformed",
                 show(self.ours.get("malformed")), show(complaint)))

    def latency(self):
        """What follows from both times: difference and the event's time."""
        query, response = (self.theirs[t] for t in TIMES)
        expected = None
        if query and response and response[0] >= query[0]:
            expected = response[0] - query[0]
        ours = self.ours["latency"]
        self.field("latency", None if ours is None else round(ours * SECOND),
                   expected)
        operation = self.theirs["operation"] or ""
        own = response if operation.endswith("RESPONSE") else query
        if own and operation:
            self.field("@timestamp", self.ours["time"], own)

    def record(self, where, ours, theirs):
        for key in ("name", "type", "class", "ttl"):
            self.field(where + "." + key, ours[key], theirs[key])
        if "rdata" not in theirs:
            return
        self.fields += 1
        if ours["rdata"] != theirs["rdata"]:
            self.differences.append(
                (self.number, self.tool, where + ".rdata",
                 "%s %s" % (ours["type"], show(ours["text"])),
                 show(theirs["rdata"])))
        if ours["generic"] and not theirs["generic"]:
            self.differences.append(
                (self.number, self.tool, where + ".generic",
                 "%s %s" % (ours["type"], show(ours["text"])), ""))

    def types(self, name, theirs):
        """The index names the types of a section's first eight records (in
        sets of one name and type) and how many there are in all."""
        ours = Counter(r["type"] for r in self.ours.get(name[:2], []))
        count = len(theirs)
        if theirs and theirs[-1].startswith("... "):
            count = int(theirs[-1].split()[1])
            theirs = theirs[:-1]
        self.field(name, sum(ours.values()), count)
        for rrtype, n in Counter(map(type_number, theirs)).items():
            self.fields += 1
            if ours[rrtype] < n or (count == len(theirs) and
                                    ours[rrtype] != n):
                self.differences.append((self.number, self.tool, name,
                                         "%d of type %s" % (ours[rrtype],
                                                            rrtype), n))

    def records(self, section, ordered):
        ours, theirs = self.ours.get(section, []), self.theirs[section]
        self.field(section + ".records", len(ours), len(theirs))
        if len(ours) != len(theirs):
            return
        if not ordered:
            def key(r):
                return (r["name"], r["type"], r["class"], r["ttl"],
                        str(r.get("rdata")))
            if all("rdata" in r for r in theirs):
                ours, theirs = sorted(ours, key=key), sorted(theirs, key=key)
            elif len(ours) > 1:
                return
        for i, pair in enumerate(zip(ours, theirs)):
            self.record("%s.%d" % (section, i), *pair)

    def options_of(self, expected):
        """Options as a tool's words have them: what it says must be there."""
        ours = self.ours["options"]
        self.field("edns.options", [o.get("code") for o in ours],
                   [o["code"] for o in expected])
        if len(ours) != len(expected):
            return
        for mine, other in zip(ours, expected):
            for key, value in other.items():
                self.field("edns.option.%s.%s" % (other["code"], key),
                           mine.get(key), value)

    def exact_options(self, octets):
        """Options by their octets: nothing else may be there either, but
        the purpose of an extended error, which is IANA's word for its code."""
        expected = [options.expected(*o) for o in octets]
        self.options_of(expected)
        for mine, other in zip(self.ours["options"], expected):
            self.field("edns.option.%s.keys" % other["code"],
                       sorted(k for k in mine if k != "purpose"),
                       sorted(other))

    def run(self, ordered):
        for name, theirs in self.theirs.items():
            if name in ("an", "ns", "ar"):
                self.records(name, ordered)
            elif name in TIMES:
                self.time(name, self.ours[name], theirs)
            elif name == "malformed":
                self.malformed(theirs)
            elif name.endswith(".types"):
                self.types(name, theirs)
            elif name == "options":
                self.options_of(theirs)
            elif name == "exact-options":
                self.exact_options(theirs)
            elif name == "option-octets":
                self.exact_options(options.split(theirs))
            else:
                self.field(name, self.ours.get(name), theirs)
        if self.tool == "index":
            self.latency()
        return self


def uncovered(number, ours, seen):
    """Records whose data no reference printed."""
    for section in ("an", "ns", "ar"):
        records = ours.get(section, [])
        if records and section not in seen:
            yield (number, "none", section + ".uncovered",
                   len(records), "")


def compare_capture(job):
    root, capture, decoder = job
    path = os.path.join(root, "captures", capture)
    done = subprocess.run([decoder, "--raw", "always", path], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0 or "not_dnstap=0 skipped=0" not in said or \
            REPORT.search(said):
        return capture, 0, Counter(), [
            ("-", "decoder", "exit status", done.returncode, show(said))]
    frames = native(done.stdout)
    fields, differences = Counter(), []
    seen = [set() for _ in frames]
    for tool, (suffix, reader, ordered) in TOOLS.items():
        text = corpus.reference(root, capture, suffix)
        if text is None:
            continue
        references = reader(text)
        fields[tool] += 1
        if len(references) != len(frames):
            differences.append(("-", tool, "frames", len(frames),
                                len(references)))
            continue
        for n, (ours, theirs) in enumerate(zip(frames, references)):
            if theirs is None:
                fields["frames without " + tool] += 1
                continue
            c = Comparison(tool, n, ours, theirs).run(ordered)
            fields[tool] += c.fields
            differences += c.differences
            seen[n].update(s for s in ("an", "ns", "ar") if s in theirs)
    for n, ours in enumerate(frames):
        differences += uncovered(n, ours, seen[n])
    return capture, len(frames), fields, differences


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--decoder", default=os.path.join(
        os.environ.get("builddir", "."), "tests", "decode_capture"))
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--only", default="")
    p.add_argument("--show", type=int, default=40)
    args = p.parse_args()
    root = corpus.find()
    names = [c for c in corpus.captures(root) if args.only in c]
    names.sort(key=lambda c: -os.path.getsize(
        os.path.join(root, "captures", c)))
    with multiprocessing.Pool(args.jobs) as pool:
        results = list(pool.imap_unordered(
            compare_capture, [(root, c, args.decoder) for c in names]))

    frames, fields, differences = 0, Counter(), []
    for capture, n, counted, found in sorted(results, key=lambda r: r[0]):
        frames += n
        fields += counted
        differences += [(capture,) + d for d in found]
    entries = known.load(os.path.join(HERE, "known-differences.tsv"))
    left = known.explain(entries, differences)
    for d in left[:args.show]:
        print("DIFFERENT\t" + "\t".join(map(str, d)))
    if len(left) > args.show:
        print("... and %d more" % (len(left) - args.show))
    wrong = [] if args.only else [e for e in entries if e.found != e.expected]
    for e in wrong:
        print("known-differences.tsv:%d: expected %d, found %d: %s" %
              (e.number, e.expected, e.found, e.reason))
    for key in sorted(fields):
        print("%12d %s" % (fields[key], key if key.startswith("frames")
                           else "fields compared with " + key))
    total = sum(n for key, n in fields.items()
                if not key.startswith("frames"))
    print("%d captures, %d frames, %d fields compared, %d differences known, "
          "%d not explained, %d entries wrong" %
          (len(results), frames, total, len(differences) - len(left),
           len(left), len(wrong)))
    return 1 if left or wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
