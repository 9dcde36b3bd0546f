-- PowerDNS Recursor: into the file that lua-config-file= names.
-- It logs what it asks other servers; answers from its cache are not seen.
dnstapFrameStreamServer({ "/run/tapferry/dnstap.sock" },
	{ logQueries = true, logResponses = true, inputQueueSize = 16384 })
