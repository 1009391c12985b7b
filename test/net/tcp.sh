#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# flows, connections and tcp_health, on real traffic of nginx, curl and iperf3, through a router
# that loses segments: their numbers are those that tshark finds in what tcpdump recorded on the
# same interfaces, and those of curl, iperf3, nstat and ss. How far times may be apart is what the
# comments of the programs say.
. "$(dirname "$0")/lib.sh"

for tool in iperf3 nginx tshark; do
	type $tool >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done
PORT=8080
# All of it on one CPU: on two, segments overtake each other between two who watch.
taskset -pc "$(taskset -pc $$ | sed -E 's/.*: ([0-9]+).*/\1/')" $$ >/dev/null

# near - middle - far: what near sends passes "left" (where the router loses some of it) and "right".
namespace near
namespace middle
namespace far
pair near out middle left
pair middle right far in
link() { # NAMESPACE INTERFACE NETWORK NUMBER
	nsenter "--net=/run/netns/$1" -- sysctl -q "net.ipv6.conf.$2.addr_gen_mode=1" \
		"net.ipv6.conf.$2.disable_ipv6=0"
	ip -n "$1" link set "$2" arp on
	ip -n "$1" addr add "10.$3.0.$4/24" dev "$2"
	ip -n "$1" addr add "fd00:$3::$4/64" dev "$2" nodad
	ip -n "$1" addr add "fe80::$4/64" dev "$2" nodad # what a router asks for neighbours from
	# A segment is a packet, for tcpdump as well.
	ip -n "$1" link set "$2" gso_max_segs 1
}
link near out 7 1
link middle left 7 2
link middle right 8 1
link far in 8 2
nsenter --net=/run/netns/middle -- sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -n near route add default via 10.7.0.2
ip -n near route add default via fd00:7::2
ip -n far route add default via 10.8.0.1
ip -n far route add default via fd00:8::1

head -c 300000 /dev/zero >"$WORK/page"
cat >"$WORK/nginx.conf" <<END
worker_processes 1;
daemon off;
pid $WORK/nginx.pid;
error_log $WORK/nginx.err;
events { worker_connections 64; }
http {
	access_log off;
	server {
		listen $PORT;
		listen [::]:$PORT;
		root $WORK;
		location /slow/ { alias $WORK/; limit_rate 150k; }
	}
}
END
chmod 755 "$WORK"
use far
"${IN[@]}" nginx -c "$WORK/nginx.conf" 2>"$WORK/nginx.out" &
NGINX=$!
"${IN[@]}" iperf3 -s -1 >"$WORK/iperf3.out" 2>&1 &
check "nginx listens" within 10 "${IN[@]}" bash -c "exec 9<>/dev/tcp/127.0.0.1/$PORT"
is_listening() { [ -n "$("${IN[@]}" ss -Hltn "sport = :5201")" ]; }
check "iperf3 listens" within 10 is_listening

# --- who watches

declare -A SCOPE_OF READINGS_OF TCPDUMP_OF
watch() { # NAMESPACE INTERFACE… : PROGRAM…
	local place=$1 interfaces=() program
	use "$1"
	shift
	while [ "$1" != : ]; do
		interfaces+=(-i "$1")
		shift
	done
	shift
	for program; do
		start "$program" "${interfaces[@]}" || exit 1
		SCOPE_OF[$place.$program]=$SCOPE READINGS_OF[$place.$program]=$READINGS
	done
}

record() { # NAMESPACE INTERFACE
	use "$1"
	"${IN[@]}" tcpdump -i "$2" -U -s 128 -w "$WORK/$1.pcap" --immediate-mode 2>"$WORK/$1.err" &
	TCPDUMP_OF[$1]=$!
	check "tcpdump listens in $1" within 10 grep -q listening "$WORK/$1.err"
}

record near out
record far in
use middle
start "$PROGRAMS/lossy.c" -i left --enforce || exit 1
SCOPE_OF[lossy]=$SCOPE
watch near out : connections flows tcp_health
watch middle left right : flows tcp_health
watch far in : tcp_health

# --- traffic

use near
counter() { "${IN[@]}" nstat -asz "$1" | awk -v name="$1" '$1 == name { print $2 }'; }
get() { # URL: what curl says that it sent and got
	"${IN[@]}" curl -sgo "$WORK/got" "$1" \
		-w '%{local_port} %{size_request} %{size_header} %{size_download}\n'
}
RESENT_BEFORE=$(counter TcpRetransSegs)
CURL=$(get "http://10.8.0.2:$PORT/slow/page"; get "http://[fd00:8::2]:$PORT/page") # a SYN is lost
get http://10.8.0.2:81/ >/dev/null # nobody listens
"${IN[@]}" iperf3 -c 10.8.0.2 -n 3M -J >"$WORK/iperf3.json"
# One that does not read for a while, one that goes without reading, and one that stays.
use far
"${IN[@]}" python3 "$HERE/tcp_ends.py" serve 7777 >"$WORK/serve" &
ENDS=$!
check "the odd server listens" within 30 grep -q listening "$WORK/serve"
use near
mkfifo "$WORK/stay"
"${IN[@]}" python3 "$HERE/tcp_ends.py" connect 10.8.0.2 7777 <"$WORK/stay" >"$WORK/connect" &
exec 6>"$WORK/stay"
check "a connection stays open" within 60 grep -q open "$WORK/connect"
OPEN=$(sed -n 's/open //p' "$WORK/connect")
READINGS=${READINGS_OF[near.flows]}
is_in_state() { # LOCAL PORT, STATE
	last '.tables.flows.rows[] | select(.text.local_port == $port) | .text.state' \
		--arg port "$1" | grep -qx "$2"
}
equal "ss has it as established" \
	"$("${IN[@]}" ss -Htn state established "sport = :$OPEN" | wc -l)" 1
check "flows has it as established" within 10 is_in_state "$OPEN" ESTABLISHED
exec 6>&-
check "and as closed once it is" within 10 is_in_state "$OPEN" CLOSED
RESENT=$(($(counter TcpRetransSegs) - RESENT_BEFORE))
wait "$ENDS"

for watcher in "${!SCOPE_OF[@]}"; do
	SCOPE=${SCOPE_OF[$watcher]}
	stop
	equal "$watcher ends well" "$STATUS" 0
done
kill "$NGINX" "${TCPDUMP_OF[@]}"
wait "${TCPDUMP_OF[@]}"

# --- what tshark finds

# Of each segment: stream, addresses and ports, relative sequence number, payload, RST, time,
# length of the frame, and whether tshark finds that it was sent again or came late, says an ACK
# once more, has no window; SYN, ACK and FIN; what it acknowledges; and whether it is a probe.
segments() { # NAMESPACE
	tshark -r "$WORK/$1.pcap" -Y tcp -T fields -E separator=/t -E occurrence=f -e tcp.stream \
		-e ip.src -e ipv6.src -e tcp.srcport -e ip.dst -e ipv6.dst -e tcp.dstport -e tcp.seq \
		-e tcp.len -e tcp.flags.reset -e frame.time_epoch -e frame.len -e tcp.analysis.retransmission \
		-e tcp.analysis.out_of_order -e tcp.analysis.duplicate_ack -e tcp.analysis.zero_window \
		-e tcp.flags.syn -e tcp.flags.ack -e tcp.flags.fin -e tcp.ack -e tcp.analysis.keep_alive \
		-e tcp.analysis.zero_window_probe 2>/dev/null | awk -F '\t' -v OFS=' ' '{
			for (i = 13; i <= 16; i++) $i = $i == "" ? 0 : 1
			print $1, $2 $3, $4, $5 $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
				$21 $22 == "" ? 0 : 1
		}'
}
for place in near far; do segments $place >"$WORK/$place.segments"; done

# A line for each stream: its end at near, bytes of payload in and out, frames and their bytes.
NEAR='{ out = $2 ~ /^(10.7.|fd00:7:)/; port = out ? $3 : $5 }'
streams() {
	awk "$NEAR"'{ end = $6 + $7
		if ($7 && end > last[port, out]) last[port, out] = end
		packets[port, out]++; bytes[port, out] += $10; ports[port]
	} END { for (port in ports) {
		for (out = 0; out < 2; out++)
			payload[out] = last[port, out] ? last[port, out] - 1 : 0
		print port, payload[0], payload[1], packets[port, 0], bytes[port, 0],
			packets[port, 1], bytes[port, 1]
	} }' "$WORK/near.segments" | sort
}
rows() { # WATCHER TABLE FIELDS
	READINGS=${READINGS_OF[$1]}
	last ".tables.$2.rows[] | \"$3\"" | sort
}
events() { # FIELDS: of connections
	grep '^{"event":' "${READINGS_OF[near.connections]}" | gojq -r "\"$1\""
}
port() { echo "\(.text.$1 // .$1)"; }

equal "connections: bytes of payload each way" \
	"$(events "\\(.text.what) $(port local_port) \\(.in_bytes) \\(.out_bytes)" |
		sed -n 's/^\(CLOSED\|RESET\|REFUSED\) //p' | sort)" "$(streams | cut -d' ' -f1-3)"
equal "connections: what curl sent and got" \
	"$(events "\\(.text.what) $(port remote_port) $(port local_port) \\(.out_bytes) \\(.in_bytes)" |
		sed -nE "s/^(CLOSED|RESET) $PORT //p")" "$(awk '{ print $1, $2, $3 + $4 }' <<<"$CURL")"
# It begins with a cookie, and what the client has written last may stay in its socket.
SENT=$(events "\\(.text.what) $(port remote_port) \\(.out_bytes)" | sed -nE 's/^(CLOSED|RESET) 5201 //p' |
	sort -n | tail -n 1)
check "connections: no less than iperf3 got" test "$SENT" -ge $(($(gojq .end.sum_received.bytes "$WORK/iperf3.json") + 37))
check "connections: no more than iperf3 sent" test "$SENT" -le $(($(gojq .end.sum_sent.bytes "$WORK/iperf3.json") + 37))
became() { # of each stream, by its packets
	awk "$NEAR"'{ there = out ? $5 : $3; syn = $15; ack = $16; fin = $17 }
		over[port] { next }
		syn && !ack { opener[port] = out; next }
		$8 { over[port] = 1; print there, syns[port] ? "RESET" : "REFUSED", opener[port] }
		over[port] { next }
		syn { syns[port] = 1; next }
		syns[port] && opener[port] == out && !opened[port]++ { print there, "OPENED", out }
		fin { fins[port, out] = 1 }
		fins[port, 0] && fins[port, 1] { over[port] = 1; print there, "CLOSED", opener[port] }
	' "$WORK/near.segments" | sed 's/ 1$/ LOCAL/; s/ 0$/ REMOTE/' | sort | uniq -c
}
BECAME=$(became)
equal "connections: what became of them" \
	"$(events "$(port remote_port) \\(.text.what) \\(.text.opened_by)" | sort | uniq -c)" "$BECAME"
contains "one was refused" "$BECAME" "81 REFUSED LOCAL"
contains "one was reset" "$BECAME" "7777 RESET LOCAL"

equal "flows: packets and bytes each way" \
	"$(rows near.flows flows "\\(.text.protocol) $(port local_port) \\(.in_packets) \\(.in_bytes) \\(.out_packets) \\(.out_bytes)" |
		sed -n 's/^TCP //p')" "$(streams | cut -d' ' -f1,4-)"
counts() { # WATCHER, ADDRESSES of the other end
	rows "$1.flows" flows "\\(.text.remote) \\(.text.protocol) $(port $3) \\(.$4_packets) \\(.$5_packets)" |
		sed -nE "s/^($2)[^ ]* TCP //p" | sort
}
equal "flows: a router has each once for each side, and there with the ends exchanged" \
	"$(counts middle '10.7|fd00:7' remote_port out in)" "$(counts near '10.8|fd00:8' local_port in out)"

# --- and of their health: by peer and way, as the watcher there has it

health() { # WATCHER: segments, what came twice or late, repeated ACKs, closed windows, resets
	rows "$1.tcp_health" peers "\\(.text.peer) \\(.text.way) \\(.segments) \\(.resent + .out_of_order) \\(.duplicate_acks) \\(.zero_windows) \\(.resets)"
}
found() { # NAMESPACE, what its addresses begin with
	awk -v here="$2" "$NEAR"'{ out = $2 ~ here; key = (out ? $4 : $2) " " (out ? "SENT" : "RECEIVED")
		n[key]++; again[key] += $11 || $12; acks[key] += $13; closed[key] += $14
		resets[key] += $8
	} END { for (key in n) print key, n[key], again[key], acks[key], closed[key], resets[key] }' \
		"$WORK/$1.segments" | sort
}
equal "tcp_health: where all is seen that is sent" "$(health near)" "$(found near '^(10.7.|fd00:7:)')"
equal "tcp_health: behind the loss" "$(health far)" "$(found far '^(10.8.|fd00:8:)')"
# A byte that went as a probe and was lost is sent again like one more probe.
PROBES=$(awk "$NEAR"'out && $19 { n++ } END { print n + 0 }' "$WORK/near.segments")
AGAIN=$(rows near.tcp_health peers '\(.text.way) \(.resent)' | awk '/^SENT/ { sum += $2 } END { print sum }')
check "tcp_health: resent is what the kernel sent again, but for probes" \
	[ "$AGAIN" -le "$RESENT" -a "$RESENT" -le $((AGAIN + PROBES)) ]
at() { # WATCHER, ADDRESSES of the other end
	health "$1" | sed -nE "s/^($2)[^ ]* (SENT|RECEIVED) //p" | sort
}
equal "tcp_health: a router sends nothing again; on one side it is as near has it" \
	"$(at middle '10.7|fd00:7')" "$(at near '10.8|fd00:8')"
equal "tcp_health: and on the other as far has it" \
	"$(at middle '10.8|fd00:8')" "$(at far '10.7|fd00:7')"
equal "tcp_health: as many handshakes as were completed" \
	"$(rows near.tcp_health peers '\(.text.way) \(.handshake.n)' |
		awk '/^SENT/ { sum += $2 } END { print sum }')" \
	"$(awk '$3 == "OPENED" { sum += $1 } END { print sum }' <<<"$BECAME")"
to_far() { # of the row of what near sends to far
	READINGS=${READINGS_OF[near.tcp_health]}
	last ".tables.peers.rows[] | select(.text.way == \"SENT\" and .text.peer == \"10.8.0.2\") | $1"
}
check "tcp_health: a SYN that was lost is a handshake of more than a second" \
	test "$(to_far .handshake.p99)" -gt 1000000000
FACTOR=$(tr -d '\n' <"$SOURCE/programs/tcp_health.c" | sed -n 's/.*within a factor of \([0-9]*\).*/\1/p')
# One segment a round trip, and none of which anything was sent twice.
MEDIAN=$(awk "$NEAR"'
	(out ? $4 : $2) != "10.8.0.2" || $8 { next }
	out && !$19 {
		end = $6 + $7 + $15 + $17
		if ($6 < last[port] && end != $6) {
			if ($6 < timed[port]) since[port] = 0
		} else if ($7 && !since[port]) {
			timed[port] = end
			since[port] = $9
		}
		if (end > last[port]) last[port] = end
	}
	!out && $16 && since[port] && $18 >= timed[port] {
		print int(($9 - since[port]) * 1e9)
		since[port] = 0
	}' "$WORK/near.segments" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }')
is_near() { (($1 <= $2 * FACTOR && $2 <= $1 * FACTOR)); }
check "tcp_health: round trips are those of the same segments in tshark's frames" is_near "$(to_far .round_trip.p50)" "$MEDIAN"

# --- and of single connections, what ss -ti says of them

# Segments are merged now; first over a slow line, whose queue is as long as the receiver's window
# lets it be, then over one that loses segments.
ip -n near link set out gso_max_segs 65535
ip -n far addr add 10.8.0.3/24 dev in
ip -n far addr add 10.8.0.4/24 dev in
tc -n middle qdisc add dev right root tbf rate 16mbit burst 16kb limit 400kb
use near
start tcp_health -i out || exit 1
HEALTH=$SCOPE HEALTH_READINGS=$READINGS
connection() { # ADDRESS: begins, and waits
	use far
	"${IN[@]}" python3 "$HERE/tcp_ends.py" take 7788 2000000 >"$WORK/take" &
	TAKES=$!
	check "who takes listens" within 30 grep -q listening "$WORK/take"
	use near
	rm -f "$WORK/orders"
	mkfifo "$WORK/orders"
	"${IN[@]}" python3 "$HERE/tcp_ends.py" give "$1" 7788 2000000 <"$WORK/orders" >"$WORK/give" &
	exec 6>"$WORK/orders"
	check "who gives is connected" within 30 grep -q connected "$WORK/give"
}
begins() {
	echo >&6
	check "all is taken" within 60 grep -q taken "$WORK/give"
	check "and counted" within 10 is_read_since "$(date +%s%N)"
}
ends() {
	exec 6>&-
	wait "$TAKES"
}
socket() { # ADDRESS FIELD: of ss, its part behind FIELD:
	"${IN[@]}" ss -Htin dst "$1" | sed -nE "s/.*[ \t]$2:([^ ]*).*/\1/p"
}
in_ns() { awk -F / '{ printf "%.0f\n", $1 * 1e6 }'; }
of_peer() { # ADDRESS FILTER: of what near sends there
	READINGS=$HEALTH_READINGS
	last ".tables.peers.rows[] | select(.text.way == \"SENT\" and .text.peer == \"$1\") | $2"
}
has_counted() { [ "$(of_peer "$1" "$2")" = "$3" ]; }
is_read_since() { [ "$(READINGS=$HEALTH_READINGS; last .time_ns)" -gt "$1" ]; }
PERCENT=$(tr -d '\n' <"$SOURCE/programs/tcp_health.c" | sed -n 's/.*smoothed is within \([0-9]*\) %.*/\1/p')
is_within() { (($1 * 100 <= $2 * (100 + PERCENT) && $1 * 100 >= $2 * (100 - PERCENT))); }

connection 10.8.0.3
check "tcp_health: a handshake is seen" within 10 has_counted 10.8.0.3 .handshake.n 1
check "tcp_health: it takes as long as the socket says" is_near "$(of_peer 10.8.0.3 .handshake.p50)" "$(socket 10.8.0.3 rtt | in_ns)"
begins
check "tcp_health: the round trip is as long as the socket says" is_within "$(of_peer 10.8.0.3 .smoothed)" "$(socket 10.8.0.3 rtt | in_ns)"
ends

tc -n middle qdisc del dev right root
use middle
start "$PROGRAMS/lossy.c" -i left --enforce -D LOST_SYN=0 || exit 1
LOSSY=$SCOPE LOSSY_READINGS=$READINGS
connection 10.8.0.4
begins
RESENT=$(of_peer 10.8.0.4 .resent)
equal "tcp_health: segments are sent again as often as the socket says" \
	"$RESENT" "$(socket 10.8.0.4 retrans | sed 's/.*\///')"
READINGS=$LOSSY_READINGS
NOW=$(date +%s%N)
is_told() { [ "$(last .time_ns)" -gt "$NOW" ]; }
check "what was lost is told" within 10 is_told
LOST=$(($(last '.tables.nt_segments.rows[] | select(.key == 1) | .value') / 23))
check "tcp_health: and what was lost was several in one" test "$RESENT" -gt $((2 * LOST))
ends
for SCOPE in "$LOSSY" "$HEALTH"; do
	stop
	equal "what watched a single connection ends well" "$STATUS" 0
done
finish
