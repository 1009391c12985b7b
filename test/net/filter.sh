#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Words behind the program are a tcpdump expression: what does not match is in no table and
# no count of verdicts, goes on to the next filter, and stays out when the program is edited.
# Which packets an expression matches is in test/program/filter.c.
. "$(dirname "$0")/lib.sh"

UDP=23 TCP=42 VLAN=11
namespace near
namespace far
pair near out far in

mixed() {
	use near
	send out udp4 $UDP >/dev/null
	send out tcp4 $TCP >/dev/null
	send out vlan $VLAN >/dev/null
	use "$1"
}
all_verdicts() { last '[.verdicts[].packets] | add // 0'; }

for hook in "${HOOKS[@]}"; do
	case="$hook, incoming"
	use far
	if start "$PROGRAMS/count.c" -i in --hook "$hook" udp; then
		contains "$case: it is said" "$(<"$ERRORS")" ", only packets that match 'udp'"
		mixed far
		stop
		equal "$case: only what matches is counted" "$(total nt_in)" $UDP
		equal "$case: nothing else has a verdict" "$(all_verdicts)" $UDP
		nothing_left "$case" in
	fi

	case="$hook, a tag that the card took off"
	if start "$PROGRAMS/count.c" -i in --hook "$hook" 'vlan 23 and udp'; then
		mixed far
		stop
		equal "$case: is put back" "$(total nt_in)" $VLAN
	fi

	case="$hook, outgoing"
	use near
	if start "$PROGRAMS/count.c" -i out --hook "$hook" outbound and not tcp and not vlan; then
		mixed near
		stop
		equal "$case: only what matches is counted" "$(total nt_out)" $UDP
		nothing_left "$case" out
	fi

	case="$hook, enforced"
	if start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_SHOT -i lo --hook "$hook" --enforce \
		udp dst port 2323; then
		before=$(delivered)
		datagrams 127.0.0.1 $UDP
		equal "$case: what matches is dropped" $(($(delivered) - before)) 0
		send lo udp6 $TCP >/dev/null
		stop
		equal "$case: the rest is none of the program's" "$(total nt_in)" $UDP
		equal "$case: and has no verdict" "$(all_verdicts)" $UDP
	fi
	if start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_SHOT -i lo --hook "$hook" --enforce \
		not udp; then
		before=$(delivered)
		datagrams 127.0.0.1 $UDP
		equal "$case: what does not match goes on" $(($(delivered) - before)) $UDP
		stop
		nothing_left "$case" lo
	fi

	case="$hook, edited"
	use far
	mkdir "$WORK/desk"
	cp "$PROGRAMS"/edit.[ch] "$WORK/desk"
	if start "$WORK/desk/edit.c" -i in --hook "$hook" --watch --interval "$(ms 100)" udp; then
		mixed far
		sed -i 's/define VERSION 0/define VERSION 1/' "$WORK/desk/edit.c"
		check "$case: the new version is live" within 20 is_version 2
		mixed far
		stop
		equal "$case: it has the same filter" \
			"$(last '[.tables.nt_versions.rows[] | [.key, .value]] | sort | tostring')" \
			"[[0,$UDP],[1,$UDP]]"
		equal "$case: and so has what both count" "$(total nt_in)" $((2 * UDP))
	fi
	rm -r "$WORK/desk"

	case="$hook, two versions"
	ERRORS=$WORK/diff.err
	rm -f "$ERRORS"
	"${IN[@]}" env --default-signal=INT "$SKBSCOPE" diff "$PROGRAMS/count.c" "$PROGRAMS/count.c" \
		-i in -j --hook "$hook" tcp >"$WORK/diff.out" 2>"$ERRORS" &
	SCOPE=$!
	within 20 eval '[ -e "$ERRORS" ] && attached_or_gone'
	mixed far
	stop
	equal "$case: are the same" "$STATUS" 0
	contains "$case: both saw what matches" "$(<"$ERRORS")" "both saw the same $TCP packets"
	nothing_left "$case" in
done

# One function on the directions that are asked for: what goes out of lo comes in.
for direction in in:1 out:1 inout:2; do
	case="-Q ${direction%:*}"
	use near
	if start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_OK -i lo -Q "${direction%:*}" udp; then
		send lo udp4 $UDP >/dev/null
		send lo tcp4 $TCP >/dev/null
		stop
		equal "$case: each packet is counted where it was asked for" "$(total nt_in)" \
			$((UDP * ${direction#*:}))
		equal "$case: its verdicts as well" "$(verdict 0)" $((UDP * ${direction#*:}))
		equal "$case: a reading says what was asked for" \
			"$(last '.filter, .direction' | paste -sd' ')" "udp ${direction%:*}"
		nothing_left "$case" lo
	fi
done
use far
mkdir "$WORK/desk"
cp "$PROGRAMS"/edit.[ch] "$WORK/desk"
case="-Q inout, edited"
if start "$WORK/desk/edit.c" -i lo -Q inout --watch --interval "$(ms 100)"; then
	sed -i 's/define VERSION 0/define VERSION 1/' "$WORK/desk/edit.c"
	check "$case: the new version is live" within 20 is_version 2
	send lo udp4 $UDP >/dev/null
	stop
	equal "$case: it is on both, too" "$(total nt_in)" $((2 * UDP))
fi
once "$PROGRAMS/verdict.c" -D VERDICT=0 -i lo -Q inout outbound
contains "a word for what -Q says" "$ERRORS" "-Q in or -Q out chooses"

case="a text"
use far
if start -e 'BPF_ARRAY(nt_text, u64, 1); nt_text.atomic_increment(0);' -i in tcp; then
	mixed far
	stop
	equal "$case: is behind a filter as well" \
		"$(last '[.tables[].rows[].value] | add')" $TCP
fi

# What libpcap makes of a name is kept while the file is the same that it is in.
case="a port's name"
cp /etc/services "$WORK/services"
mount --bind "$WORK/services" /etc/services
use near
for port in 2323 2323 2424; do
	[ "$(<"$WORK/services")" = "nt-port $port/udp" ] ||
		echo "nt-port $port/udp" >"$WORK/services"
	if start "$PROGRAMS/count.c" -i lo udp port nt-port; then
		datagrams 127.0.0.1 $UDP
		stop
		equal "$case: is port $port" "$(total nt_in)" $((port == 2323 ? UDP : 0))
	fi
done
umount /etc/services
use far
kept=("$IMAGES"/*.filter)
check "expressions are kept" test ${#kept[@]} -gt 0

# A kernel need not have every kind of interface.
if "${IN[@]}" ip tuntap add dev tun0 mode tun; then
	once "$PROGRAMS/count.c" -i tun0 arp
	equal "packets without a link-layer header are no ARP" "$STATUS" 2
	contains "packets without a link-layer header: it is said of them" "$ERRORS" \
		"refused for packets without a link-layer header"
	once "$PROGRAMS/count.c" -i tun0,in udp
	equal "with others that have one" "$STATUS" 0
	once "$PROGRAMS/count.c" -i lo tun0
	contains "a lone word that names an interface" "$ERRORS" "write -i tun0"
else echo "skipped: a tun device: this kernel has no tun"; fi

finish
