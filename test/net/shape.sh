#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# classify and mirror: a real HTB shapes by what classify says, as iperf3 and the classes' own
# counters have it (how fast, is HTB's affair); what mirror copies arrives byte for byte. Neither does anything without
# --enforce, and both count what they would do.
. "$(dirname "$0")/lib.sh"
for tool in iperf3 tcpdump; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

namespace near
namespace far
namespace watch
pair near out far in
pair near tap watch seen
ip -n near link add copied type veth peer name gone # for what nobody is at the other end of
ip -n near addr add 10.9.0.1/24 dev out
ip -n far addr add 10.9.0.2/24 dev in
for side in near:out:1 far:in:2; do
	IFS=: read -r where what number <<<"$side"
	nsenter "--net=/run/netns/$where" -- sysctl -q "net.ipv6.conf.$what.addr_gen_mode=1" \
		"net.ipv6.conf.$what.disable_ipv6=0"
	ip -n "$where" addr add "fd00:9::$number/64" dev "$what" nodad
	ip -n "$where" link set "$what" arp on
done
ip -n far addr add 10.9.0.77/32 dev in
ip -n near addr add 10.8.0.1/24 dev out
ip -n far addr add 10.8.0.2/24 dev in
# Nobody has to be asked for, nor asked again: what is counted is what is sent here.
knows() { # NAMESPACE INTERFACE, those of the other end, ADDRESS…
	local address card
	card=$(ip -n "$3" -j link show dev "$4" | gojq -r '.[].address')
	for address in "${@:5}"; do
		ip -n "$1" neigh replace "$address" lladdr "$card" dev "$2" nud permanent
	done
}
knows near out far in 10.9.0.2 10.9.0.77 10.8.0.2 fd00:9::2
knows far in near out 10.9.0.1 10.8.0.1 fd00:9::1
use near
check "the other end is there" within 5 "${IN[@]}" ping -q -c 1 -W 1 10.9.0.2
check "by IPv6 too" within 5 "${IN[@]}" ping -q -c 1 -W 1 fd00:9::2

# --- classify: into the classes of an HTB ---

tc() { nsenter --net=/run/netns/near -- "$(type -P tc)" "$@"; }
tc qdisc add dev out root handle 1: htb default 99 || { echo "skipped: this kernel has no HTB"; exit 77; }
class() { # ID PARENT RATE [CEIL]
	tc class add dev out parent "1:$2" classid "1:$1" htb rate "$3" quantum 20000 ${4:+ceil "$4"}
}
class 1 '' 80mbit
class 10 1 60mbit 80mbit
class 20 1 20mbit 80mbit
for id in 30 40 99; do class $id '' 1gbit; done
# What has the mark 7, in classic BPF: every kernel with tc has that.
tc filter add dev out parent 1: bpf bytecode \
	'4,32 0 0 4294963220,21 0 1 7,6 0 0 4294967295,6 0 0 0' flowid 1:30

packets_of() { # CLASS: that it has had
	tc -s class show dev out classid "1:$1" | awk '$1 == "Sent" { print $4 }'
}
classes() { echo "$(packets_of 10) $(packets_of 20) $(packets_of 30) $(packets_of 40)"; }
RULES=(--set 'ports[{UDP, 2323}]={priority=0x10010}' --set 'ports[{TCP, 5201}]={priority=0x10010}'
	--set 'networks[fd00:9::/64]={priority=0x10020}' --set 'networks[10.9.0.0/24]={priority=0x10020}'
	--set 'networks[10.9.0.77/32]={mark=7}' --set 'dscps[EF]={priority=0x10040, mark=9}')
traffic() {
	datagrams 10.9.0.2 9       # by their port, though there is a network
	datagrams fd00:9::2 4      # the same by IPv6
	"${IN[@]}" ping -q -c 5 -i 0.01 10.9.0.2 >/dev/null       # a network
	"${IN[@]}" ping -q -c 3 -i 0.01 -Q 0xb8 10.9.0.2 >/dev/null # before its DSCP
	"${IN[@]}" ping -q -c 6 -i 0.01 10.9.0.77 >/dev/null # the smaller network, by a mark
	"${IN[@]}" ping -q -c 2 -i 0.01 -Q 0xb8 -I 10.8.0.1 10.8.0.2 >/dev/null # only its DSCP
}
rule() { # TABLE FILTER
	last ".tables.$1.rows[] | select($2) | .packets"
}
said() { # what it counted by rule
	echo "$(rule ports '.text.protocol == "UDP"') $(rule networks '.text.address == "10.9.0.0"')" \
		"$(rule networks '.text.address == "10.9.0.77"') $(rule dscps '.text.dscp == "EF"')"
}

case="classify without --enforce"
before=$(classes)
if start classify -i out "${RULES[@]}"; then
	contains "$case: it says so" "$(<"$ERRORS")" "meant to run with --enforce"
	traffic
	stop
	equal "$case: it counts what each rule would have got" "$(said)" "13 8 6 2"
	equal "$case: no class has got anything" "$(classes)" "$before"
fi

for hook in "${HOOKS[@]}"; do
	case="classify by $hook"
	read -ra before < <(classes)
	start classify -i out --hook "$hook" --enforce "${RULES[@]}" || continue
	traffic
	stop
	equal "$case: it counts the same" "$(said)" "13 8 6 2"
	read -ra after < <(classes)
	equal "$case: a port's packets are in its class" $((after[0] - before[0])) 13
	equal "$case: a network's are in its own" $((after[1] - before[1])) 8
	equal "$case: a mark's are where tc looks for it" $((after[2] - before[2])) 6
	equal "$case: those of a DSCP are in its class" $((after[3] - before[3])) 2
	nothing_left "$case" out
done

case="two streams"
bytes_of() { # CLASS
	tc -s class show dev out classid "1:$1" | awk '$1 == "Sent" { print $2 }'
}
use far
for port in 5201 5202; do
	"${IN[@]}" iperf3 -s -1 -p $port >"$WORK/server-$port" 2>&1 &
	check "$case: a server listens" within 10 "${IN[@]}" bash -c "[[ \$(ss -ltn) == *:$port* ]]"
done
use near
before=("$(bytes_of 10)" "$(bytes_of 20)")
if start classify -i out --enforce "${RULES[@]}"; then
	"${IN[@]}" iperf3 -c 10.9.0.2 -p 5202 -n 2M -J >"$WORK/5202.json" 2>&1 &
	"${IN[@]}" iperf3 -c 10.9.0.2 -p 5201 -n 6M -J >"$WORK/5201.json" 2>&1
	wait $!
	stop
	got() { gojq '.end.sum_received.bytes' "$WORK/$1.json"; }
	fast=$(got 5201) slow=$(got 5202)
	in=($(($(bytes_of 10) - before[0])) $(($(bytes_of 20) - before[1])))
	check "$case: what iperf3 has had is in the class of its port" \
		[ "$fast" -gt 3000000 -a "${in[0]}" -ge "$fast" ]
	check "$case: and what had no port in that of its network" \
		[ "$slow" -gt 0 -a "${in[1]}" -ge "$slow" -a "${in[1]}" -lt "$fast" ]
	check "$case: as many as classify has counted" [ "$(rule ports '.text.protocol == "TCP"')" -gt 1000 ]
fi
tc qdisc del dev out root
nothing_left "$case" out

# --- mirror: copies out of another interface ---

capture() { # FILE: what comes out at the far end of tap
	: >"$WORK/tcpdump.err" # not of the one before
	nsenter --net=/run/netns/watch -- tcpdump -i seen -U -w "$1" --immediate-mode 2>"$WORK/tcpdump.err" &
	TCPDUMP=$!
	check "tcpdump listens" within 10 grep -q listening "$WORK/tcpdump.err"
}
count() { tcpdump -r "$1" --count 'host 10.9.0.2 or host fd00:9::2' 2>/dev/null | sed 's/ .*//'; }
has() { [ "$(count "$1")" = "$2" ]; }
# A line for each packet. Those of two directions, on two CPUs, come in any order.
bytes() { # FILE [EXPRESSION]
	tcpdump -tnnxxr "$@" 2>/dev/null | awk '!/^\t/ { if (NR > 1) print ""; next } { printf "%s", $0 }' | sort
}
mirrored() { last '.tables.mirrored.rows[] | "\(.packets) \(.not_sent)"'; }

use near
case="mirror without --enforce"
capture "$WORK/dry.pcap"
if start mirror -i out --set 'mirrored[10.9.0.2/32]={to=tap}'; then
	"${IN[@]}" ping -q -c 7 -i 0.01 10.9.0.2 >/dev/null
	stop
	equal "$case: it counts both directions" "$(mirrored)" "14 0"
	equal "$case: nothing is copied" "$(count "$WORK/dry.pcap")" 0
fi
kill "$TCPDUMP"
wait "$TCPDUMP"

for hook in "${HOOKS[@]}"; do
	case="mirror by $hook"
	capture "$WORK/copies.pcap"
	: >"$WORK/original.err"
	"${IN[@]}" tcpdump -i out -U -w "$WORK/original.pcap" --immediate-mode 2>"$WORK/original.err" &
	original=$!
	check "$case: tcpdump listens" within 10 grep -q listening "$WORK/original.err"
	start mirror -i out --hook "$hook" --enforce --set 'mirrored[10.9.0.2/32]={to=tap}' \
		--set 'mirrored[fd00:9::2/128]={to=tap}' --set 'mirrored[10.8.0.0/24]={to=out}' \
		--set 'mirrored[10.8.0.2/32]={}' || continue
	"${IN[@]}" ping -q -c 7 -i 0.01 10.9.0.2 >/dev/null
	"${IN[@]}" ping -q -c 3 -i 0.01 -s 4000 10.9.0.2 >/dev/null # in three fragments each way
	"${IN[@]}" ping -q -c 5 -i 0.01 fd00:9::2 >/dev/null
	check "$case: all are there" within 5 has "$WORK/original.pcap" $((14 + 18 + 10))
	check "$case: all are copied" within 5 has "$WORK/copies.pcap" $((14 + 18 + 10))
	"${IN[@]}" ping -q -c 2 -i 0.01 10.8.0.2 >/dev/null
	stop
	equal "$case: it says how many" "$(mirrored | sort -n | paste -sd ' ')" "0 0 0 2 10 0 32 0" # a request comes from somebody else
	kill "$TCPDUMP" "$original"
	wait "$TCPDUMP" "$original"
	equal "$case: byte for byte, and no more" "$(bytes "$WORK/copies.pcap")" \
		"$(bytes "$WORK/original.pcap" 'host 10.9.0.2 or host fd00:9::2')"
	nothing_left "$case" out
done

case="a copy to where it comes from"
if start mirror -i out --enforce --set 'mirrored[10.9.0.0/24]={to=out}'; then
	"${IN[@]}" ping -q -c 4 -i 0.01 10.9.0.2 >/dev/null
	stop
	equal "$case: is not sent, and counted" "$(mirrored)" "0 8"
fi
case="an interface that is down"
if start mirror -i out --enforce --set 'mirrored[10.9.0.0/24]={to=copied}'; then
	"${IN[@]}" ping -q -c 4 -i 0.01 10.9.0.2 >/dev/null
	stop
	equal "$case: nothing is sent, and it is counted" "$(mirrored)" "0 8"
fi
once mirror -i out --enforce --set 'mirrored[10.9.0.0/24]={to=nowhere}'
equal "an interface that is not there is misuse" "$STATUS" 2
contains "with its name" "$ERRORS" nowhere
nothing_left "after all of them" out
finish
