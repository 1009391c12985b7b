#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bundled programs that watch, on real traffic of ping, curl and an HTTP server: their
# numbers are those that tshark finds in what tcpdump recorded on the same interface.
. "$(dirname "$0")/lib.sh"

PORT=8080
WATCHING="talkers services sizes arp martians"
CAPTURE=$WORK/traffic.pcap

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
head -c 200000 /dev/zero >"$WORK/page"
use far
"${IN[@]}" python3 -m http.server --bind :: -d "$WORK" $PORT >/dev/null 2>&1 &
SERVER=$!
check "the server listens" within 10 "${IN[@]}" bash -c "exec 9<>/dev/tcp/127.0.0.1/$PORT"

record() { # as tcpdump sees what passes "in"
	"${IN[@]}" tcpdump -i in -U -w "$CAPTURE" --immediate-mode 2>"$WORK/tcpdump.err" &
	TCPDUMP=$!
	check "tcpdump listens" within 10 grep -q listening "$WORK/tcpdump.err"
}

# What no program sends by itself: a second owner of an address, packets that no stack takes,
# and a router that cannot carry so much.
odd_packets() {
	"${IN[@]}" python3 - "$(ip -n far -j link show in | gojq -r '.[].address')" <<-'END'
		import socket, struct, sys

		line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		line.bind(("out", 0))
		there, here = bytes.fromhex(sys.argv[1].replace(":", "")), bytes.fromhex("020000000017")

		def checksum(header):
		    total = sum(struct.unpack("!%dH" % (len(header) // 2), header))
		    while total >> 16:
		        total = (total & 0xffff) + (total >> 16)
		    return ~total & 0xffff

		def ip(source, destination, payload=b"", protocol=253, ttl=64, length=None, wrong=0, fragment=0, options=b""):
		    length = 20 + len(options) + len(payload) if length is None else length
		    header = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, length, 0, fragment, ttl, protocol, 0,
		                         socket.inet_aton(source), socket.inet_aton(destination)) + options
		    header = header[:10] + struct.pack("!H", checksum(header) ^ wrong) + header[12:]
		    line.send((there + here + b"\x08\x00" + header + payload).ljust(60, b"\0"))

		def ip6(source, destination, payload=b"", protocol=253, hops=64):
		    line.send(there + here + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) +
		              socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) + payload)

		for _ in range(2):
		    line.send(b"\xff" * 6 + here + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + here +
		              socket.inet_aton("10.9.0.1") + bytes(6) + socket.inet_aton("10.9.0.77"))
		for _ in range(3):
		    ip("10.9.0.31", "10.9.0.2", wrong=1)
		ip("10.9.0.32", "10.9.0.2", ttl=0)
		ip("10.9.0.33", "10.9.0.2", length=1000)
		ip("10.9.0.34", "10.9.0.2", length=16)
		ip("127.0.0.1", "10.9.0.2")
		ip("224.0.0.9", "10.9.0.2")
		ip("10.9.0.2", "10.9.0.2")
		ip("10.9.0.35", "0.1.2.3")
		ip("10.9.0.36", "10.9.0.2", bytes(40), fragment=0x1fff)
		ip("10.9.0.37", "10.9.0.2", struct.pack("!HHHH", 1, 2, 7, 0), 17)
		ip("10.9.0.38", "10.9.0.2", options=b"\1" * 8)
		ip("10.9.0.39", "10.9.0.2", options=b"\1" * 40, wrong=8)
		ip6("ff02::7", "fd00:9::2")
		ip6("fd00:9::31", "::")
		ip6("fd00:9::32", "fd00:9::2", hops=0)
		ip("10.9.0.254", "10.9.0.2", struct.pack("!BBHHH", 3, 4, 0, 0, 1400) + bytes(28), 1)
		ip6("fd00:9::fe", "fd00:9::2", struct.pack("!BBHI", 2, 0, 0, 1280) + bytes(48), 58)
	END
}

traffic() {
	use near
	"${IN[@]}" ping -q -c 7 -i 0.01 10.9.0.2 >/dev/null
	"${IN[@]}" ping -q -c 5 -i 0.01 fd00:9::2 >/dev/null
	"${IN[@]}" ping -q -c 3 -i 0.01 -s 4000 10.9.0.2 >/dev/null
	"${IN[@]}" ping -q -c 2 -i 0.01 -s 4000 fd00:9::2 >/dev/null
	"${IN[@]}" curl -sSo "$WORK/got" "http://10.9.0.2:$PORT/page"
	"${IN[@]}" curl -sSo "$WORK/got" "http://[fd00:9::2]:$PORT/page"
	datagrams 10.9.0.2 3
	send out vlan 11 -l 68 >/dev/null
	odd_packets
	use far
}

# What tshark finds in each packet, in a line of it, once for all: starting it takes most of its
# time. Of a field that is there twice, in a message that quotes a packet, the first. A name that
# is part of another comes behind that.
COLUMNS=(ipv6.fraghdr.offset ipv6.fraghdr arp.src.proto_ipv4 arp.dst.proto_ipv4 arp.opcode ip.flags.mf
	ip.frag_offset ip.proto ip.src ip.dst ipv6.nxt ipv6.src ipv6.dst tcp.dstport udp.dstport udp.srcport
	eth.src frame.len ipv6 ip tcp udp vlan)
dissect() {
	local column options=()
	for column in "${COLUMNS[@]}"; do options+=(-e "$column"); done
	tshark -r "$CAPTURE" -T fields -E occurrence=f "${options[@]}" >"$WORK/dissected" 2>"$WORK/tshark.err"
}

# fields CONDITION FIELD…: of each packet of which it is true, a line. In the condition, which is
# awk's, a protocol's name is whether it is there.
fields() {
	local condition=$1 printed="${*:2}" i
	for i in "${!COLUMNS[@]}"; do
		condition=${condition//"${COLUMNS[i]}"/\$$((i + 1))}
		printed=${printed//"${COLUMNS[i]}"/\$$((i + 1))}
	done
	awk -F '\t' "$condition { print ${printed// /, } }" "$WORK/dissected"
}

# Lines that are the same but for their last word, as one: with their number, and the words' sum.
sums() {
	awk '{ last = $NF; NF--; n[$0]++; sum[$0] += last }
		END { for (key in n) print key, n[key], sum[key] }' | sort
}

# rows PROGRAM TABLE FIELDS: of its last reading, which are the rows for this.
rows() {
	READINGS=${READINGS_OF[$1]}
	last ".tables.$2.rows[] | \"$3\"" | sort
}

declare -A SCOPE_OF READINGS_OF
record
for program in $WATCHING; do
	start "$program" -i in
	SCOPE_OF[$program]=$SCOPE READINGS_OF[$program]=$READINGS
done
traffic
for program in $WATCHING; do
	SCOPE=${SCOPE_OF[$program]}
	stop
	equal "$program ends well" "$STATUS" 0
done
kill "$TCPDUMP"
wait "$TCPDUMP"

# Packets that are larger than the length in their header can say (BIG TCP) are no martians.
if ip -n far link set in gso_max_size 190000 2>"$WORK/too_large"; then
	start martians -i in || exit 1
	SCOPE_OF[big]=$SCOPE READINGS_OF[big]=$READINGS
	start -e 'BPF_ARRAY(large, u64, 1); large.atomic_increment(0, skb->len > 65550);' -i in -Q out ||
		exit 1
	use near
	head -c 20000000 /dev/zero >"$WORK/page"
	"${IN[@]}" curl -sSo "$WORK/got" "http://[fd00:9::2]:$PORT/page"
	use far
	stop
	check "packets are larger than 64 KiB" test "$(last '.tables.large.rows[0].value')" -gt 0
	SCOPE=${SCOPE_OF[big]}
	stop
	equal "martians: they are none" "$(rows big martians '\(.text.wrong) \(.text.source) \(.text.destination)')" ""
else
	echo "skipped: packets of more than 64 KiB: $(cat "$WORK/too_large")"
fi
kill "$SERVER"

MAC=$(ip -n far -j link show in | gojq -r '.[].address')
RECEIVED="eth.src != \"$MAC\"" SENT_FROM="eth.src == \"$MAC\""
check "tshark reads what tcpdump recorded" dissect
# The kernel's own multicast (MLD, neighbour discovery) comes when it likes, before and after.
# Of 10.9.0.34 tshark reads no address: its header says that it has no room for one.
beside() { grep -Ev '^( |ff02:|10\.9\.0\.34 |::)'; }

# What arrives here was sent by one machine and not merged: a packet is a packet. A tag that
# the card took off is four bytes that tcpdump has and the kernel has not.
equal "talkers: what came from each address" \
	"$(rows talkers talkers '\(.text.address) \(.in_packets) \(.in_bytes)' | awk '$2' | beside)" \
	"$({ fields "ip && !vlan && $RECEIVED" ip.src frame.len
		fields "ip && vlan && $RECEIVED" ip.src frame.len | awk '{ print $1, $2 - 4 }'
		fields "ipv6 && $RECEIVED" ipv6.src frame.len
	} | sums | beside)"
equal "talkers: the bytes that went to each address" \
	"$(rows talkers talkers '\(.text.address) \(.out_bytes)' | awk '$2' | beside)" \
	"$({ fields "ip && $SENT_FROM" ip.dst frame.len
		fields "ipv6 && $SENT_FROM" ipv6.dst frame.len
	} | sums | awk '{ print $1, $3 }' | beside)"

equal "services: who used which port" \
	"$(rows services services \
		'\(.protocol) \(.port) \(.text.address) \(.in_packets) \(.in_bytes)')" \
	"$({ fields "tcp && ip && $RECEIVED" ip.proto tcp.dstport ip.src frame.len
		fields "tcp && ipv6 && $RECEIVED" ipv6.nxt tcp.dstport ipv6.src frame.len
		fields "udp && !vlan && $RECEIVED && udp.dstport > 2" ip.proto udp.dstport ip.src frame.len
		fields "udp && vlan" ip.proto udp.dstport ip.src frame.len | awk '{ $NF -= 4; print }'
		fields "udp.dstport == 2" ip.proto udp.srcport ip.src frame.len
	} | sums)"
equal "services: later fragments have no ports" \
	"$(rows services not_counted '\(.text.why) \(.value)' | grep LATER)" \
	"LATER_FRAGMENT $(fields 'ip.frag_offset > 0 || ipv6.fraghdr.offset > 0' frame.len | wc -l)"

# With the kernel's own multicast and without it.
sizes_of() { # CONDITION
	{ fields "!vlan && $RECEIVED && $1" frame.len; fields "vlan && $1" frame.len | awk '{ print $1 - 4 }'
	} | awk '{ for (n = 0; 2 ^ (n + 1) <= $1; n++); print n, 1 }' | sums | cut -d" " -f1-2
}
are_between() { # ROWS LEAST MOST: a key and a number in each line
	[ "$(wc -l <<<"$1")" = "$(wc -l <<<"$2")" ] &&
		join <(echo "$1") <(echo "$2") | join - <(echo "$3") |
		awk '{ bad += $2 < $3 || $2 > $4 } END { exit bad || !NR }'
}
check "sizes: of what arrives, by powers of two" are_between \
	"$(rows sizes sizes '\(.text.direction) \(.bytes) \(.value)' | sed -n 's/RECEIVED //p')" \
	"$(sizes_of 'ipv6.dst !~ /^ff02:/')" "$(sizes_of 1)"
equal "sizes: what was cut" \
	"$(rows sizes fragments '\(.text.source) \(.text.destination) \(.fragments) \(.datagrams)')" \
	"$({ fields 'ip.flags.mf ~ /1|True/ || ip.frag_offset > 0' ip.src ip.dst ip.frag_offset
		fields 'ipv6.fraghdr' ipv6.src ipv6.dst ipv6.fraghdr.offset
	} | awk '{ print $1, $2, $3 == 0 }' | sums)"
equal "sizes: who says that packets are too big" \
	"$(rows sizes too_big '\(.text.by) \(.bytes) \(.messages)')" "10.9.0.254 1400 1
fd00:9::fe 1280 1"

equal "arp: who asks for whom" \
	"$(rows arp questions '\(.text.from) \(.text.wanted) \(.asked)' | grep '^10.9.0.1 ')" \
	"$(fields 'arp.opcode == 1 && arp.src.proto_ipv4 == "10.9.0.1"' arp.src.proto_ipv4 \
		arp.dst.proto_ipv4 frame.len | sums | cut -d" " -f1-3)"
NEAR=$(ip -n near -j link show out | gojq -r '.[].address')
equal "arp: an address with two owners" \
	"$(rows arp owners '\(.text.address) \(.text.mac)' | grep '^10.9.0.1 ')" \
	"$(printf '10.9.0.1 %s\n' "$NEAR" 02:00:00:00:00:17 | sort)"
equal "arp: which was another's before" \
	"$(rows arp moved '\(.text.address) \(.text.before) \(.text.now)' | head -n 1)" \
	"10.9.0.1 $NEAR 02:00:00:00:00:17"

equal "martians: what no stack takes, and nothing else" \
	"$(rows martians martians '\(.text.wrong) \(.text.source) \(.text.destination) \(.packets)')" \
	"BEYOND_64K 10.9.0.36 10.9.0.2 1
CHECKSUM 10.9.0.31 10.9.0.2 3
CHECKSUM 10.9.0.39 10.9.0.2 1
DESTINATION 10.9.0.35 0.1.2.3 1
DESTINATION fd00:9::31 :: 1
HOPS 10.9.0.32 10.9.0.2 1
HOPS fd00:9::32 fd00:9::2 1
LENGTH 10.9.0.33 10.9.0.2 1
LENGTH 10.9.0.34 10.9.0.2 1
SOURCE 127.0.0.1 10.9.0.2 1
SOURCE 224.0.0.9 10.9.0.2 1
SOURCE ff02::7 fd00:9::2 1
TO_ITSELF 10.9.0.2 10.9.0.2 1
TRANSPORT 10.9.0.37 10.9.0.2 1"
finish
