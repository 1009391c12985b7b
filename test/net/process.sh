#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --process: a row's packets are those of the process that has the socket, whichever end it is
# at and whoever listens; of others nothing is said.
. "$(dirname "$0")/lib.sh"

P=$PROGRAMS/process.c
namespace near
namespace far
pair near out far in
for side in near:out:1 far:in:2; do
	IFS=: read -r where what number <<<"$side"
	nsenter "--net=/run/netns/$where" -- sysctl -q "net.ipv6.conf.$what.addr_gen_mode=1" \
		"net.ipv6.conf.$what.disable_ipv6=0"
	ip -n "$where" link set "$what" arp on
	ip -n "$where" addr add "10.9.0.$number/24" dev "$what"
	ip -n "$where" addr add "fd00:9::$number/64" dev "$what" nodad
done

# Says who it is, answers on TCP and UDP, and ends a connection when it is told to.
cat >"$WORK/answers.py" <<'END'
import os, selectors, socket, sys
open(sys.argv[1], "w").write(f"{os.getpid()} {open('/proc/self/comm').read()}")
loop = selectors.DefaultSelector()
tcp = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("0.0.0.0", 7001))
loop.register(tcp, 1)
loop.register(udp, 1)
while True:
    for key, _ in loop.select():
        if key.fileobj is tcp:
            loop.register(tcp.accept()[0], 1)
        elif key.fileobj is udp:
            udp.sendto(*udp.recvfrom(99))
        elif not (said := key.fileobj.recv(99)):
            loop.unregister(key.fileobj)
            key.fileobj.close()
        else:
            key.fileobj.send(said)
END
use far
"${IN[@]}" python3 "$WORK/answers.py" "$WORK/answers" &
ANSWERS=$!
check "the server listens" within 10 "${IN[@]}" bash -c 'exec 9<>/dev/tcp/127.0.0.1/7000'
read -r PID NAME <"$WORK/answers"

# A client that stays: what it sends comes back.
client() { # NAMESPACE ADDRESS PORT
	use "$1"
	coproc CLIENT { exec "${IN[@]}" bash -c "exec 9<>/dev/tcp/$2/$3
		while read -r word; do echo \"\$word\" >&9; read -r word <&9; echo \"\$word\"; done"; }
}
say() { # to the client; true when it came back
	local word
	echo "$1" >&"${CLIENT[1]}"
	IFS= read -r -t 10 word <&"${CLIENT[0]}" && [ "$word" = "$1" ]
}
hang_up() {
	local process=$CLIENT_PID
	kill "$process"
	wait "$process" 2>/dev/null
}

# Whom a table's rows of that port belong to: "NAME PID", in one line each.
owners() { # TABLE PORT
	last ".tables.nt_$1.rows[] | select(.text.source_port == \"$2\" or .text.destination_port == \"$2\" or .text.port == \"$2\")
		| if .process then (.process | map(\"\\(.name) \\(.pid)\") | join(\", \")) else \"-\" end" | sort -u
}
belongs() { # TABLE PORT OWNER
	[ "$(owners "$1" "$2")" = "$3" ]
}
has_row() { [ -n "$(owners "$@")" ]; }

use far
start "$P" -i in --interval "$(ms 50)" --process || finish
client near 10.9.0.2 7000
check "what a client says comes back" say one
check "a connection is the server's who accepted it" within 10 belongs flows 7000 "$NAME $PID"
check "an address and a port are his who listens there" within 10 belongs servers 7000 "$NAME $PID"
check "so is a port" within 10 belongs ports 7000 "$NAME $PID"
hang_up
check "a connection that has ended was its process's" belongs flows 7000 "$NAME $PID"

client near fd00:9::2 7000
check "what a client says by IPv6 comes back" say two
both_ways() { [ "$(last '[.tables.nt_flows.rows[] | select(.text.source | test(":"))] | length')" = 2 ]; }
check "which is another row for each way" within 10 both_ways
check "and so is the server's" within 10 belongs flows 7000 "$NAME $PID"
hang_up

# A datagram's socket is connected to nobody.
use near
"${IN[@]}" python3 - <<'END'
import socket
near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
near.settimeout(10)
near.sendto(b"three", ("10.9.0.2", 7001))
near.recv(99)
END
equal "a datagram comes back" $? 0
check "a datagram is his who waits for whoever sends one" within 10 belongs flows 7001 "$NAME $PID"
check "so is its end" within 10 belongs servers 7001 "$NAME $PID"

# Nobody listens there: there is an answer, and no process.
"${IN[@]}" bash -c 'exec 9<>/dev/tcp/10.9.0.2/7002' 2>/dev/null
check "a refused connection is seen" within 10 has_row flows 7002
equal "and belongs to nobody" "$(owners flows 7002)" -
stop
equal "and ends in peace" "$STATUS" 0

# From the other side the same connection is the client's.
use near
start "$P" -i out --interval "$(ms 50)" --process || finish
client near 10.9.0.2 7000
check "what a client says comes back again" say four
check "a connection is the client's who made it" within 10 belongs flows 7000 "bash $CLIENT_PID"
RUNNING=$SCOPE

# For people, and for two versions at once.
use near
aside() { # ARGUMENTS of skbscope…, as another run; "stop" ends it
	"${IN[@]}" env --default-signal=INT "$SKBSCOPE" "$@" >"$WORK/aside" 2>"$WORK/talk" &
	SCOPE=$! ERRORS=$WORK/talk
}
aside run "$P" -i out --process --interval "$(ms 100)"
names() { say five && grep -q "  bash $CLIENT_PID$" "$WORK/aside"; }
check "people see a name and a PID" within 20 names
contains "in a column of its own" "$(grep -m 1 source_port "$WORK/aside")" "  process"
stop
sed 's/lock_xadd(packets, 1)/lock_xadd(packets, 2)/' "$P" >"$PROGRAMS/twice.c"
aside diff "$P" "$PROGRAMS/twice.c" -i out --process --duration 600s -j --interval "$(ms 100)"
differ() { # a row of the client's connection has its process
	gojq -es '[.[].tables[].rows[] | .process // [] | .[].pid] | index('"$CLIENT_PID"')' "$WORK/aside" >/dev/null
}
goes_on() { say six && differ; }
check "rows that differ have their process, too" within 20 goes_on
stop
hang_up
SCOPE=$RUNNING
stop

printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0' >"$WORK/empty.pcap"
"${IN[@]}" "$SKBSCOPE" run "$P" -r "$WORK/empty.pcap" --process >"$WORK/text" 2>"$WORK/talk"
equal "a recording's packets are no process's" $? 2
contains "which is said" "$(cat "$WORK/talk")" "belong to no process of now"
use far
limited 30 "${IN[@]}" "$SKBSCOPE" run "$PROGRAMS/count.c" -i in --process --once >"$WORK/text" 2>"$WORK/talk"
equal "a program that tells no ports is refused" $? 2
contains "with the reason" "$(cat "$WORK/talk")" "has no table with ports in its keys"
kill "$ANSWERS"
finish
