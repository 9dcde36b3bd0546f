"""Our own events (dialect native, schema.md) in the references' common form.

Strict: a member that the schema does not name, or of another JSON type than
the schema's, is an error here and not a difference.
"""

import base64
import hashlib
import json
from decimal import Decimal

from digtext import FLAGS, record
from notation import name_octets
from references import address, instant
from rrtypes import class_number, opcode_number, rcode_number, type_number

TEXT, NUMBER, BOOL = str, int, bool
SCHEMA = {
    "network": {"family": TEXT, "protocol": TEXT, "query-ip": TEXT,
                "query-port": NUMBER, "response-ip": TEXT,
                "response-port": NUMBER, "http-protocol": TEXT},
    "dns": {"id": NUMBER, "length": NUMBER, "opcode": TEXT, "rcode": TEXT,
            "qname": TEXT, "qtype": TEXT, "qclass": TEXT, "qdcount": NUMBER,
            "ancount": NUMBER, "nscount": NUMBER, "arcount": NUMBER,
            "flags": {flag: BOOL for flag in FLAGS},
            "resource-records": {s: list for s in ("an", "ns", "ar")},
            "malformed-packet": BOOL, "raw": TEXT},
    "edns": {"udp-size": NUMBER, "rcode": NUMBER, "version": NUMBER,
             "dnssec-ok": BOOL, "options": list},
    "dnstap": {"operation": TEXT, "identity": TEXT, "version": TEXT,
               "extra": TEXT, "query-zone": TEXT, "query-time": TEXT,
               "response-time": TEXT, "latency": Decimal,
               "policy-type": TEXT, "policy-rule": TEXT,
               "policy-action": TEXT, "policy-match": TEXT,
               "policy-value": TEXT},
    "@timestamp": TEXT,
}
RECORD = {"name": TEXT, "rdatatype": TEXT, "class": TEXT, "ttl": NUMBER,
          "rdata": TEXT}


def check(value, schema, path):
    """Raises ValueError where an event departs from the schema's shape."""
    if isinstance(schema, dict):
        if type(value) is not dict:
            raise ValueError("%s is no object" % path)
        for key, member in value.items():
            if key not in schema:
                raise ValueError("%s.%s is not in the schema" % (path, key))
            check(member, schema[key], path + "." + key)
    elif schema is Decimal:
        if type(value) not in (int, Decimal):
            raise ValueError("%s is no number" % path)
    elif type(value) is not schema:
        raise ValueError("%s is %r" % (path, value))


def native_record(r):
    check(r, RECORD, "record")
    out = record(r["name"], r["ttl"], r["class"], r["rdatatype"], r["rdata"])
    out["text"] = r["rdata"]
    return out


def dns_part(dns):
    frame = {"length": dns.get("length"), "id": dns.get("id"),
             "malformed": dns.get("malformed-packet")}
    for key, to_number in (("opcode", opcode_number), ("rcode", rcode_number),
                           ("qtype", type_number), ("qclass", class_number)):
        frame[key] = to_number(dns[key]) if key in dns else None
    for key in ("qdcount", "ancount", "nscount", "arcount"):
        frame[key] = dns.get(key)
    frame["qname"] = name_octets(dns["qname"]) if "qname" in dns else None
    if "flags" in dns:
        frame["flags"] = tuple(f for f in FLAGS if dns["flags"][f])
    if "raw" in dns:
        octets = base64.b64decode(dns["raw"], validate=True)
        frame["raw-sha256"] = hashlib.sha256(octets).hexdigest()
    for section, records in dns.get("resource-records", {}).items():
        frame[section] = [native_record(r) for r in records]
    return frame


def native_frame(event):
    check(event, SCHEMA, "event")
    network, tap = event.get("network", {}), event.get("dnstap", {})
    frame = {key: network.get(key) for key in SCHEMA["network"]}
    for key in ("query-ip", "response-ip"):
        if key in network:
            frame[key] = address(network[key])
    for key in ("operation", "identity", "version", "extra"):
        frame[key] = tap.get(key)
    for key in SCHEMA["dnstap"]:
        if key.startswith("policy-"):
            frame[key] = tap.get(key)
    for key in ("query-time", "response-time"):
        frame[key] = instant(tap[key], 1) if key in tap else None
    frame["time"] = instant(event["@timestamp"], 1)
    frame["latency"] = tap.get("latency")
    frame["query-zone"] = (name_octets(tap["query-zone"])
                           if "query-zone" in tap else None)
    frame["has-message"] = "dns" in event
    if "dns" in event:
        frame.update(dns_part(event["dns"]))
    edns = event.get("edns", {})
    for key in ("version", "udp-size", "dnssec-ok"):
        frame["edns." + key] = edns.get(key)
    frame["options"] = edns.get("options", [])
    return frame


def parse_line(line):
    """One line of output: valid UTF-8, valid JSON, an event of the schema."""
    def constant(word):
        raise ValueError("%s is no JSON" % word)
    text = line.decode("utf-8")  # strict
    event = json.loads(text, parse_float=Decimal, parse_constant=constant)
    return event


def native(octets):
    """The events of decode_capture's output."""
    lines = octets.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return [native_frame(parse_line(line)) for line in lines]
