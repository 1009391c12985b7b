#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# balance between three real nginx servers: new connections by weight, answers under the
# service's own address, right checksums by tshark's word whoever computes them, and no
# request that fails while weights change and a server is taken out.
. "$(dirname "$0")/lib.sh"
for tool in nginx curl tshark ethtool python3; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

SERVICE4=10.8.0.100 SERVICE6=fd00:8::100 PORT=80
CONNECTIONS=6000 # from ports that are the same each time, and so are the shares

# --- a client, a router, three servers ---

namespace client
namespace router
cable() { # CLIENT-SIDE INTERFACE ROUTER-INTERFACE NETWORK: .1 there, .254 at the router
	pair "$1" "$2" router "$3"
	for side in "$1 $2 1" "router $3 254"; do
		read -r where what host <<<"$side"
		nsenter "--net=/run/netns/$where" -- sysctl -q "net.ipv6.conf.$what.disable_ipv6=0"
		ip -n "$where" link set "$what" arp on
		ip -n "$where" addr add "10.8.$4.$host/24" dev "$what"
		ip -n "$where" addr add "fd00:8:0:$4::$host/64" dev "$what" nodad
	done
	ip -n "$1" route add default via "10.8.$4.254"
	ip -n "$1" route add default via "fd00:8:0:$4::254"
}
cable client c0 rc 0
for i in 1 2 3; do
	namespace server$i
	cable server$i s0 rs$i $i
done
use router
"${IN[@]}" sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -n router addr add $SERVICE4/32 dev rc
ip -n router addr add $SERVICE6/128 dev rc nodad

head -c 700000 /dev/urandom >"$WORK/large"
declare -A NGINX
serve() { # NUMBER
	local home=$WORK/server$1
	mkdir -p "$home"
	cat >"$home/nginx.conf" <<-END
		daemon off;
		master_process off;
		user root;
		pid $home/pid;
		error_log $home/error.log;
		events { worker_connections 4096; }
		http {
			access_log off;
			client_body_temp_path $home/body;
			proxy_temp_path $home/proxy;
			fastcgi_temp_path $home/fastcgi;
			uwsgi_temp_path $home/uwsgi;
			scgi_temp_path $home/scgi;
			client_max_body_size 10m;
			keepalive_requests 1000000;
			server {
				listen 80 backlog=4096;
				listen [::]:80 backlog=4096;
				root $WORK;
				location = / { return 200 "server $1\n"; }
				location = /up { client_body_in_single_buffer on; return 204; }
			}
		}
	END
	nsenter "--net=/run/netns/server$1" -- nginx -p "$home" -e "$home/error.log" -c "$home/nginx.conf" &
	NGINX[$1]=$!
}
listens() { [[ $(nsenter "--net=/run/netns/server$1" -- ss -Hltn 'sport = :80') == *:80* ]]; }
for i in 1 2 3; do
	serve $i
	check "server $i listens" within 10 listens $i
done

BACKENDS=$WORK/backends
weigh() { # WEIGHT OF EACH, FOR IPV4 AND FOR IPV6
	local i=0 weight
	for weight; do
		echo "$i = {address=10.8.$((i + 1)).1, weight=$weight}"
		echo "$((i + 8)) = {address=fd00:8:0:$((i + 1))::1, weight=$weight}"
		i=$((i + 1))
	done >"$BACKENDS.new"
	mv "$BACKENDS.new" "$BACKENDS"
}
SERVICES=(--set "services[{$SERVICE4, $PORT, TCP}]" --set "services[{$SERVICE6, $PORT, TCP}]"
	--set "services[{$SERVICE4, 53, UDP}]" --set "services[{$SERVICE6, 53, UDP}]")
# A reading has thousands of flows: ctl asks for the rest.
balance() { start balance -i rc --watch --interval 1h "${SERVICES[@]}" --set "backends=@$BACKENDS" "$@"; }
backend() { # SLOT MEMBER
	"$SKBSCOPE" ctl get -j backends | gojq -r ".tables.backends.rows[] | select(.backend == $1) | .$2"
}
flows() { "$SKBSCOPE" ctl get -j backends | gojq '[.tables.backends.rows[].flows] | add'; }
no_backend() { # how many packets
	"$SKBSCOPE" ctl get -j not_balanced | gojq '[.tables.not_balanced.rows[] | select(.text.why == "NO_BACKEND") | .value] | add // 0'
}
weighs() { [ "$(backend "$1" weight)" = "$2" ]; }
asks() { # ADDRESS [CURL OPTIONS]: who answers
	nsenter --net=/run/netns/client -- curl -sS -m 5 "${@:2}" "http://$1:$PORT/" 2>&1
}

# Each line a connection, who answered it; or what went wrong.
cat >"$WORK/connect.py" <<'END'
import socket, sys
address, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
for port in range(first, first + count):
    with socket.socket(family) as s:
        try:
            s.settimeout(5)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("::" if ":" in address else "0.0.0.0", port))
            s.connect((address, 80))
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            text = b""
            while more := s.recv(4096):
                text += more
            print(text.decode().split("\n")[-2])
        except OSError as e:
            print("failed", port, e)
END
connect() { nsenter --net=/run/netns/client -- python3 "$WORK/connect.py" "$@" | sort | uniq -c | sed 's/^ *//'; }

# --- watching only ---

case="without --enforce"
weigh 1 1 0
if balance; then
	refute "$case: nobody answers" asks $SERVICE4
	stop
	equal "$case: it counts where the connection would have gone" \
		"$(last '[.tables.backends.rows[].flows] | add')" 1
	contains "$case: it is said" "$(<"$ERRORS")" "meant to run with --enforce"
fi

# --- shares ---

case="3 to 2 to 1"
weigh 3 2 1
balance --enforce || finish
equal "$case: somebody answers" "$(asks $SERVICE4 | cut -d' ' -f1)" server
equal "$case: by IPv6 too" "$(asks "[$SERVICE6]" | cut -d' ' -f1)" server
got=$(connect $SERVICE4 20000 $CONNECTIONS)
echo "$case: "$got
share=$((CONNECTIONS / 6))
equal "$case: no connection fails" "$(grep -v server <<<"$got")" ""
for i in 1 2 3; do
	n=$(sed -n "s/ server $i$//p" <<<"$got")
	wanted=$((share * (4 - i)))
	check "$case: server $i has its share within 5 %" \
		[ $((n * 100)) -ge $((wanted * 95)) -a $((n * 100)) -le $((wanted * 105)) ]
	counted=$(backend $((i - 1)) flows)
	check "$case: which it has counted" [ "$counted" -ge "$n" -a "$counted" -le $((n + 1)) ]
	equal "$case: all were answered" "$(backend $((i - 1)) opened)" "$counted"
	equal "$case: and their requests" \
		"$(backend $((i - 1)) answers)" "$(backend $((i - 1)) requests)"
done
got=$(connect $SERVICE6 20000 600)
equal "$case: nor does one by IPv6" "$(grep -v server <<<"$got")" ""
equal "$case: which all have some of" "$(wc -l <<<"$got")" 3
equal "$case: nothing was left unbalanced" \
	"$("$SKBSCOPE" ctl get -j not_balanced | gojq '[.tables.not_balanced.rows[].value] | add // 0')" 0
stop

# --- checksums ---

offload() { # ON-OR-OFF: of client and servers; the router always computes what is left to it
	local i
	nsenter --net=/run/netns/client -- ethtool -K c0 tx "$1" >/dev/null 2>&1
	for i in 1 2 3; do nsenter "--net=/run/netns/server$i" -- ethtool -K s0 tx "$1" >/dev/null 2>&1; done
	for i in c s1 s2 s3; do "${IN[@]}" ethtool -K "r$i" tx off >/dev/null 2>&1; done
}
CHECK=(-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE)
PLACES=(client server1 server2 server3)
# To a receiver 0xffff is 0, and Linux writes it for a sum that is 0, in TCP too; tshark has
# RFC 1624 for calling it wrong. One packet of 65,536 has that sum.
# Of each of their captures a line: how many packets have a wrong checksum, how many a right one,
# and how many come from a server's own address. One tshark for all: it takes long to start.
sums() {
	mergecap -I none -w "$WORK/all.pcapng" "$WORK"/{client,server{1,2,3}}.pcap
	tshark -r "$WORK/all.pcapng" "${CHECK[@]}" -T fields -e frame.interface_id -e ip.src \
		-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status \
		-e tcp.checksum -e tcp.checksum_calculated 2>/dev/null |
		awk -F '\t' -v places=${#PLACES[@]} '{
				tcp = $6 == "0xffff" && $7 == "0x0000" ? "Good" : $4
				status = "," $3 "," tcp "," $5 ","
				bad[$1] += status ~ /,(0|Bad),/
				good[$1] += status ~ /,(1|Good),/
				servers[$1] += $2 ~ /10\.8\.[123]\./
			} END { for (i = 0; i < places; i++) print bad[i] + 0, good[i] + 0, servers[i] + 0 }'
}
wrong() { # PLACE: its packets with a wrong checksum
	tshark -r "$WORK/$1.pcap" "${CHECK[@]}" -x -V \
		-Y 'ip.checksum.status == 0 || udp.checksum.status == 0 ||
			tcp.checksum.status == 0 && !(tcp.checksum == 0xffff && tcp.checksum_calculated == 0)' 2>/dev/null
}
cat >"$WORK/echo.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 53))
while True:
    data, who = s.recvfrom(2000)
    s.sendto(sys.argv[1].encode() + data, who)
END
cat >"$WORK/ask.py" <<'END'
import socket, sys
for port in range(30000, 30030):
    with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.bind(("", port))
        s.connect((sys.argv[1], 53))
        who = set()
        for n in range(3):
            s.send(b" %d" % (port * 7919 + n))
            who.add(s.recv(100).split()[0])
        print(len(who), who.pop().decode())
END
for i in 1 2 3; do
	nsenter "--net=/run/netns/server$i" -- python3 "$WORK/echo.py" "server$i" 2>"$WORK/echo$i" &
	check "server $i has UDP" within 10 bash -c "[[ \$(nsenter --net=/run/netns/server$i -- ss -Hlun) == *:53* ]]"
done
weigh 1 1 1
for hook in "${HOOKS[@]}"; do
	for who in off on; do
		case="$hook, checksums by offload $who"
		offload $who
		CAPTURES=()
		for where in "${PLACES[@]}"; do
			: >"$WORK/$where.err" # not of the one before
			nsenter "--net=/run/netns/$where" -- tcpdump -i "$([ "$where" = client ] && echo c0 || echo s0)" \
				-Q in -U -s 0 -w "$WORK/$where.pcap" --immediate-mode 2>"$WORK/$where.err" &
			CAPTURES+=($!)
		done
		for where in "${PLACES[@]}"; do
			check "$case: tcpdump listens" within 10 grep -q listening "$WORK/$where.err"
		done
		balance --enforce --hook "$hook" || continue
		for address in $SERVICE4 "[$SERVICE6]"; do
			for ((i = 0; i < 9; i++)); do asks "$address" >/dev/null; done
			nsenter --net=/run/netns/client -- curl -sS -m 10 -o "$WORK/got" "http://$address/large"
			check "$case: much comes as it is from $address" cmp "$WORK/large" "$WORK/got"
			equal "$case: and goes" "$(nsenter --net=/run/netns/client -- curl -sS -m 10 -o /dev/null \
				-w '%{http_code} %{size_upload}' --data-binary "@$WORK/large" "http://$address/up")" "204 700000"
			got=$(nsenter --net=/run/netns/client -- python3 "$WORK/ask.py" "${address//[][]/}" 2>&1 | sort | uniq -c)
			equal "$case: UDP of one port has one server" "$(awk '{ n += $1 } $2 != 1 { n = "no" } END { print n }' <<<"$got")" 30
			equal "$case: and all have some" "$(wc -l <<<"$got")" 3
		done
		stop
		kill "${CAPTURES[@]}"
		wait "${CAPTURES[@]}"
		for where in "${PLACES[@]}"; do
			read -r bad good servers
			equal "$case: tshark finds no wrong checksum at $where" "$bad" 0 ||
				wrong "$where"
			check "$case: and right ones" [ "$good" -gt 20 ]
			[ "$where" != client ] || equal "$case: the client hears of no server" "$servers" 0
		done < <(sums)
		nothing_left "$case" rc
	done
done

# --- weights change under load ---

case="weights change"
cat >"$WORK/load.py" <<'END'
# New connections one after the other, and one that stays; ends with what went wrong.
import http.client, os, sys
stays, bad, n, seen = http.client.HTTPConnection(sys.argv[1], 80, timeout=5), [], 0, set()
def ask(c, what):
    try:
        c.request("GET", "/")
        r = c.getresponse()
        text = r.read().decode().strip()
        if r.status != 200: bad.append(f"{what} {r.status}")
        return text
    except OSError as e:
        bad.append(f"{what} {e}")
while not os.path.exists(sys.argv[2]):
    c = http.client.HTTPConnection(sys.argv[1], 80, timeout=5)
    ask(c, "new")
    c.close()
    if n % 10 == 0: seen.add(ask(stays, "old"))
    n += 1
print(n, len(seen), len(bad), *bad[:5], sep="|")
END
load() { # ADDRESS
	rm -f "$WORK/enough"
	nsenter --net=/run/netns/client -- python3 "$WORK/load.py" "$1" "$WORK/enough" >"$WORK/load" 2>&1 &
	LOAD=$!
}
unload() {
	touch "$WORK/enough"
	wait "$LOAD"
	IFS='|' read -r MADE STAYED BAD DETAIL <"$WORK/load"
}
weigh 1 1 1
balance --enforce || finish
load $SERVICE4
for weights in "5 1 0" "0 1 5" "1 0 9" "2 2 2" "0 0 1" "1 1 1"; do
	read -r a b c <<<"$weights"
	weigh "$a" "$b" "$c"
	check "$case: $weights is live" within 5 eval 'weighs 0 "$a" && weighs 1 "$b" && weighs 2 "$c"'
	before=$(flows)
	check "$case: connections are made with $weights" within 10 \
		eval '[ "$(flows)" -gt $((before + 50)) ]'
done
unload
equal "$case: no request failed of $MADE" "$BAD" 0 || echo "$DETAIL"
equal "$case: a connection that stays is with one server" "$STAYED" 1

case="a server is taken out"
load $SERVICE4
weigh 1 1 0
check "$case: it gets no weight" within 5 weighs 2 0
open_at_3() { [ -n "$(nsenter --net=/run/netns/server3 -- ss -Htn state established 'sport = :80')" ]; }
had=$(backend 2 flows)
quiet() { ! open_at_3; }
if within 2 quiet; then
	kill "${NGINX[3]}"
	before=$(flows)
	check "$case: the others go on" within 10 \
		eval '[ "$(flows)" -gt $((before + 100)) ]'
	unload
	equal "$case: no request failed of $MADE" "$BAD" 0 || echo "$DETAIL"
else # the connection that stays is its own
	unload
	equal "$case: the connection that stays is still answered" "$BAD" 0 || echo "$DETAIL"
	kill "${NGINX[3]}"
fi
equal "$case: it had no new connection" "$(backend 2 flows)" "$had"
weigh 0 0 0
check "$case: without any" within 5 eval 'weighs 0 0 && weighs 1 0'
refute "$case: nobody answers" asks $SERVICE4
check "$case: which is counted" [ "$(no_backend)" -gt 0 ]
stop
nothing_left "$case" rc

# --- the loop of docs/balance.md, as it stands there ---

case="the loop that follows response times"
mkdir "$WORK/loop" "$WORK/loop/bin"
awk '/^```/ { if (on) exit; next } /^#!\/bin\/bash/ { on = 1 } on' "$SOURCE/docs/balance.md" >"$WORK/loop/follow"
printf '#!/bin/sh\nexec gojq "$@"\n' >"$WORK/loop/bin/jq"
printf '#!/bin/sh\nexec %s "$@"\n' "$SKBSCOPE" >"$WORK/loop/bin/skbscope"
chmod +x "$WORK"/loop/bin/*
serve 3
check "$case: the third server is back" within 10 listens 3
cd "$WORK/loop" || exit
PATH=$WORK/loop/bin:$PATH "${IN[@]}" bash ./follow rc $SERVICE4 $PORT 10.8.{1,2,3}.1 2>follow.err &
FOLLOW=$!
is_out() { weighs 2 0; }
is_in() { ! is_out; }
check "$case: it balances" within 20 asks $SERVICE4
# Each asks once, however long it may take.
(while [ ! -e enough ]; do asks $SERVICE4 -m 1; done) >/dev/null 2>&1 &
CLIENT=$!
kill -STOP "${NGINX[3]}"
check "$case: who stops answering gets no weight" within 30 is_out
sleepers=$(asks $SERVICE4)
for ((i = 0; i < 30; i++)); do sleepers+=$'\n'$(asks $SERVICE4); done
equal "$case: and then no request fails" "$(grep -vc '^server [12]$' <<<"$sleepers")" 0
kill -CONT "${NGINX[3]}"
check "$case: who answers again gets some" within 30 is_in
touch enough
wait "$CLIENT"
equal "$case: it has nothing to say" "$(<follow.err)" ""
kill "$FOLLOW" # skbscope ends when nobody reads it
wait "$FOLLOW" 2>/dev/null
check "$case: it ends with its reader" within 10 unhooked rc
nothing_left "$case" rc
finish
