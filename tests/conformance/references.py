"""The reference decodings, each as a list of frames in one common form.

A frame is a flat dict: the names of the event schema where it has one, and
values in a form that does not depend on notation (numbers, octets, tuples).
Absent key: the program does not say.  None: it says that the field is absent.
"malformed" is what the program complains of, None if it is content.
A frame for which a program printed nothing is None.
"""

import ipaddress
import json
import re
from datetime import datetime, timezone

import digtext
from notation import name_octets
from rrtypes import rcode_number

ENVELOPE = {  # name in dnstap.proto: name in the schema
    "type": "operation", "socket_family": "family",
    "socket_protocol": "protocol", "query_address": "query-ip",
    "response_address": "response-ip", "query_port": "query-port",
    "response_port": "response-port",
}
SECOND = 10 ** 9


def lines(text):
    """Lines that end in LF only: str.splitlines() knows many other ends."""
    return text.rstrip("\n").split("\n") if text else []


def address(text):
    """An address in one spelling; the index and the event have octets that
    are none in hex, and the event says nothing of an empty one."""
    text = text.removeprefix("hex:")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text or None


def instant(text, step):
    """A time in nanoseconds, and the step it was cut to."""
    m = re.match(r"(\S+)[T ]([0-9:]+)(?:\.([0-9]+))?", text)
    whole = datetime.strptime(m[1] + m[2], "%Y-%m-%d%H:%M:%S")
    seconds = int(whole.replace(tzinfo=timezone.utc).timestamp())
    return seconds * SECOND + int((m[3] or "0").ljust(9, "0")), step


def add_message(frame, texts, failed):
    """The message the event shows: the response, if there is one."""
    for which in ("response_message", "query_message"):
        if which in texts:
            frame.update(digtext.parse(texts[which]))
            frame["malformed"] = None
            return
        if which in failed:
            frame["malformed"] = failed[which]
            return


# -- golang-dnstap, JSON -----------------------------------------------------

def golang_frame(doc):
    message = doc["message"]
    frame = {ENVELOPE[k]: message[k] for k in ENVELOPE if k in message}
    for key in ("identity", "version"):
        frame[key] = doc.get(key)
    for key in ("query-ip", "response-ip"):
        if key in frame:
            frame[key] = address(frame[key])
    for key in ("query", "response"):
        if key + "_time" in message:
            frame[key + "-time"] = instant(message[key + "_time"], 1)
    if "query_zone" in message:
        frame["query-zone"] = name_octets(message["query_zone"])
    texts, failed = {}, {}
    for key in ("query_message", "response_message"):
        if message.get(key, "").startswith("parse failed"):
            failed[key] = message[key]
        elif key in message:
            texts[key] = message[key]
    add_message(frame, texts, failed)
    return frame


def golang(text):
    docs = (json.loads(line) for line in lines(text))
    return [None if "no_output" in d else golang_frame(d) for d in docs]


# -- dnstap-read and dnstap-ldns, YAML ---------------------------------------

FIELD = re.compile(r" {0,2}(\w+): ?(.*)$")
FAILED = re.compile(r"  # (\w+): parse failed")


def unquote(text):
    return json.loads(text) if text.startswith('"') else text


def yaml_blocks(doc):
    """Fields, block texts and failures of one document.

    Only the YAML that these programs write: fields indented by 0 or 2, blocks
    ("field: |") by 4.  What lies deeper repeats the block's text.
    """
    fields, texts, failed, block = {}, {}, {}, None
    for line in doc.split("\n"):
        if line.startswith("    "):
            if block is not None:
                block.append(line[4:])
            continue
        if not line:
            continue
        if block is not None and "\t" in line:
            block.append(";" + line)  # ldns: a second question, not indented
            continue
        m = FAILED.match(line)
        if m:
            failed[m[1]] = "parse failed"
            continue
        m = FIELD.match(line)
        if not m:
            raise ValueError("cannot read line %r" % line)
        block = texts.setdefault(m[1], []) if m[2] == "|" else None
        if block is None:
            fields["dnstap_type" if line[0] == "t" else m[1]] = m[2]
    return fields, {k: "\n".join(v) for k, v in texts.items()}, failed


def yaml_frame(doc, step):
    fields, texts, failed = yaml_blocks(doc)
    frame = {}
    for key, ours in ENVELOPE.items():
        if key in fields:
            frame[ours] = unquote(fields[key])
    for key in ("query-ip", "response-ip"):
        if key in frame:
            frame[key] = address(frame[key])
    for key in ("query-port", "response-port"):
        if key in frame:
            frame[key] = int(frame[key])
    for key in ("query", "response"):
        if key + "_time" in fields:
            frame[key + "-time"] = instant(
                fields[key + "_time"].replace("!!timestamp ", ""), step)
    for key in ("identity", "version"):
        frame[key] = unquote(fields[key]) if key in fields else None
    if "query_zone" in fields:
        frame["query-zone"] = name_octets(unquote(fields["query_zone"]))
    if "message_size" in fields:
        frame["length"] = int(fields["message_size"].rstrip("b"))
    add_message(frame, texts, failed)
    return frame


def yaml_frames(text, step):
    frames = []
    for doc in re.split(r"^---\n", text, flags=re.M):
        while doc.startswith("# frame"):  # "... N: no output: why"
            frames.append(None)
            doc = doc.partition("\n")[2]
        if doc.strip():
            frames.append(yaml_frame(doc, step))
    return frames


def dnstap_read(text):
    return yaml_frames(text, SECOND)


def dnstap_ldns(text):
    frames = yaml_frames(text, 1000)
    for frame in frames:
        # ldns takes the OPT record out of the section and out of its count
        if frame and "edns.version" in frame:
            frame["arcount"] += 1
            # and prints the options' octets, if there are any
            del frame["options"]
            frame.setdefault("option-octets", b"")
    return frames


# -- index: Google protobuf and dnspython ------------------------------------

def index_text(value):
    """Octets that are no printable UTF-8 are in hex."""
    if value is None or not value.startswith("hex:"):
        return value
    return bytes.fromhex(value[4:]).decode("utf-8", "replace")


def index_time(doc, which):
    if which + "_time_sec" not in doc:
        return None
    return (doc[which + "_time_sec"] * SECOND +
            doc.get(which + "_time_nsec", 0), 1)


def index_zone(text):
    """In hex when the octets are no name: then the event has no zone."""
    if text is None or text.startswith("hex:"):
        return None
    return name_octets(text)


POLICY = re.compile(r'(\w+): (?:"((?:\\.|[^"\\])*)"|(\w+))')


def index_policy(text):
    """Protobuf's text format; octets are \\NNN in octal.  Rule and value are
    names (of plain letters, in this corpus) in wire format."""
    out = {"policy-" + key: None
           for key in ("type", "rule", "action", "match", "value")}
    for key, quoted, word in POLICY.findall(text or ""):
        if key in ("rule", "value"):
            octets = quoted.encode().decode("unicode_escape")
            word = ".".join(re.findall(r"[a-z]+", octets))
        out["policy-" + key] = word or quoted
    return out


def index_header(m):
    frame = {"id": m["id"], "opcode": m["opcode"],
             "flags": tuple(f for f in digtext.FLAGS if m[f])}
    for key in ("qd", "an", "ns", "ar"):
        frame[key + "count"] = m[key]
    if "rcode_text" in m:
        frame["rcode"] = rcode_number(m["rcode_text"])
    if "qtype_n" in m:
        frame["qtype"], frame["qclass"] = m["qtype_n"], m["qclass_n"]
    if "qname_wire" in m:
        frame["qname"] = (bytes.fromhex(m["qname_wire"]).lower()
                          if m["qname_wire"] else None)
    return frame


def index_edns(m):
    e = m.get("edns")
    if e is None:
        return {"edns.version": None}
    return {"edns.version": e["version"], "edns.udp-size": e["payload"],
            "edns.dnssec-ok": e["do"],
            "exact-options": [(o["code"], bytes.fromhex(o["hex"]))
                              for o in e["options"]]}


def index_record(text):
    """dnspython's text of an answer, which the index cuts at 400 characters:
    the data of a record that long is not compared."""
    r = digtext.record(*digtext.RECORD.match(text).groups())
    if len(text) >= 400:
        del r["rdata"]
    return r


def index_message(m):
    frame = {"length": m["len"], "raw-sha256": m["sha256"],
             "malformed": m.get("dnspython_error")}
    if "id" in m:
        frame.update(index_header(m))
    if frame["malformed"]:
        return frame
    frame.update(index_edns(m))
    for section, key in (("an", "answer"), ("ns", "authority"),
                         ("ar", "additional")):
        frame[section + ".types"] = m.get(key + "_types", [])
    # UPDATE's prerequisites come without a TTL: not comparable
    if "answer_text" in m and m["opcode_text"] != "UPDATE":
        frame["an"] = [index_record(t) for t in m["answer_text"]]
    return frame


def index_frame(doc):
    frame = {ours: doc.get(key) for key, ours in ENVELOPE.items()}
    for key in ("query-ip", "response-ip"):
        if frame[key] is not None:
            frame[key] = address(frame[key])
    for key in ("identity", "version", "extra"):
        frame[key] = index_text(doc.get(key))
    for key in ("query", "response"):
        frame[key + "-time"] = index_time(doc, key)
    frame["query-zone"] = index_zone(doc.get("query_zone"))
    frame["http-protocol"] = doc.get("http_protocol")
    frame.update(index_policy(doc.get("policy")))
    m = doc.get("response_message") or doc.get("query_message")
    frame["has-message"] = m is not None
    if m:
        frame.update(index_message(m))
    return frame


def index(text):
    return [index_frame(json.loads(line)) for line in lines(text)]


# suffix of the file, its reader, whether it keeps the order of records
# (BIND and dnspython gather records into sets of one name and type)
TOOLS = {
    "index": ("index.jsonl", index, False),
    "golang": ("golang.jsonl", golang, True),
    "dnstap-read": ("dnstap-read.yaml", dnstap_read, False),
    "dnstap-ldns": ("dnstap-ldns.yaml", dnstap_ldns, True),
}
