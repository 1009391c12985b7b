#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bundled counters at full speed on all CPUs: protocols loses nothing;
# packet_count may, as its comment says, and skbscope says so, too.
. "$(dirname "$0")/lib.sh"

MANY=$(repeats 1000000)
namespace near
namespace far
pair near out far in

# "PACKETS BYTES" of the row whose keys are as given.
traffic_of() { # TABLE KEY VALUE KEY VALUE [DIRECTION]
	last '[.tables[$table].rows[] | select(.[$k1] == ($v1 | tonumber) and
		.[$k2] == ($v2 | tonumber) and .text.direction == $way) |
		"\(.packets) \(.bytes)"] | join(", ")' --arg table "$1" --arg k1 "$2" --arg v1 "$3" \
		--arg k2 "$4" --arg v2 "$5" --arg way "${6:-RECEIVED}"
}

# What a busy CPU's backlog had no room for, in front of every hook.
no_room() { "${IN[@]}" awk '$1 == "lo:" { print $5 }' /proc/net/dev; }

for hook in "${HOOKS[@]}"; do
	case="$hook, each kind once"
	use far
	start protocols -i in --hook "$hook" || continue
	use near
	send out udp4 101 -l 60 >/dev/null
	send out udp6 103 -l 80 >/dev/null
	send out tcp4 107 -l 1514 >/dev/null
	send out tcp6 109 -l 90 >/dev/null
	send out icmp4 113 -l 64 >/dev/null
	send out icmp6 127 -l 65 >/dev/null
	send out arp 131 >/dev/null
	send out vlan 137 -l 68 >/dev/null
	stop
	ip() { traffic_of ip_protocols family "$1" protocol "$2" "${3:-}"; }
	# The tag has been taken off what arrives: four bytes fewer.
	equal "$case: UDP over IPv4, with what was in the VLAN" "$(ip 2048 17)" \
		"$((101 + 137)) $((101 * 60 + 137 * 64))"
	equal "$case: UDP over IPv6" "$(ip 34525 17)" "103 $((103 * 80))"
	equal "$case: TCP over IPv4" "$(ip 2048 6)" "107 $((107 * 1514))"
	equal "$case: TCP over IPv6" "$(ip 34525 6)" "109 $((109 * 90))"
	equal "$case: ICMP" "$(ip 2048 1)" "113 $((113 * 64))"
	equal "$case: ICMPv6" "$(ip 34525 58)" "127 $((127 * 65))"
	equal "$case: ARP" "$(traffic_of ethertypes ethertype 2054 tags 0)" "131 $((131 * 42))"
	equal "$case: IPv4 in a VLAN" "$(traffic_of ethertypes ethertype 2048 tags 1)" \
		"137 $((137 * 64))"
	equal "$case: IPv4 without" "$(traffic_of ethertypes ethertype 2048 tags 0)" \
		"$((101 + 107 + 113)) $((101 * 60 + 107 * 1514 + 113 * 64))"
	equal "$case: no other protocols" "$(last '.tables.ip_protocols.rows | length')" 6
	equal "$case: no other EtherTypes" "$(last '.tables.ethertypes.rows | length')" 4
	use far
	nothing_left "$case" in

	case="$hook, $MANY packets on $(nproc) CPUs at once"
	use near
	start protocols -i lo --hook "$hook" || continue
	before=$(no_room)
	send lo udp4 "$MANY" -t "$(nproc)" >/dev/null
	between=$(no_room)
	send lo tcp6 "$MANY" -t "$(nproc)" >/dev/null
	four=$((MANY - between + before)) six=$((MANY - $(no_room) + between))
	stop
	equal "$case: every packet and byte of IPv4" "$(ip 2048 17)" "$four $((four * 42))"
	equal "$case: every packet and byte of IPv6" "$(ip 34525 6)" "$six $((six * 74))"
	equal "$case: every packet and byte of IPv4 when it leaves" "$(ip 2048 17 SENT)" \
		"$MANY $((MANY * 42))"
	equal "$case: every packet and byte of IPv6 when it leaves" "$(ip 34525 6 SENT)" \
		"$MANY $((MANY * 74))"
	check "$case: most of them got to the hook" test $((four + six)) -gt "$MANY"
	equal "$case: no loss is shown" "$(last '.losses | length')" 0
	nothing_left "$case" lo
done

case="packet_count, $MANY packets on $(nproc) CPUs at once"
start packet_count -i lo && {
	send lo udp4 "$MANY" -t "$(nproc)" >/dev/null
	stop
	counted=$(total packet_count)
	echo "packet_count, whose increment is not atomic, counted $counted of $MANY"
	check "$case: it counts none twice" test "$counted" -le "$MANY"
	check "$case: it counts most" test "$counted" -gt $((MANY / 2))
}
contains "check warns of it" "$("$SKBSCOPE" check packet_count 2>&1)" atomic

case="packet_count, $MANY packets on one CPU"
start packet_count -i lo && {
	"${IN[@]}" taskset -c 0 "$TOOLS/send" -i lo -n "$MANY" >/dev/null
	stop
	equal "$case: exact" "$(total packet_count)" "$MANY"
}

finish
