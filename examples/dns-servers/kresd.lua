-- Knot Resolver 5: into kresd.conf.  It answers no DNS before the socket takes
-- its handshake, and does not connect later: start tapferryd first.
modules.load('dnstap')
dnstap.config({
	socket_path = '/run/tapferry/dnstap.sock',
	identity = hostname(),
	client = { log_queries = true, log_responses = true },
})
