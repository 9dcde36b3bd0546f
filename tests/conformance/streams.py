"""Frame Streams as protocols.md has it: what a listener must make of a
stream.  A second reading of the rules, to hold the daemon against."""

ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5
TYPE = b"protobuf:dnstap.Dnstap"
MAX_CONTROL, MAX_TYPE = 512, 256
IMPOSSIBLE = 64 * 1024 * 1024


def u32(n):
    return n.to_bytes(4, "big")


def data(payload):
    return u32(len(payload)) + payload


def control(kind, content_type=None):
    field = b"" if content_type is None else (
        u32(1) + u32(len(content_type)) + content_type)
    return u32(0) + u32(4 + len(field)) + u32(kind) + field


class Listener:
    """Takes a whole stream; says what it keeps, answers, and if it hangs up.

    frames:   payloads of the data frames taken
    skipped:  data frames above max_frame, counted and passed over
    replies:  octets sent to the peer
    closes:   hangs up by itself, before the peer does
    """

    def __init__(self, stream, max_frame=256 * 1024):
        self.frames, self.skipped, self.replies = [], 0, b""
        self.closes = False
        self.state, self.bidirectional = "first", False
        pos = 0
        while not self.closes:
            step = self.step(stream, pos, max_frame)
            if step is None:
                break
            pos = step

    def step(self, stream, pos, max_frame):
        """The position behind the next frame; None when it is not whole."""
        if len(stream) - pos < 4:
            return None
        length = int.from_bytes(stream[pos:pos + 4], "big")
        if length:
            return self.data(stream, pos + 4, length, max_frame)
        if len(stream) - pos < 8:
            return None
        length = int.from_bytes(stream[pos + 4:pos + 8], "big")
        if not 4 <= length <= MAX_CONTROL:
            self.closes = True
            return pos
        end = pos + 8 + length
        if end > len(stream):
            return None
        self.closes = not self.control(stream[pos + 8:end])
        return end

    def data(self, stream, pos, length, max_frame):
        if length > IMPOSSIBLE:
            self.closes = True
            return pos
        if length > max_frame:
            self.skipped += 1
            return pos + length if pos + length <= len(stream) else None
        if pos + length > len(stream):
            return None
        if self.state != "open":
            self.closes = True
        else:
            self.frames.append(stream[pos:pos + length])
        return pos + length

    def control(self, payload):
        """Is the connection kept?"""
        kind = int.from_bytes(payload[:4], "big")
        types = content_types(payload[4:])
        if types is None:
            return False
        if kind == READY and self.state in ("first", "accepted"):
            if TYPE not in types:
                return False
            self.replies += control(ACCEPT, TYPE)
            self.state, self.bidirectional = "accepted", True
            return True
        if kind == START and self.state in ("first", "accepted"):
            self.state = "open"
            return types == [TYPE]
        if kind == STOP and self.state == "open" and self.bidirectional:
            self.replies += control(FINISH)
        return False


def content_types(fields):
    """Content types among a control frame's fields; None: cannot be read."""
    types, pos = [], 0
    while pos < len(fields):
        kind = int.from_bytes(fields[pos:pos + 4], "big")
        length = int.from_bytes(fields[pos + 4:pos + 8], "big")
        pos += 8 + length
        if pos > len(fields):
            return None
        if kind == 1:
            if length > MAX_TYPE:
                return None
            types.append(fields[pos - length:pos])
    return types
