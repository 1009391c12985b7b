#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# icmp, beside ping and a router: who asked and who answered, what could not be reached and who said so
# are what tshark finds in what tcpdump recorded on the same interface.
. "$(dirname "$0")/lib.sh"
. "$HERE/recorded.sh"

namespace near
namespace far
two_ends near out far in
# What far does with what near wants it to carry.
nsenter --net=/run/netns/far -- sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_echo_ignore_broadcasts=0 \
	net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.in.send_redirects=0
for number in 1:unreachable 2:prohibit 3:blackhole 4:throw; do
	ip -n far route add "${number#*:}" "10.8.${number%:*}.0/24"
	ip -n far route add "${number#*:}" "fd00:8:${number%:*}::/48"
done
pair far beyond far nobody
ip -n far link set beyond mtu 1280
ip -n far addr add 10.8.5.1/24 dev beyond
nsenter --net=/run/netns/far -- sysctl -q net.ipv6.conf.beyond.disable_ipv6=0
ip -n far addr add fd00:8:5::1/48 dev beyond nodad
ip -n near route add 10.8.0.0/16 via 10.9.0.2
ip -n near route add fd00:8::/32 via fd00:9::2

ask() { "${IN[@]}" ping -q -i 0.01 -W 0.1 "$@"; }

traffic() {
	local address number
	ask -c 7 10.9.0.2
	ask -c 5 fd00:9::2
	ask -c 2 -s 4000 10.9.0.2
	ask -c 2 -s 4000 fd00:9::2
	ask -c 3 -b 10.9.0.255
	ask -c 2 ff02::1%out
	for number in 1 2 3 4; do
		ask -c $number "10.8.$number.1"
		ask -c $number "fd00:8:$number::1"
	done
	ask -c 2 -t 1 10.8.5.2
	ask -c 2 -t 1 fd00:8:5::2
	ask -c 1 -s 1400 -M "do" 10.8.5.2
	ask -c 1 -s 1400 fd00:8:5::2
	datagrams 10.9.0.2 6
	datagrams fd00:9::2 4
	datagrams 10.8.1.7 2
	"${IN[@]}" curl -s -m 1 http://10.8.2.1/
	"${IN[@]}" curl -s -m 1 "http://[fd00:8:2::1]/"
} >"$WORK/traffic" 2>&1

record near out
use near
start icmp -i out
traffic
stop
equal "icmp ends well" "$STATUS" 0
recorded near

# Of a message that quotes a packet, tshark has two of a field: the first is the message's, the last the
# packet's.
both() { OCCURRENCE=a fields "$@"; }
IS_PING='icmp.type == 8 || icmp.type == 0 || icmpv6.type == 128 || icmpv6.type == 129'
# Neighbour discovery and multicast come when they like, before and after.
IS_OWN='icmpv6.type >= 130 && icmpv6.type <= 143'

compare() { # CASE
	equal "$1: who asks, and who answers" \
		"$(last '.tables.pings.rows[] | "\(.text.from) \(.text.to) \(.requests) \(.replies)"' | sort)" \
		"$(fields "($IS_PING) && !(icmp.type == 3 || icmp.type == 11 || icmpv6.type < 128)" \
			ip.src ip.dst ipv6.src ipv6.dst icmp.type icmpv6.type | awk -F '\t' '{
				reply = $5 == "0" || $6 == "129"; from = $1 $3; to = $2 $4
				key = reply ? to " " from : from " " to
				if (reply) replies[key]++; else requests[key]++
				keys[key]
			}
			END { for (key in keys) print key, requests[key] + 0, replies[key] + 0 }' | sort)"
	equal "$1: what cannot be reached, who says so, and of which packet" \
		"$(last '.tables.unreachables.rows[] | [.text.by, .text.to, .text.destination,
			(.reason, .protocol, .text.port // "0", .messages | tostring)] | join(" ")' | sort)" \
		"$({
			both 'icmp.type == 3 || icmp.type == 11' ip.src ip.dst icmp.type icmp.code ip.proto udp.dstport tcp.dstport
			both 'icmpv6.type < 128' ipv6.src ipv6.dst icmpv6.type icmpv6.code ipv6.nxt udp.dstport tcp.dstport
		} | awk -F '\t' '{
			n = split($1, source, ","); split($2, destination, ","); split($3, type, ","); split($4, code, ",")
			split($5, protocol, ",")
			print source[1], source[n], destination[n], type[1] * 256 + code[1] + ($1 ~ /:/ ? 65536 : 0),
				protocol[n], $6 $7 == "" ? 0 : $6 $7, 1
		}' | sums | cut -d" " -f1-7)"
	equal "$1: neighbours, who asks for whom" \
		"$(last '.tables.neighbours.rows[] | "\(.text.from) \(.text.target) \(.kind % 65536) \(.messages)"' |
			grep "^fd00:9::. fd00" | sort)" \
		"$(fields 'icmpv6.type == 135 || icmpv6.type == 136' ipv6.src icmpv6.nd.ns.target_address \
			icmpv6.nd.na.target_address icmpv6.type | awk -F '\t' '{ print $1, $2 $3, $4, 1 }' |
			grep "^fd00:9::. fd00" | sums | cut -d" " -f1-4)"
	equal "$1: all messages, by type and code" \
		"$(last '.tables.messages.rows[] | select(.type < 65536 + 130) | "\(.type) \(.code) \(.messages)"' | sort)" \
		"$(fields "icmp || (icmpv6 && !($IS_OWN))" icmp.type icmp.code icmpv6.type icmpv6.code | awk -F '\t' '
			{ print $1 == "" ? $3 + 65536 : $1, $1 == "" ? $4 : $2, 1 }' | sums | cut -d" " -f1-3)"
	equal "$1: nothing is left out" "$(last '[.tables.not_counted.rows[] | select(.value > 0)] | length')" 0
	equal "$1: no loss is shown" "$(last '.losses | length')" 0
}
compare "live"
equal "all reasons have their names" "$(last '.tables.unreachables.rows[].text.reason' | sort -u | xargs)" \
	"FRAGMENTATION_NEEDED HOPS_EXCEEDED HOST_UNREACHABLE IPV6_HOPS_EXCEEDED IPV6_NO_ROUTE\
 IPV6_PACKET_TOO_BIG IPV6_PORT_UNREACHABLE IPV6_PROHIBITED NET_UNREACHABLE PORT_UNREACHABLE PROHIBITED"
case="what was recorded"
"${IN[@]}" "$SKBSCOPE" run -j icmp -r "$CAPTURE" >"$WORK/replay.json" 2>"$WORK/replay.err"
READINGS=$WORK/replay.json
compare "$case"

case="on loopback, where packets leave and arrive"
start icmp -i lo
ask -c 3 127.0.0.1 >/dev/null
ask -c 2 ::1 >/dev/null
stop
equal "$case: each counts once" \
	"$(last '.tables.pings.rows[] | "\(.text.from) \(.text.to) \(.requests) \(.replies)"' | sort)" \
	"127.0.0.1 127.0.0.1 3 3
::1 ::1 2 2"
finish
