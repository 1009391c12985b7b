#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Interfaces by every name they have, several at once, and what is said of those whose
# packets are not what a program expects.
. "$(dirname "$0")/lib.sh"

FRAMES=23
LONG=an-alternative-name-of-in
namespace near
namespace far
pair near out far in
pair near out2 far in2
use far
"${IN[@]}" ip link property add dev in altname "$LONG" altname short

names() { last '[.hooks[].interface] | unique | join(" ")'; }

for name in in "$LONG" short in@if7 in@out; do
	once "$PROGRAMS/count.c" -i "$name"
	equal "'$name' is found" "$STATUS" 0
	equal "'$name' is called by its name" "$(gojq -r '.hooks[0].interface' <<<"$OUTPUT")" in
done
for name in @ @in "in," "in " "$LONG-and-more" none; do
	once "$PROGRAMS/count.c" -i "$name"
	equal "'$name' is not found" "$STATUS" 1
done
once "$PROGRAMS/count.c" -i in -i "$LONG"
equal "one interface by two names: fails" "$STATUS" 1
contains "one interface by two names: says so" "$ERRORS" twice
nothing_left "after all refusals" in

once "$PROGRAMS/count.c" -i in,in2
equal "a list" "$(gojq -r '[.hooks[].interface] | unique | join(" ")' <<<"$OUTPUT")" "in in2"
once "$PROGRAMS/count.c" -i any
equal "any: all that are up" \
	"$(gojq -r '[.hooks[].interface] | unique | join(" ")' <<<"$OUTPUT")" "in in2 lo"
contains "any: of lo it is said that packets pass twice" "$ERRORS" "every packet of lo"

# Interfaces that come and go.
said() { grep -q -- "$1" "$ERRORS"; }
is_on() { names | grep -qw "$1"; }
for hook in "${HOOKS[@]}"; do
	for netns in "" far; do
		case="$hook, any${netns:+ of a namespace}, and one that comes"
		use "${netns:+home}"
		[ -n "$netns" ] || use far
		start "$PROGRAMS/count.c" -i any ${netns:+--netns "$netns"} --hook "$hook" \
			--interval "$(ms 50)" || continue
		pair near out3 far in3
		check "$case: it is said" within 10 said "in3 came, and is attached to"
		check "$case: readings have it" within 10 is_on in3
		use near
		send out3 udp4 "$FRAMES" >/dev/null
		use far
		check "$case: its packets are counted" within 10 reaches nt_in "$FRAMES"
		ip -n far link del in3
		check "$case: that it went is said" within 10 said "hooks are gone"
		check "$case: and it is shown no more" within 10 eval '! is_on in3'
		pair near out3 far in3
		check "$case: it may come again" within 10 is_on in3
		ip -n far link del in3
		stop
		equal "$case: a normal end" "$STATUS" 0
		equal "$case: every packet was counted" "$(total nt_in)" "$FRAMES"
		nothing_left "$case" in in2 lo
	done
done
if "${IN[@]}" ip tuntap add dev tun1 mode tun; then
	case="any and an expression"
	if start "$PROGRAMS/count.c" -i any --interval "$(ms 50)" arp; then
		"${IN[@]}" ip link set tun1 up
		check "$case: what it is not for is left out" within 10 said "tun1 came, and is left out"
		stop
		equal "$case: a normal end" "$STATUS" 0
	fi
	once "$PROGRAMS/count.c" -i any arp
	contains "$case: so it is at the start" "$ERRORS" "tun1 is left out: there is no such expression"
	"${IN[@]}" ip link del tun1
fi

for hook in "${HOOKS[@]}"; do
	case="$hook, renamed while attached"
	use home
	start "$PROGRAMS/count.c" --netns far -i in --hook "$hook" --interval "$(ms 50)" || continue
	ip -n far link set in down
	ip -n far link set in name inside
	check "$case: readings have the new name" within 5 eval '[ "$(names)" = inside ]'
	ip -n far link set inside up
	ip -n far link set inside name in 2>/dev/null ||
		{ ip -n far link set inside down; ip -n far link set inside name in; }
	ip -n far link set in up
	stop
	equal "$case: a normal end" "$STATUS" 0
	contains "$case: the end has the name of the end" "$(<"$ERRORS")" "detached from in ingress"
done
use far

remarks() { # CASE WORDS INTERFACES…
	local case=$1 words=$2
	shift 2
	once "$PROGRAMS/count.c" "${@/#/-i}"
	equal "$case: attaches" "$STATUS" 0
	if [ -n "$words" ]; then contains "$case: said" "$ERRORS" "$words"; else
		refute "$case: nothing is said" grep -q "twice\|link-layer" <<<"$ERRORS"
	fi
}

# A kernel need not have every kind of interface.
if "${IN[@]}" ip link add br0 type bridge; then
	"${IN[@]}" ip link set in master br0
	remarks "a bridge and its port" "in is a port of br0" br0 in
	once "$PROGRAMS/count.c" -i br0,in -q
	equal "with -q nothing is said" "$ERRORS" ""
else echo "skipped: a bridge and its port: this kernel has no bridges"; fi
if "${IN[@]}" ip link add link in2 name upper type macvlan; then
	remarks "a macvlan and what it is on" "upper is on top of in2" in2 upper
else echo "skipped: a macvlan and what it is on: this kernel has no macvlan"; fi
if "${IN[@]}" ip tuntap add dev tun0 mode tun; then
	remarks "a tun device" "packets of tun0 have no link-layer header" tun0
else echo "skipped: a tun device: this kernel has no tun"; fi
"${IN[@]}" ip link add one type veth peer name two
remarks "both ends of a pair" "ends of one pair" one two
remarks "Ethernet interfaces that have nothing to do with each other" "" in in2
remarks "one whose peer is in another namespace" "" in2

finish
