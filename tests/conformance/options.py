"""EDNS options: what the schema makes of an option's octets.

Written from schema.md, the RFCs and IANA's registry, to hold events against
references that give an option's octets (the index, dnstap-ldns).
"""

import ipaddress

NAMES = {1: "LLQ", 2: "UL", 3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U",
         8: "CSUBNET", 9: "EXPIRE", 10: "COOKIE", 11: "KEEPALIVE",
         12: "PADDING", 13: "CHAIN", 14: "KEY-TAG", 15: "EDE",
         16: "CLIENT-TAG", 17: "SERVER-TAG", 18: "REPORT-CHANNEL",
         19: "ZONEVERSION"}


def number(octets):
    return int.from_bytes(octets, "big")


def split(octets):
    """The whole options of an OPT record's data."""
    out, pos = [], 0
    while pos + 4 <= len(octets):
        code, length = number(octets[pos:pos + 2]), number(
            octets[pos + 2:pos + 4])
        pos += 4 + length
        if pos > len(octets):
            break
        out.append((code, octets[pos - length:pos]))
    return out


def subnet(octets):
    """RFC 7871: family, source and scope prefix, address cut to its octets"""
    size = {1: 4, 2: 16}.get(number(octets[:2]))
    if size is None or len(octets) != 4 + (octets[2] + 7) // 8:
        return None
    address = ipaddress.ip_address(octets[4:].ljust(size, b"\0"))
    try:
        ipaddress.ip_network("%s/%d" % (address, octets[2]))
    except ValueError:  # bits behind the prefix, or a prefix too long
        return None
    return {"data": "%s/%d" % (address, octets[2]), "scope": octets[3]}


def expire(octets):
    if len(octets) not in (0, 4):
        return None
    return {"expire": number(octets)} if octets else {}


def cookie(octets):
    if len(octets) != 8 and not 16 <= len(octets) <= 40:
        return None
    out = {"client": octets[:8].hex()}
    if octets[8:]:
        out["server"] = octets[8:].hex()
    return out


def keepalive(octets):
    if len(octets) not in (0, 2):
        return None
    return {"timeout": number(octets) / 10} if octets else {}


def padding(octets):
    return {"length": len(octets)}


def extended_error(octets):
    if len(octets) < 2:
        return None
    text = octets[2:-1] if octets[2:].endswith(b"\0") else octets[2:]
    out = {"info-code": number(octets[:2])}
    if text:
        out["data"] = text.decode("utf-8", "replace")
    return out


FORMATS = {8: subnet, 9: expire, 10: cookie, 11: keepalive, 12: padding,
           15: extended_error}


def expected(code, octets):
    """The members of the option's object; of what has no format, or not its
    format, the octets in hex."""
    out = {"code": code, "name": NAMES.get(code, "OPT%d" % code)}
    said = FORMATS[code](octets) if code in FORMATS else None
    if said is not None:
        out.update(said)
    elif octets:
        out["data"] = octets.hex()
    return out
