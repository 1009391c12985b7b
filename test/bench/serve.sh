#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a page costs: scrapes a second by one client, and the memory and processor time of the
# process that holds the maps and of the one that serves, with nobody, and with a hundred
# readers who take each reading and the events.
#
# usage: serve.sh [SCRAPES [READERS]]    (default 20000 and 100; fewer with SKBSCOPE_BENCH_ROUNDS)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SCRAPES=${1:-$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 230 || echo 20000)}
READERS=${2:-100}
PORT=9464
URL=http://127.0.0.1:$PORT
ip link set lo up
make_network

# A thousand rows, which is as many as are served of a table, and an event for a packet in 50.
cat >"$WORK/rows.c" <<-END
	#include <uapi/linux/bpf.h>
	struct row { u64 packets; u64 bytes; };
	BPF_HASH(${PREFIX}rows, u32, struct row, 1024);
	BPF_PERF_OUTPUT(${PREFIX}events);
	int ${PREFIX}count(struct __sk_buff *skb)
	{
	    u32 key = bpf_get_prandom_u32() % 1000;
	    struct row zero = {}, *row = ${PREFIX}rows.lookup_or_try_init(&key, &zero);
	    if (row) {
	        lock_xadd(&row->packets, 1);
	        lock_xadd(&row->bytes, skb->len);
	    }
	    if (key < 20)
	        ${PREFIX}events.perf_submit(skb, &zero, sizeof(zero));
	    return -1;
	}
END

cpu() { "$PYTHON" -c 'import sys, time
print(int(time.clock_gettime((~int(sys.argv[1]) << 3) | 2) * 1e9))' "$1"; }
kilobytes() { sed -n "s/^$2:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$1/status"; }
now() { echo "${EPOCHREALTIME/./}"; }
memory() { # TITLE PROCESS
	printf '  %-44s %6d kB private, %6d files, %6d shared\n' "$1" "$(kilobytes "$2" RssAnon)" \
		"$(kilobytes "$2" RssFile)" "$(kilobytes "$2" RssShmem)"
}
has_rows() { [ "$(curl -s "$URL/tables" | gojq "[.tables[].entries // 0] | add")" = 1000 ]; }
readings() { # NUMBER more
	local last
	last=$(curl -s "$URL/healthz" | grep -o '[0-9]*' | head -n 1)
	check "readings go on" within 30 eval '[ "$(curl -s "$URL/healthz" | grep -o "[0-9]*" | head -n 1)" -ge '$((last + $1))' ]'
}
spent() { # TITLE: by both, over five readings
	local mine theirs start
	mine=$(cpu "$SCOPE") theirs=$(cpu "$SERVER") start=$(now)
	readings 5
	awk -v t="$1" -v us=$(($(now) - start)) -v a=$(($(cpu "$SCOPE") - mine)) -v b=$(($(cpu "$SERVER") - theirs)) \
		'BEGIN { printf "  %-44s %5.2f %% of a core the run, %5.2f %% the page\n", t, a / us / 10, b / us / 10 }'
}
scrape() { # PATH
	local start us
	start=$(now)
	curl -sS -o /dev/null --no-progress-meter "$URL/$1?[1-$SCRAPES]" || failed "$1 is scraped"
	us=$(($(now) - start))
	awk -v p="/$1" -v n="$SCRAPES" -v us="$us" -v b="$(curl -s "$URL/$1" | wc -c)" \
		'BEGIN { printf "  %-44s %8.0f a second, of %d bytes\n", p, n / us * 1e6, b }'
}

machine
start "$WORK/rows.c" -i in || finish
within 10 test -s "$READINGS"
echo "without a page:"
memory "the run" "$SCOPE"
stop

start "$WORK/rows.c" -i in --listen "$PORT" --metrics-file "$WORK/rows.prom" || finish
SERVER=$(pgrep -x skbscope-serve)
check "there are rows" within 60 has_rows
echo "with a page that nobody reads, and a file of metrics:"
spent "a reading a second"
memory "the run" "$SCOPE"
memory "the page" "$SERVER"

echo "scraped by one client, $SCRAPES times:"
scrape healthz
scrape metrics
scrape tables
memory "the run" "$SCOPE"
memory "the page" "$SERVER"

"$PYTHON" - "$PORT" "$READERS" "$WORK/all" <<-'END' &
	import http.client, selectors, socket, sys
	# Each reads events, and takes a reading when it hears of one, as the page does.
	loop = selectors.DefaultSelector()
	for i in range(int(sys.argv[2])):
	    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	    s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	    loop.register(s, selectors.EVENT_READ, http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])))
	open(sys.argv[3], "w").close()
	while True:
	    for key, _ in loop.select():
	        if b"event: reading" in key.fileobj.recv(65536):
	            key.data.request("GET", "/tables")
	            key.data.getresponse().read()
END
CROWD=$!
check "readers are there" within 30 test -e "$WORK/all"
readings 3
echo "with $READERS readers of events, who take each reading:"
spent "a reading a second"
memory "the run" "$SCOPE"
memory "the page" "$SERVER"
check "the process that holds the maps has at most 8 MB of its own" [ "$(kilobytes "$SCOPE" RssAnon)" -le 8192 ]
kill "$CROWD"
wait "$CROWD" 2>/dev/null
stop
stop_sending
finish
