"""The corpus: where it is, its captures and what other programs made of them."""

import glob
import os
import subprocess
import sys


def find():
    """$TAPFERRY_CORPUS, or ../shared/corpus beside the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.join(here, "..", "..")
    places = [os.environ.get("TAPFERRY_CORPUS"),
              os.path.join(top, "..", "shared", "corpus")]
    for place in places:
        if place and os.path.isdir(os.path.join(place, "captures")):
            return os.path.normpath(place)
    print("no corpus: set TAPFERRY_CORPUS to its folder; skipped")
    sys.exit(77)


def captures(root):
    """Captures by name ("public/" in front for the published ones)."""
    base = os.path.join(root, "captures")
    found = [f for pattern in ("*.fstrm", "*.dnstap",
                               "public/*.fstrm", "public/*.dnstap")
             for f in glob.glob(os.path.join(base, pattern))]
    return sorted(os.path.relpath(f, base) for f in found)


def read(path):
    """The octets of a file or of its .zst; None when there is neither."""
    if os.path.exists(path):
        with open(path, "rb") as f:
            return f.read()
    if os.path.exists(path + ".zst"):
        return subprocess.run(["zstd", "-dcq", path + ".zst"], check=True,
                              stdout=subprocess.PIPE).stdout
    return None


def reference(root, capture, suffix):
    """The text of one reference decoding, or None."""
    octets = read(os.path.join(root, "reference", capture + "." + suffix))
    if octets is None:
        return None
    return octets.decode("utf-8", "surrogateescape")
