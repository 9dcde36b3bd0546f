"""Small plots as SVG text: bars and lines, readable on light and dark pages.

A Plot is a row of panels; each panel draws itself into a box.  Nothing here
knows what is measured.
"""
import math
from xml.sax.saxutils import escape

LIGHT = {
    "page": "#ffffff", "text": "#1f2328", "note": "#59636e", "grid": "#d8dee4",
    "c0": "#0969da", "c1": "#bc4c00", "c2": "#1a7f37", "c3": "#8250df",
    "c4": "#bf8700", "c5": "#bf3989", "c6": "#818b98",
}
DARK = {
    "page": "#0d1117", "text": "#f0f6fc", "note": "#9198a1", "grid": "#2f363f",
    "c0": "#4493f8", "c1": "#f0883e", "c2": "#3fb950", "c3": "#ab7df8",
    "c4": "#d29922", "c5": "#db61a2", "c6": "#818b98",
}
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
LETTER = 6.6  # how wide a letter is, about, at 12 px


def style():
    def rules(colors):
        out = [".page { fill: %(page)s; } .g { stroke: %(grid)s; } "
               ".t, .n { stroke: %(page)s; } .t { fill: %(text)s; } "
               ".n { fill: %(note)s; }" % colors]
        for i in range(7):
            c = colors["c%d" % i]
            out.append(".f%d { fill: %s; } .l%d { stroke: %s; }" % (i, c, i, c))
        return "\n    ".join(out)
    return ("  <style>\n    text { font-size: 12px; }\n"
            "    .h { font-size: 13px; font-weight: 600; }\n"
            "    .t, .n { paint-order: stroke; stroke-width: 3px; }\n"
            "    .line { fill: none; stroke-width: 2; stroke-linejoin: round; }\n"
            "    .dash { stroke-dasharray: 5 4; stroke-width: 1.4; }\n    %s\n"
            "    @media (prefers-color-scheme: dark) {\n    %s\n    }\n"
            "  </style>\n" % (rules(LIGHT), rules(DARK)))


def short(v):
    """A number for a label: three figures and a letter for its size."""
    for limit, letter in (1e9, "G"), (1e6, "M"), (1e3, "k"):
        if v >= limit:
            return short(v / limit) + " " + letter
    if v == int(v) or v >= 100:
        return "%.0f" % v
    return ("%.1f" if v >= 10 else "%.2f") % v


def tick(v):
    """As short as it can be: 1.5 M and not 1.50 M."""
    number, _, letter = short(v).partition(" ")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return (number + " " + letter).strip()


def ticks(top, n=4):
    """Round numbers from 0 to top or a little more."""
    if top <= 0:
        return [0, 1]
    raw = top / n
    size = 10 ** math.floor(math.log10(raw))
    step = next(s * size for s in (1, 2, 2.5, 5, 10) if s * size >= raw)
    return [i * step for i in range(int(math.ceil(top / step - 1e-9)) + 1)]


class Scale:
    """From values to places; logarithmic ones cover whole decades or thirds."""

    def __init__(self, values, log, tight=False):
        self.log = log
        if not log:
            self.marks = ticks(max(values))
            self.low, self.high = 0, self.marks[-1]
            return
        steps = sorted(s * 10.0 ** d for d in range(-2, 12)
                       for s in ((1,) if tight else (1, 2, 5)))
        low = max(s for s in steps if s <= min(values) * 1.0001)
        high = min(s for s in steps if s >= max(values) * 0.9999)
        self.low, self.high = low, max(high, low * 10)
        self.marks = [s for s in steps if low <= s <= self.high * 1.0001]
        if len(self.marks) > 7:
            self.marks = [s for s in self.marks
                          if abs(math.log10(s) - round(math.log10(s))) < 1e-6]

    def at(self, v):
        if self.log:
            return math.log(v / self.low) / math.log(self.high / self.low)
        return v / self.high


class Box:
    """Where a panel draws; text and lines are collected in parts."""

    def __init__(self, x, y, w, h):
        self.x, self.y, self.w, self.h = x, y, w, h
        self.parts = []

    def text(self, x, y, text, cls="n", anchor="middle"):
        self.parts.append('<text class="%s" x="%.1f" y="%.1f" '
                          'text-anchor="%s">%s</text>'
                          % (cls, x, y, anchor, escape(text)))

    def rule(self, x1, y1, x2, y2, cls="g"):
        self.parts.append('<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" '
                          'y2="%.1f"/>' % (cls, x1, y1, x2, y2))

    def rect(self, x, y, w, h, cls):
        self.parts.append('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" '
                          'height="%.1f"/>' % (cls, x, y, w, h))


class Bars:
    """Upright bars: [(label, value)]."""

    def __init__(self, title, bars, color=0, note=""):
        self.title, self.bars = title, bars
        self.color, self.note = color, note

    def draw(self, box):
        left, right = box.x + 44, box.x + box.w - 8
        top, bottom = box.y + 34, box.y + box.h - 40
        scale = Scale([v for _, v in self.bars], False)
        box.text(box.x + 6, box.y + 14, self.title, "t h", "start")
        for m in scale.marks:
            y = bottom - scale.at(m) * (bottom - top)
            box.rule(left, y, right, y)
            box.text(left - 6, y + 4, tick(m), anchor="end")
        step = (right - left) / len(self.bars)
        for i, (label, value) in enumerate(self.bars):
            x = left + step * (i + 0.5)
            y = bottom - scale.at(value) * (bottom - top)
            box.rect(x - step * 0.32, y, step * 0.64, bottom - y,
                     "f%d" % self.color)
            box.text(x, y - 5, short(value), "t")
            box.text(x, bottom + 16, label)
        box.text((left + right) / 2, bottom + 33, self.note)


class Lines:
    """Lines over x: [(name, color, [(x, y)])]; limit: (y, what it says)."""

    def __init__(self, title, lines, note="", x_log=True, y_log=False,
                 limit=None, y_tight=False):
        self.title, self.lines, self.note = title, lines, note
        self.x_log, self.y_log, self.limit = x_log, y_log, limit
        self.y_tight = y_tight

    def draw(self, box):
        left, right = box.x + 44, box.x + box.w - 14
        top, bottom = box.y + 34, box.y + box.h - 40
        points = [p for _, _, line in self.lines for p in line]
        sx = Scale([x for x, _ in points], self.x_log)
        heights = [y for _, y in points]
        if self.limit:
            heights.append(self.limit[0])
        sy = Scale(heights, self.y_log, self.y_tight)
        box.text(box.x + 6, box.y + 14, self.title, "t h", "start")
        for m in sy.marks:
            y = bottom - sy.at(m) * (bottom - top)
            box.rule(left, y, right, y)
            box.text(left - 6, y + 4, tick(m), anchor="end")
        for m in sx.marks:
            x = left + sx.at(m) * (right - left)
            box.rule(x, bottom, x, bottom + 4)
            box.text(x, bottom + 17, tick(m))
        box.text((left + right) / 2, bottom + 34, self.note)
        if self.limit:
            y = bottom - sy.at(self.limit[0]) * (bottom - top)
            box.rule(left, y, right, y, "l6 dash")
        for _, color, line in self.lines:
            at = [(left + sx.at(x) * (right - left),
                   bottom - sy.at(y) * (bottom - top)) for x, y in line]
            box.parts.append('<polyline class="line l%d" points="%s"/>' % (
                color, " ".join("%.1f,%.1f" % p for p in at)))
            for x, y in at:
                box.parts.append('<circle class="f%d" cx="%.1f" cy="%.1f" '
                                 'r="3"/>' % (color, x, y))
        self.legend(box, right)

    def legend(self, box, right):
        names = [(name, color) for name, color, _ in self.lines]
        if self.limit:
            names.append((self.limit[1], 6))
        if len(names) < 2:
            return
        x = right
        for name, color in reversed(names):
            x -= len(name) * LETTER
            box.text(x, box.y + 14, name, anchor="start")
            box.rect(x - 14, box.y + 5, 10, 10, "f%d" % color)
            x -= 24


class Rows:
    """Lying bars, each of parts: [(label, [(part, value)])]; one color a part,
    or, where each bar is of one part, those in colors, one a bar."""

    def __init__(self, title, rows, colors=None, note=""):
        self.title, self.rows, self.colors, self.note = title, rows, colors, note

    def draw(self, box):
        left = box.x + 14 + max(len(label) for label, _ in self.rows) * LETTER
        right = box.x + box.w - 56
        top = box.y + (28 if self.colors else 50)
        bottom = box.y + box.h - (44 if self.note else 26)
        box.text(box.x + 6, box.y + 14, self.title, "t h", "start")
        scale = Scale([sum(v for _, v in parts) for _, parts in self.rows], False)
        for m in scale.marks:
            x = left + scale.at(m) * (right - left)
            box.rule(x, top - 4, x, bottom)
            box.text(x, bottom + 16, tick(m))
        box.text(box.x + 6, bottom + 36, self.note, anchor="start")
        step = (bottom - top) / len(self.rows)
        for i, (label, parts) in enumerate(self.rows):
            y, x = top + step * i, left
            box.text(left - 8, y + step * 0.5 + 4, label, "t", "end")
            for k, (_, value) in enumerate(parts):
                w = scale.at(value) * (right - left)
                box.rect(x, y + step * 0.14, w, step * 0.72,
                         "f%d" % (self.colors[i] if self.colors else k))
                x += w
            box.text(x + 6, y + step * 0.5 + 4,
                     short(sum(v for _, v in parts)), "t", "start")
        if self.colors:
            return
        x = left
        for k, (part, _) in enumerate(self.rows[0][1]):
            box.rect(x, box.y + 26, 10, 10, "f%d" % k)
            box.text(x + 14, box.y + 35, part, anchor="start")
            x += 30 + len(part) * LETTER


def svg(title, desc, panels, width=760, height=260):
    """panels: side by side, each as wide as the others.  Return: the text."""
    each = width / len(panels)
    parts = []
    for i, panel in enumerate(panels):
        box = Box(each * i + 4, 6, each - 8, height - 12)
        panel.draw(box)
        parts += box.parts
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
            'width="%d" height="%d" font-family="%s" role="img" '
            'aria-labelledby="t d">\n  <title id="t">%s</title>\n'
            '  <desc id="d">%s</desc>\n%s'
            '  <rect class="page" width="%d" height="%d" rx="6"/>\n  %s\n</svg>\n'
            % (width, height, width, height, FONT, escape(title), escape(desc),
               style(), width, height, "\n  ".join(parts)))
