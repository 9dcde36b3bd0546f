"""A DNS message as dig prints it: golang-dnstap, dnstap-read, dnstap-ldns.

The three write nearly the same text; where they differ, the differing line
is recognised by its form.  What one of them does not print is not in the
result, and is not compared.
"""

import ipaddress
import re

from notation import name_octets
from rdata import is_generic, rdata_octets
from rrtypes import class_number, opcode_number, rcode_number, type_number

SECTIONS = {
    "QUESTION": "qd", "ZONE": "qd",
    "ANSWER": "an", "PREREQUISITE": "an",
    "AUTHORITY": "ns", "UPDATE": "ns",
    "ADDITIONAL": "ar", "TSIG PSEUDO": "ar",
    "OPT PSEUDO": "opt",
}
SECTION = re.compile(r";; ([A-Z ]+?) ?SECTION:\s*$")
# A name has no bare white space in any of the tools' notations.
RECORD = re.compile(r"(?:; )?((?:\\.|[^\s\\])+)\s+([0-9]+)\s+(\S+)\s+(\S+)"
                    r"(?:[ \t]+(.*))?$", re.S)
QUESTION = re.compile(r";((?:\\.|[^\s\\])+)\s+(\S+)\s+(\S+)\s*$", re.S)
OPCODE = re.compile(r"opcode: (.*?), (?:status|rcode): (\w*), id: +([0-9]+)")
UNKNOWN_OPCODE = re.compile(r"(?:\?\? \(|RESERVED)([0-9]+)")
COUNTS = re.compile(r"(?:QUERY|QUESTION|ZONE): ([0-9]+), "
                    r"(?:ANSWER|PREREQ): ([0-9]+), "
                    r"(?:AUTHORITY|UPDATE): ([0-9]+), ADDITIONAL: ([0-9]+)")
EDNS = re.compile(r"EDNS: version:? ([0-9]+)[;,] flags: ?([a-z ]*)"
                  r".*udp: ([0-9]+)")
EXTENDED = re.compile(r"ext-rcode: ([0-9]+)")
FLAGS = ("qr", "aa", "tc", "rd", "ra", "ad", "cd")


LDNS_COMMENT = re.compile(r" ;\{[^\"]*\}$")


def record(owner, ttl, rrclass, rrtype, text):
    """One record; ldns writes key tags and sizes behind it as a comment."""
    number = type_number(rrtype)
    text = LDNS_COMMENT.sub("", text or "")
    return {"name": name_octets(owner), "type": number,
            "class": class_number(rrclass), "ttl": int(ttl),
            "rdata": rdata_octets(number, text),
            "generic": is_generic(text)}


def join_raw_newlines(lines):
    """golang-dnstap prints the octets of NULL data raw, newlines included:
    what does not begin a line of its own belongs to the record before."""
    out = []
    for line in lines:
        if out and out[-1] and "\tNULL\t" in out[-1] and line and \
                not line.startswith(";") and not RECORD.match(line):
            out[-1] += "\n" + line
        else:
            out.append(line)
    return out


def opcode(dns, word):
    unknown = UNKNOWN_OPCODE.match(word)
    if unknown:
        dns["opcode"] = int(unknown[1])
    elif word:  # golang-dnstap prints nothing for one it does not know
        dns["opcode"] = opcode_number(word)


def header(dns, line):
    m = OPCODE.search(line)
    if m:
        opcode(dns, m[1])
        dns["rcode"] = rcode_number(m[2])
        dns["id"] = int(m[3])
        return
    m = COUNTS.search(line)
    if m:
        for key, value in zip(("qd", "an", "ns", "ar"), m.groups()):
            dns[key + "count"] = int(value)
        words = line[len(";; flags:"):].split(";")[0].split()
        dns["flags"] = tuple(f for f in FLAGS if f in words)


def edns(dns, line):
    m = EDNS.search(line)
    if m:
        dns["edns.version"] = int(m[1])
        dns["edns.dnssec-ok"] = "do" in m[2].split()
        dns["edns.udp-size"] = int(m[3])
        dns.setdefault("options", [])
    return bool(m)


def subnet(text):
    """address/prefix/scope as the schema has it: prefix "address/n", scope"""
    address, prefix, scope = text.split("/")
    address = ipaddress.ip_address(address.strip("[]"))  # golang-dnstap
    return {"code": 8, "data": "%s/%s" % (address, prefix),
            "scope": int(scope)}


def extended_error(text):
    """code (purpose): (text); golang-dnstap writes empty text too"""
    m = re.match(r"([0-9]+) \((.*?)\)(?:: \((.*)\))?$", text, re.S)
    out = {"code": 15, "info-code": int(m[1]), "purpose": m[2]}
    if m[3]:
        out["data"] = m[3]
    return out


def option(line):
    """One line of the OPT pseudo-section: what it says in schema's words."""
    key, _, value = line[2:].partition(":")
    value = value.strip()
    if key in ("SUBNET", "CLIENT-SUBNET"):
        return subnet(value)
    if key == "COOKIE":
        out = {"code": 10, "client": value[:16]}
        if value[16:]:
            out["server"] = value[16:]
        return out
    if key == "NSID":
        # hex in one word, or octets apart; then a readable form
        digits = re.match(r"(?:[0-9a-f]{2} ?)*", value)[0].replace(" ", "")
        return {"code": 3, "data": digits} if digits else {"code": 3}
    if key == "EDE":
        return extended_error(value)
    if key == "PADDING":
        return {"code": 12, "length": len(value) // 2}
    if key == "PAD":
        return {"code": 12, "length": int(value.strip("()").split()[0])}
    if key in ("KEEPALIVE", "TCP KEEPALIVE"):
        return {"code": 11}
    if key == "EXPIRE":
        out = {"code": 9}
        if value:
            out["expire"] = int(value.split()[0])
        return out
    if key == "LOCAL OPT":
        code, _, digits = value.partition(":0x")
        return {"code": int(code), "data": digits}
    if key.startswith("OPT="):
        digits = re.match(r"(?:[0-9a-f]{2} ?)*", value)[0].replace(" ", "")
        return {"code": int(key[4:]), "data": digits}
    return {"code": "unknown: " + line}


def question(dns, line):
    m = QUESTION.match(line)
    if m and "qname" not in dns:
        dns["qname"] = name_octets(m[1])
        dns["qclass"] = class_number(m[2])
        dns["qtype"] = type_number(m[3])


def parse(text):
    """Fields of the message, flat; sections as lists of records."""
    dns = {"an": [], "ns": [], "ar": []}
    section = None
    for line in join_raw_newlines(text.split("\n")):
        if not line.strip():
            continue
        m = SECTION.match(line) if line.startswith(";; ") else None
        if m:
            section = SECTIONS.get(m[1], m[1])
        elif line.startswith((";; ->>", ";; opcode", ";; flags")):
            header(dns, line)
        elif line.startswith((";; EDNS", "; EDNS")) and edns(dns, line):
            m = EXTENDED.search(line)  # ldns prints the upper bits apart
            if m:
                dns["rcode"] |= int(m[1])
        elif line.startswith(";; Data: \\# "):
            dns["option-octets"] = bytes.fromhex(line.split()[4])
        elif section == "qd":
            question(dns, line)
        elif section == "opt":
            dns["options"].append(option(line))
        else:
            m = RECORD.match(line)
            if not m:
                raise ValueError("cannot read line %r" % line)
            dns[section].append(record(*m.groups()))
    return dns
