"""Record data: presentation format to wire octets.

A line of GRAMMAR is a type's fields in the order in which the RFCs write
them.  A field's reader takes tokens from the front of the list and returns
octets; names come out uncompressed and in lower case.
"""

import base64
import calendar
import ipaddress
import re
import time
from decimal import Decimal
from functools import lru_cache

from notation import name_octets, to_bytes, tokens, unescape
from rrtypes import TYPES, rcode_number, type_number

ALGORITHMS = {"RSAMD5": 1, "DH": 2, "DSA": 3, "RSASHA1": 5, "RSASHA256": 8,
              "RSASHA512": 10, "ECDSAP256SHA256": 13, "ECDSAP384SHA384": 14,
              "ED25519": 15, "ED448": 16}
CERT_TYPES = {"PKIX": 1, "SPKI": 2, "PGP": 3, "IPKIX": 4, "ISPKI": 5,
              "IPGP": 6, "ACPKIX": 7, "IACPKIX": 8, "URI": 253, "OID": 254}
SVC_KEYS = {"mandatory": 0, "alpn": 1, "no-default-alpn": 2, "port": 3,
            "ipv4hint": 4, "ech": 5, "ipv6hint": 6, "dohpath": 7}
SERVICES = {"tcp": 6, "udp": 17, "smtp": 25, "domain": 53}


def take(t):
    if not t:
        raise ValueError("too few fields")
    return t.pop(0)


def text(t):
    return take(t).decode("ascii")


def uint(size, words=None):
    def read(t):
        word = text(t)
        value = words[word] if words and word in words else int(word)
        return value.to_bytes(size, "big")
    return read


def name(t):
    return name_octets(take(t).decode("utf-8", "surrogateescape"))


def string(t):
    s = unescape(take(t))
    return bytes([len(s)]) + s


def strings(t):
    out = b""
    while t:
        out += string(t)
    return out


def bare(t):
    """A string to the end of the data, without a length octet."""
    return unescape(take(t))


def hexa(t):
    """Hex, either case, in any number of pieces."""
    out = bytes.fromhex(b"".join(t).decode("ascii"))
    t.clear()
    return out


def base64s(t):
    """Base 64, in any number of pieces."""
    joined = b"".join(t)
    t.clear()
    return base64.b64decode(joined, validate=True)


def salt(t):
    word = text(t)
    octets = b"" if word == "-" else bytes.fromhex(word)
    return bytes([len(octets)]) + octets


def base32(t):
    word = text(t).upper()
    octets = base64.b32hexdecode(word + "=" * (-len(word) % 8))
    return bytes([len(octets)]) + octets


def ip4(t):
    return ipaddress.IPv4Address(text(t)).packed


def ip6(t):
    return ipaddress.IPv6Address(text(t)).packed


def groups(t):
    """Four groups of hex (ILNP), leading zeros or not."""
    return b"".join(int(g, 16).to_bytes(2, "big") for g in text(t).split(":"))


def dashed(t):
    return bytes.fromhex(text(t).replace("-", ""))


def nsap(t):
    return bytes.fromhex(text(t)[2:].replace(".", ""))


def rrtype(t):
    return type_number(text(t)).to_bytes(2, "big")


def when(t):
    """Seconds, or YYYYMMDDHHMMSS (RFC 4034, 3.2)."""
    word = text(t)
    if len(word) == 14:
        return (calendar.timegm(time.strptime(word, "%Y%m%d%H%M%S")) &
                0xffffffff).to_bytes(4, "big")
    return int(word).to_bytes(4, "big")


def bitmap(t):
    windows = {}
    while t:
        n = type_number(text(t))
        bits = windows.setdefault(n >> 8, bytearray(32))
        bits[(n & 255) >> 3] |= 0x80 >> (n & 7)
    return b"".join(bytes([w, len(b.rstrip(b"\0"))]) + b.rstrip(b"\0")
                    for w, b in sorted(windows.items()))


def apl(t):
    out = b""
    while t:
        word = text(t)
        family, _, rest = word.lstrip("!").partition(":")
        address, _, prefix = rest.rpartition("/")
        octets = ipaddress.ip_address(address).packed.rstrip(b"\0")
        out += int(family).to_bytes(2, "big") + bytes(
            [int(prefix), len(octets) | (0x80 if word[0] == "!" else 0)])
        out += octets
    return out


def wks(t):
    out = ip4(t) + uint(1, SERVICES)(t)
    bits = bytearray(8192)
    while t:
        port = int.from_bytes(uint(2, SERVICES)(t), "big")
        bits[port >> 3] |= 0x80 >> (port & 7)
    return out + bits.rstrip(b"\0")


def gateway(kind, t):
    if kind == 0:
        take(t)
        return b""
    return (ip4, ip6, name)[kind - 1](t)


def ipseckey(t):
    head = bytes(int(text(t)) for _ in range(3))
    return head + gateway(head[1], t) + base64s(t)


def amtrelay(t):
    precedence, discovery, kind = (int(text(t)) for _ in range(3))
    return bytes([precedence, discovery << 7 | kind]) + gateway(kind, t)


def loc_size(t):
    """Centimetres as mantissa and power of ten (RFC 1876)."""
    cm = int(Decimal(text(t).rstrip("m")) * 100)
    power = 0
    while cm >= 10:
        cm, power = cm // 10, power + 1
    return bytes([cm << 4 | power])


def loc_angle(t, positive):
    degrees, minutes = int(take(t)), int(take(t))
    ms = int(Decimal(text(t)) * 1000) + (degrees * 60 + minutes) * 60000
    sign = 1 if text(t) == positive else -1
    return (0x80000000 + sign * ms).to_bytes(4, "big")


def loc(t):
    latitude, longitude = loc_angle(t, "N"), loc_angle(t, "E")
    altitude = int(Decimal(text(t).rstrip("m")) * 100) + 10000000
    sizes = b"".join(loc_size(t) for _ in range(3))
    return b"\0" + sizes + latitude + longitude + altitude.to_bytes(4, "big")


def svc_key(word):
    return SVC_KEYS[word] if word in SVC_KEYS else int(
        re.fullmatch("key([0-9]+)", word)[1])


def svc_list(value):
    """RFC 9460, appendix A.1: commas and backslashes of items are escaped
    once more inside the character-string."""
    items = re.findall(rb"((?:\\.|[^,\\])*)(?:,|$)", value, re.S)
    if items and items[-1] == b"" and not value.endswith(b","):
        items.pop()
    return [re.sub(rb"\\(.)", rb"\1", i, flags=re.S) for i in items]


def svc_value(key, value):
    if key == 0:
        return b"".join(svc_key(k.decode()).to_bytes(2, "big")
                        for k in svc_list(value))
    if key == 1:
        return b"".join(bytes([len(i)]) + i for i in svc_list(value))
    if key == 3:
        return int(value).to_bytes(2, "big")
    if key in (4, 6):
        return b"".join(ipaddress.ip_address(a.decode()).packed
                        for a in svc_list(value))
    if key == 5:
        return base64.b64decode(value, validate=True)
    return value


def svc_params(t):
    """key, key=value or key="value"; the quotes are notation."""
    out = b""
    while t:
        word, _, value = take(t).partition(b"=")
        if value[:1] == b'"':
            value = value[1:-1]
        key = svc_key(word.decode())
        octets = svc_value(key, unescape(value))
        out += key.to_bytes(2, "big") + len(octets).to_bytes(2, "big")
        out += octets
    return out


def tsig(t):
    out = name(t)
    signed = text(t)
    if len(signed) == 14:
        signed = calendar.timegm(time.strptime(signed, "%Y%m%d%H%M%S"))
    out += int(signed).to_bytes(6, "big") + uint(2)(t)
    mac = int(text(t))
    out += mac.to_bytes(2, "big")
    if mac:
        word = text(t)
        octets = (bytes.fromhex(word) if len(word) == 2 * mac
                  else base64.b64decode(word))
        out += octets
    out += uint(2)(t) + rcode_number_octets(t)
    other = int(text(t)) if t else 0
    return out + other.to_bytes(2, "big") + base64s(t)


def rcode_number_octets(t):
    word = text(t)
    value = int(word) if word.isdigit() else rcode_number(word)
    return value.to_bytes(2, "big")


U8, U16, U32 = uint(1), uint(2), uint(4)
ALG = uint(1, ALGORITHMS)
SIGNATURE = (rrtype, ALG, U8, U32, when, when, U16, name, base64s)

GRAMMAR = {
    "A": (ip4,), "AAAA": (ip6,),
    "SOA": (name, name, U32, U32, U32, U32, U32),
    "MX": (U16, name), "AFSDB": (U16, name), "RT": (U16, name),
    "KX": (U16, name), "LP": (U16, name), "PX": (U16, name, name),
    "RP": (name, name), "MINFO": (name, name),
    "SRV": (U16, U16, U16, name),
    "NAPTR": (U16, U16, string, string, string, name),
    "TXT": (strings,), "SPF": (strings,), "HINFO": (string, string),
    "X25": (string,), "ISDN": (strings,), "GPOS": (string, string, string),
    "CAA": (U8, string, bare), "URI": (U16, U16, bare),
    "NSAP": (nsap,), "LOC": (loc,), "APL": (apl,), "WKS": (wks,),
    "CERT": (uint(2, CERT_TYPES), U16, ALG, base64s),
    "DS": (U16, ALG, U8, hexa), "CDS": (U16, ALG, U8, hexa),
    "DLV": (U16, ALG, U8, hexa), "SSHFP": (U8, U8, hexa),
    "TLSA": (U8, U8, U8, hexa), "SMIMEA": (U8, U8, U8, hexa),
    "ZONEMD": (U32, U8, U8, hexa),
    "DNSKEY": (U16, U8, ALG, base64s), "KEY": (U16, U8, ALG, base64s),
    "CDNSKEY": (U16, U8, ALG, base64s),
    "RRSIG": SIGNATURE, "SIG": SIGNATURE,
    "NSEC": (name, bitmap), "CSYNC": (U32, U16, bitmap),
    "NSEC3": (U8, U8, U16, salt, base32, bitmap),
    "NSEC3PARAM": (U8, U8, U16, salt),
    "IPSECKEY": (ipseckey,), "AMTRELAY": (amtrelay,),
    "DHCID": (base64s,), "OPENPGPKEY": (base64s,),
    "EUI48": (dashed,), "EUI64": (dashed,), "NID": (U16, groups),
    "L32": (U16, ip4), "L64": (U16, groups),
    "SVCB": (U16, name, svc_params), "HTTPS": (U16, name, svc_params),
    "TSIG": (tsig,),
}
for plain in ("NS", "CNAME", "PTR", "DNAME", "MB", "MG", "MR", "MD", "MF"):
    GRAMMAR[plain] = (name,)
READERS = {TYPES[mnemonic]: fields for mnemonic, fields in GRAMMAR.items()}


def generic(t):
    """RFC 3597, section 5: \\# length hex."""
    t.pop(0)
    length = int(text(t))
    octets = hexa(t)
    if len(octets) != length:
        raise ValueError("\\# %d has %d octets" % (length, len(octets)))
    return octets


def is_generic(rdata_text):
    return rdata_text.startswith("\\#")


@lru_cache(maxsize=None)
def rdata_octets(rrtype_number, rdata_text):
    """The octets a text stands for; an explanation when it has none."""
    raw = to_bytes(rdata_text)
    if not raw.strip():
        return b""  # an empty rdata, as in UPDATE (RFC 2136, 2.4)
    try:
        t = tokens(raw)
        if is_generic(rdata_text):
            return generic(t)
        if rrtype_number not in READERS:
            return "no grammar for type %s: %s" % (rrtype_number, rdata_text)
        out = b"".join(read(t) for read in READERS[rrtype_number])
        if t:
            raise ValueError("too many fields")
        return out
    except (ValueError, KeyError, OverflowError, TypeError, AttributeError,
            UnicodeError) as error:
        return "unreadable (%s): %s" % (error, rdata_text)
