#!/bin/sh
# A file may include headers from its own room and from the rooms ranked below.
rank='base:1 sync:2 net:3 wire:4 event:5 intake:6 collector:6 spool:6 deliver:7 monitor:8 control:9'
cd "${srcdir:-.}/src" || exit 99
grep -rn --include='*.[ch]' '^#include "' . | awk -v rank="$rank" '
	BEGIN { n = split(rank, r, " "); for (i = 1; i <= n; i++) { split(r[i], p, ":"); at[p[1]] = p[2] } }
	{
		split($0, f, "[/:]"); from = f[2]
		match($0, /"[^"]*"/); split(substr($0, RSTART + 1, RLENGTH - 2), t, "/"); to = t[1]
		if (!(to in at) || !(from in at)) next      # config.h; main.c and load/ see all
		if (from != to && at[to] >= at[from]) { print "layers: " $0; bad = 1 }
	}
	END { exit bad }'
