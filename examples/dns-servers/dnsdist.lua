-- dnsdist: into dnsdist.conf.
-- Over TCP: newFrameStreamTcpLogger("192.0.2.1:6000", ...)
local tap = newFrameStreamUnixLogger("/run/tapferry/dnstap.sock",
	{ inputQueueSize = 16384 })
addAction(AllRule(), DnstapLogAction("dnsdist", tap))
addResponseAction(AllRule(), DnstapLogResponseAction("dnsdist", tap))
addCacheHitResponseAction(AllRule(), DnstapLogResponseAction("dnsdist", tap))
