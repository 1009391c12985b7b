# SPDX-License-Identifier: Apache-2.0
# For tests that compare a program's rows with tshark's, of what tcpdump recorded on the same
# interface. Source it behind lib.sh.
# shellcheck shell=bash

CAPTURE=$WORK/traffic.pcap

# two_ends A-NAMESPACE A B-NAMESPACE B: a pair with addresses, 10.9.0.1 and fd00:9::1 at A, .2 and
# ::2 at B, where 10.9.0.3 is as well. Neighbours ask once, and not again meanwhile.
two_ends() {
	local side where what number
	pair "$@"
	for side in "$1:$2:1" "$3:$4:2"; do
		IFS=: read -r where what number <<<"$side"
		nsenter "--net=/run/netns/$where" -- sysctl -q "net.ipv6.conf.$what.addr_gen_mode=1" \
			"net.ipv6.conf.$what.disable_ipv6=0" \
			"net.ipv4.neigh.$what.delay_first_probe_time=600" \
			"net.ipv6.neigh.$what.delay_first_probe_time=600"
		ip -n "$where" link set "$what" arp on
		ip -n "$where" addr add "10.9.0.$number/24" dev "$what"
		ip -n "$where" addr add "fd00:9::$number/64" dev "$what" nodad
	done
	ip -n "$3" addr add 10.9.0.3/24 dev "$4"
}

# record NAMESPACE INTERFACE … recorded
record() {
	: >"$WORK/tcpdump.err" # not of the one before
	nsenter "--net=/run/netns/$1" -- tcpdump -i "$2" -U -s 16384 -B 16384 -w "$CAPTURE" --immediate-mode \
		2>"$WORK/tcpdump.err" &
	TCPDUMP=$!
	check "tcpdump listens" within 10 grep -q listening "$WORK/tcpdump.err"
}

# The question for an address that nobody has is behind all that tcpdump is to have.
recorded() { # A-NAMESPACE
	nsenter "--net=/run/netns/$1" -- bash -c 'echo >/dev/udp/10.9.0.77/9'
	check "tcpdump has it all" within 10 env LC_ALL=C grep -aqP '^\x09\x00\x4d' "$CAPTURE"
	kill "$TCPDUMP"
	wait "$TCPDUMP"
}

# fields FILTER FIELD…: of each packet that tshark finds, a line with tabs. Of a field that is there
# more than once, all, with OCCURRENCE=a. What was asked before is remembered: tshark takes long to
# start.
fields() {
	local filter=$1 field options=() answer
	answer=$WORK/fields-$(cksum <<<"${OCCURRENCE:-} $*" | tr " " -)
	shift
	for field; do options+=(-e "$field"); done
	[ -e "$answer" ] || tshark -r "$CAPTURE" -Y "$filter" -T fields \
		-E "occurrence=${OCCURRENCE:-f}" "${options[@]}" >"$answer" 2>/dev/null
	cat "$answer"
}

# Lines that are the same but for their last word, as one: with their number, and the words' sum.
sums() {
	awk '{ last = $NF; NF--; n[$0]++; sum[$0] += last }
		END { for (key in n) print key, n[key], sum[key] }' | sort
}
