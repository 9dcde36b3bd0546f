#!/usr/bin/env bash
# Clients of the control socket that are strange, many, or slow: the flow does
# not notice, and the others are answered.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq python3

sock=$dir/control.sock
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; } );
limits = { max_connections = 3000; };
outputs = ( { name = "archive"; type = "file"; path = "$dir/events"; } );
control = { socket = "$sock"; };
END
daemon -c "$dir/tapferry.conf"
equal "the socket's mode" "$(stat -c %a "$sock")" 660

n=200000
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --count $n --connections 2000 \
	--rate 40000
all_open() {
	[ "$("$builddir/src/tapferryctl" -s "$sock" connections --limit 0 \
		--json | jq .total)" = 2000 ]
}
until_true 20 all_open || fail "no 2000 connections"

# each check prints its name, or fails with what it saw
python3 - "$sock" >"$dir/clients.out" <<'END' || fail "$(cat "$dir/clients.out")"
import json, socket, sys

def dial():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(30)
    return s

def ask(f, request):
    f.write(request if isinstance(request, bytes) else
            json.dumps(dict(request, v=1)).encode())
    f.write(b"\n")
    f.flush()
    return json.loads(f.readline())

def must(what, name, saw=None):
    print(name if what else "FAILED: %s: %s" % (name, saw))
    if not what:
        sys.exit(1)

good = dial().makefile("rwb")
for bad in b"", b"x", b"[]", b"{}", b"{", b"\0\0", b'{"v":1}', b"\xff" * 60, \
        b'{"v":2,"command":"status"}', b'{"v":1,"command":7}', \
        b'{"v":1,"command":"status","x":1}', b"[" * 60000:
    r = ask(good, bad)
    must(r["ok"] is False and r["error"] and r["cure"], "refused", r)
must(ask(good, {"command": "status"})["ok"], "answered after that")

# a reply of some hundred kilobytes that nobody reads, and one more client
slow = dial()
slow.sendall(b'{"v":1,"command":"connections","limit":100000}\n' * 200)
other = dial().makefile("rwb")
for i in range(50):
    must(ask(good, {"command": "status"})["ok"], "beside one that is slow")
    must(ask(other, {"command": "backends"})["ok"], "and another")

# requests one behind the other, replies in their order
for i in range(20):
    good.write(b'{"v":1,"command":"log-level"}\n{"v":1,"command":"nope"}\n')
good.flush()
for i in range(20):
    must(json.loads(good.readline())["ok"], "in order")
    must(not json.loads(good.readline())["ok"], "in order")

# more than there may be: the quietest go, who comes is served
crowd = [dial() for i in range(100)]
last = dial().makefile("rwb")
must(ask(last, {"command": "status"})["ok"], "the last of a crowd")

# what the slow one left behind is whole, when it is read at last
line = slow.makefile("rb").readline()
reply = json.loads(line)
listed = len(reply["result"]["connections"])
must(reply["ok"] and listed > 1000 and listed <= 2000, "read late", listed)

# more than a request may have
flood = dial()
try:
    for i in range(200):
        flood.sendall(b"x" * 1000)
except OSError:
    pass
END
finished sender 0 60
daemon_stop
equal delivered "$(ledger archive delivered)" $n
