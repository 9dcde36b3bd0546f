"""The plots of doc/benchmarks.md: which figures, and in which form."""
import math

from plot import Bars, Lines, Rows, svg

LEVELS = [("none", "plain"), ("zstd 1", "zstd1")] + \
    [("gzip %d" % n, "gzip%d" % n) for n in (1, 3, 6, 9)]
RATES = (1000, 5000, 20000, 50000, 100000, 200000, 400000)
STAGES = ("read", "cut", "decode", "encode", "compress", "post", "other")


def known(pairs):
    return [(x, v) for x, v in pairs if not math.isnan(v)]


def compression(value):
    def bars(what, scale):
        return known((label, value("end_to_end.%s_%s" % (name, what)) * scale)
                     for label, name in LEVELS)
    rate, cpu = bars("rate", 1), bars("daemon_cpu", 1e-3)
    if not rate:
        return None
    return svg("Throughput and CPU by compression",
               "Events a second from sender to collector, and the daemon's CPU "
               "for each, without compression, with zstd and with four levels of "
               "gzip",
               [Bars("Events a second, end to end", rate, 0,
                     "compression; sender and collector on the same cores"),
                Bars("CPU of the daemon, µs an event", cpu, 1, "compression")])


def connections(value):
    def of(form, numbers):
        return known((n, value(form % n)) for n in numbers)
    rate = of("connections.throughput_%d", (1, 10, 100, 1000, 10000))
    plain = of("connections.idle_plain_%d_each", (1000, 10000))
    plain += of("connections.idle_plain_%d_each", (30000,)) or \
        of("connections.guest_idle_plain_%d_each", (30000,))
    tls = of("connections.idle_tls_%d_each", (1000, 10000))
    tls += of("connections.idle_tls_%d_each", (30000,)) or \
        of("connections.guest_idle_tls_%d_each", (30000,))
    if not rate or not plain or not tls:
        return None
    return svg("Throughput and memory by connections",
               "Events a second into a file when so many connections send flat "
               "out, and the user-space memory that an idle connection takes",
               [Lines("Events a second", [("", 0, rate)],
                      "connections that send flat out"),
                Lines("Memory of each, bytes",
                      [("plain", 0, plain), ("TLS 1.3", 3, tls)],
                      "idle connections", y_log=True, y_tight=True)])


def delay(value):
    lines = []
    for name, color, key in ("p50", 2, "p50"), ("p99", 0, "p99"), ("max", 1, "max"):
        points = known((r, value("delay.rate%d_%s" % (r, key)) / 1000)
                       for r in RATES)
        if points:
            lines.append((name, color, points))
    if not lines:
        return None
    worst = max(y for _, _, line in lines for _, y in line)
    return svg("Delay by rate",
               "Milliseconds from the sending of a frame to the collector's "
               "reading of its event, by events a second: median, 99 of 100, all",
               [Lines("Delay from sender to collector, ms", lines,
                      "events a second (gzip, linger = 100 ms)",
                      y_log=worst > 500, limit=(110, "linger + 10 ms"))],
               height=280)


def stages(value):
    rows = []
    for label, run in ("plain", "plain"), ("gzip 1", "gzip1"):
        parts = [(s, value("profile.%s_%s" % (run, s)) / 1000) for s in STAGES]
        if not any(math.isnan(v) for _, v in parts):
            rows.append((label, parts))
    if not rows:
        return None
    return svg("CPU by stage",
               "Microseconds of the daemon's CPU for each event, by what they "
               "are spent on, without compression and with gzip at level 1",
               [Rows("CPU of the daemon by stage, µs an event", rows)],
               height=170)


def peers(value):
    def rows(title, note, *which):
        found = known((label, value("peers.%s_cpu" % name) / 1000)
                      for label, name in which)
        return Rows(title, [(label, [("", v)]) for label, v in found],
                    [0 if label.startswith("tapferryd") else 6
                     for label, _ in found], note)
    files = rows("dnstap to a pipe, µs of CPU a message",
                 "fstrm_capture writes frames as they are; the others decode",
                 ("tapferryd", "tapferryd"), ("dnstap -j", "dnstap"),
                 ("dnstap-read -y", "dnstap_read"),
                 ("fstrm_capture", "fstrm_capture"))
    http = rows("To a collector over HTTP, µs of CPU a message",
                "syslog-ng gets the lines that tapferryd has made",
                ("tapferryd", "tapferryd_http"), ("syslog-ng", "syslog_ng"))
    if len(files.rows) < 2 or len(http.rows) < 2:
        return None
    return svg("CPU beside other programs",
               "Microseconds of CPU for each message: tapferryd beside "
               "golang-dnstap, dnstap-read and fstrm_capture, and over HTTP "
               "beside syslog-ng, which gets the lines that tapferryd has made",
               [files, http], height=200)


def all_of(value):
    """value: of a figure's name; NaN where there is none.  Return: of each
    file its text."""
    made = {}
    for plot in compression, connections, delay, stages, peers:
        text = plot(value)
        if text is not None:
            made[plot.__name__ + ".svg"] = text
    return made
