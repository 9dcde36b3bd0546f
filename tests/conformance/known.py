"""Known differences: what a reference gets wrong, or prints otherwise.

known-differences.tsv has a line a difference or a pattern of them: capture,
frame, tool, field, ours, theirs (in which "*" stands for anything), how often
it occurs, and why the reference is not followed.  A line that matches more or
fewer differences than it says is an error: nothing hides behind a pattern,
and nothing stays in the file that no longer happens.
"""

import re

COLUMNS = 6


class Entry:
    def __init__(self, number, cells):
        self.number = number
        self.patterns = [re.compile(".*".join(map(re.escape, c.split("*"))),
                                    re.S) for c in cells[:COLUMNS]]
        self.expected = int(cells[COLUMNS])
        self.reason = cells[COLUMNS + 1]
        self.found = 0

    def matches(self, difference):
        return all(p.fullmatch(str(c))
                   for p, c in zip(self.patterns, difference))


def load(path):
    entries = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith(("#", "capture\t")):
                continue
            cells = line.split("\t")
            if len(cells) != COLUMNS + 2 or not cells[-1].strip():
                raise SystemExit("%s:%d: want %d columns and a reason" %
                                 (path, number, COLUMNS + 2))
            entries.append(Entry(number, cells))
    return entries


def explain(entries, differences):
    """Differences that no entry explains."""
    left = []
    for difference in differences:
        for entry in entries:
            if entry.matches(difference):
                entry.found += 1
                break
        else:
            left.append(difference)
    return left
