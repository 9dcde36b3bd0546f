#!/usr/bin/env python3
"""The results of benches: kept as JSON, shown as Markdown and plots.

    report.py add RESULTS NAME LOG KEY=VALUE...
        take the figures a bench has printed ("name value unit", a line each)
        into RESULTS, in the place of its earlier ones, with what is known of
        the run (command, date, commit, seconds, cores that others used, how far
        the cores were apart); print them
    report.py machine RESULTS BUILD-FOLDER
        note the machine and the versions of what was built and is measured;
        figures of another machine or other versions are forgotten
    report.py write RESULTS FOLDER
        write FOLDER/benchmarks.md, FOLDER/plots/*.svg and, where FOLDER is doc,
        the block of figures in README.md
    report.py check RESULTS FOLDER
        tell what of that is not what the results and texts make of it

The texts are doc/benchmarks.in.md and doc/benchmarks-readme.in.  In them,
{{ }} holds a figure, BENCH.NAME, or several with numbers between * and /;
an "or" what to take where there is no first, a "?" that a machine may lack it;
behind <= or >= a budget, which
makes it "holds" or "missed".  {{machine}}, {{runs}} and {{notes BENCH TEXT}}
stand for what their names say, {{busy}} for a line that names the benches beside
which others were at work, {{busy short}} for one that names none.
"""
import json
import math
import os
import platform
import re
import subprocess
import sys

import plots

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIGURE = re.compile(r"^([a-z][\w.-]*) +(-?[0-9][0-9.]*) +(\S.*)$")
NONE = "–"
BUSY = 0.25  # cores that others use
MARKS = "<!-- figures: written by tests/bench/run.sh -->", "<!-- end of figures -->"
PEERS = ("golang-github-dnstap-golang-dnstap-cli", "bind9-dnsutils", "fstrm-bin",
         "syslog-ng-core")
LIBRARIES = ("libcurl", "libknot", "libdeflate", "libzstd", "liburcu", "ck",
             "gnutls", "libmicrohttpd", "libfstrm", "libconfig", "jansson")


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return {"machine": {}, "versions": {}, "benches": {}}


def store(path, results):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1, ensure_ascii=False, sort_keys=False)
        f.write("\n")


# --- machine

def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def first(path, pattern):
    try:
        with open(path, encoding="utf-8") as f:
            m = re.search(pattern, f.read(), re.M)
    except OSError:
        return ""
    return m[1].strip() if m else ""


def machine():
    info = "/proc/cpuinfo"
    memory = int(first("/proc/meminfo", r"^MemTotal: *(\d+)") or 0)
    flags = " %s " % first(info, r"^flags\s*: (.*)")
    return {
        "cpu": first(info, r"^model name\s*: (.*)") or platform.machine(),
        "architecture": platform.machine(),
        "vectors": "AVX-512" if " avx512f " in flags else
                   "AVX2" if " avx2 " in flags else "",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 1024 / 1024),
        "virtual": " hypervisor " in flags,
        "system": first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "kernel": platform.release(),
    }


def versions(build):
    makefile = os.path.join(build, "Makefile")
    compiler = first(makefile, r"^CC = (\S+)") or "cc"
    found = {
        "compiler": said(compiler, "--version").split("\n")[0],
        "cflags": first(makefile, r"^CFLAGS = (.*)"),
    }
    for library in LIBRARIES:
        version = said("pkg-config", "--modversion", library)
        if version:
            found[library] = version
    for package in PEERS:
        version = said("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            found[package] = version
    return found


def ours(results, other):
    """What tapferry's figures depend on, as far as both know it: what nobody
    had before has made no figure."""
    return results["machine"], {k: v for k, v in results["versions"].items()
                                if k not in PEERS and k in other["versions"]}


def note_machine(path, build):
    results = load(path)
    here = {"machine": machine(), "versions": versions(build)}
    if results["benches"] and ours(results, here) != ours(here, results):
        print("# earlier results are of another machine or other versions, and "
              "are left out:", ", ".join(sorted(results["benches"])))
        results["benches"] = {}
    results.update(here)
    store(path, results)


# --- results

def add(path, name, log, about):
    figures, notes = {}, []
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = FIGURE.match(line)
            if line.startswith(("#", " ")):
                notes.append(line.strip("# \n"))
            elif m:
                unit, _, budget = m[3].partition("\t")
                value = float(m[2])
                figures[m[1]] = {
                    "value": int(value) if "." not in m[2] else value,
                    "unit": unit.strip()}
                if budget:
                    figures[m[1]]["budget"] = budget.strip("()")[len("budget "):]
            elif line.strip():
                sys.exit("%s: not a figure: %s" % (name, line.rstrip()))
    if not figures:
        sys.exit("%s: no figure" % name)
    for key, f in figures.items():
        budget = "  (budget %s)" % f["budget"] if "budget" in f else ""
        print("%-44s %14s %s%s" % (name + "." + key, f["value"], f["unit"],
                                   budget))
    results = load(path)
    results["benches"][name] = dict(about, notes=notes, figures=figures)
    results["benches"] = dict(sorted(results["benches"].items()))
    store(path, results)


# --- text

class Figures:
    def __init__(self, results):
        self.results = results
        self.missing = set()

    def value(self, name):
        """NaN where there is none."""
        bench, _, key = name.partition(".")
        bench = self.results["benches"].get(bench, {"figures": {}})
        return bench["figures"].get(key, {"value": math.nan})["value"]

    def term(self, text):
        optional = text.endswith(" ?")
        for choice in text.removesuffix(" ?").split(" or "):
            value = self.product(choice)
            if not math.isnan(value):
                return value
        if not optional:
            self.missing.add(text)
        return math.nan

    def product(self, text):
        value, operator = 1.0, "*"
        for token in re.split(r" ([*/]) ", text.strip()):
            if token in "*/":
                operator = token
                continue
            number = re.fullmatch(r"[0-9.]+", token)
            v = float(token) if number else self.value(token)
            if operator == "/":
                value = value / v if v else math.nan
            else:
                value *= v
        return value

    def text(self, expression):
        what, _, argument = expression.partition(" ")
        if expression == "machine":
            return self.machine()
        if expression == "runs":
            return self.runs()
        if what == "busy":
            return self.busy(argument == "short")
        if what == "notes":
            return self.notes(*argument.split(" ", 1))
        m = re.fullmatch(r"(.*) ([<>]=) (.*)", expression)
        if not m:
            return number_text(self.term(expression))
        left, right = self.term(m[1]), self.term(m[3])
        if math.isnan(left) or math.isnan(right):
            return NONE
        return "holds" if (left <= right if m[2] == "<=" else left >= right) \
            else "**missed**"

    def machine(self):
        m, v = self.results["machine"], self.results["versions"]
        if not m:
            return NONE
        text = "%d cores of a %s %s machine (%s%s), %d GiB, %s, Linux %s, %s `%s`" % (
            m["cores"], "virtual" if m["virtual"] else "real",
            m["architecture"].replace("_", "-"), m["cpu"],
            ", " + m["vectors"] if m["vectors"] else "", m["memory_gib"],
            m["system"], m["kernel"], v["compiler"], v["cflags"])
        libraries = ["%s %s" % (k, v[k]) for k in LIBRARIES if k in v]
        return text + " with the default hardening flags; " + ", ".join(libraries)

    def busy(self, short):
        names = [name for name, b in self.results["benches"].items()
                 if float(b.get("others", "inf")) > BUSY]
        if not names:
            return ""
        if short:
            return "Measured while others kept the machine busy.\n"
        return ("**The machine was busy** with others' work during %s: rates are "
                "lower and times longer than what tapferry makes of it alone.\n"
                % ", ".join(names))

    def runs(self):
        lines = ["| bench | command | commit | date | time | cores others used | "
                 "ns between cores, before and after |",
                 "|---|---|---|---|---|---|---|"]
        for name, b in self.results["benches"].items():
            lines.append("| %s | `%s` | %s | %s | %s s | %s | %s |" % (
                name, b["command"], b["commit"], b["date"], b["seconds"],
                b.get("others", "not noted"), b.get("apart", "not noted")))
        return "\n".join(lines)

    def notes(self, bench, start):
        notes = self.results["benches"].get(bench, {}).get("notes", [])
        return "\n".join(n[len(start):].strip() for n in notes
                         if n.startswith(start)) or NONE


def number_text(v):
    if math.isnan(v):
        return NONE
    if v == int(v) or abs(v) >= 100:
        return "{:,.0f}".format(v)
    return ("%.1f" if abs(v) >= 10 else "%.2f" if abs(v) >= 0.1 else "%.3f") % v


def fill_in(text, figures):
    return re.sub(r"\{\{\s*(.*?)\s*\}\}", lambda m: figures.text(m[1]), text)


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def documents(results, folder):
    """Of each file its text."""
    figures = Figures(results)
    made = {os.path.join(folder, "benchmarks.md"):
            fill_in(read("doc", "benchmarks.in.md"), figures)}
    for name, text in plots.all_of(figures.value).items():
        made[os.path.join(folder, "plots", name)] = text
    if os.path.samefile(folder, os.path.join(TOP, "doc")):
        page = read("README.md")
        begin, end = (page.find(mark) for mark in MARKS)
        if begin < 0 or end < begin:
            sys.exit("README.md: no place for figures")
        block = fill_in(read("doc", "benchmarks-readme.in"), figures)
        made[os.path.join(TOP, "README.md")] = \
            page[:begin] + MARKS[0] + "\n" + block + page[end:]
    return made, figures.missing


def write(path, folder):
    os.makedirs(os.path.join(folder, "plots"), exist_ok=True)
    made, missing = documents(load(path), folder)
    for name in sorted(missing):
        print("# no figure", name)
    for file, text in made.items():
        with open(file, "w", encoding="utf-8") as f:
            f.write(text)


def check(path, folder):
    bad = 0
    made, missing = documents(load(path), folder)
    for name in sorted(missing):
        print("no figure", name)
        bad = 1
    for file, text in made.items():
        try:
            with open(file, encoding="utf-8") as f:
                same = f.read() == text
        except FileNotFoundError:
            same = False
        if not same:
            print("%s is not what the results make: tests/bench/run.sh --write"
                  % os.path.relpath(file, TOP))
            bad = 1
    return bad


def main(what, *rest):
    if what == "add":
        path, name, log = rest[:3]
        about = dict(pair.split("=", 1) for pair in rest[3:])
        add(path, name, log, about)
    elif what == "machine":
        note_machine(*rest)
    elif what == "write":
        write(*rest)
    elif what == "check":
        sys.exit(check(*rest))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
