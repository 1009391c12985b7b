#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Captures of the odd kind: every header cut at every byte, and lengths that lie. No program fails on
# them, each packet is seen or said not to be, and no row tells what tshark does not.
. "$(dirname "$0")/lib.sh"
type tshark python3 >/dev/null 2>&1 || { echo "skipped: tshark or python3 is not installed"; exit 77; }

mapfile -t programs < <("$SKBSCOPE" list -j | gojq -r '.[].name')
[ "${SLOWNESS:-1}" = 1 ] || programs=("${programs[@]/balance/}") # see test/program/bundled.sh

for kind in short recorded lies; do
	capture=$WORK/$kind.pcap readings=()
	check "$kind: is made" python3 "$HERE/odd_frames.py" "$kind" "$capture"
	[ -s "$capture" ] || continue
	packets=$(tshark -r "$capture" 2>/dev/null | wc -l)
	# shellcheck disable=SC2068
	for program in ${programs[@]}; do
		"$SKBSCOPE" run "$program" -r "$capture" -j >"$WORK/$kind.$program" 2>"$WORK/err"
		equal "$kind: $program ends as it should" $? 0 || cat "$WORK/err"
		said=$(tail -n 1 "$WORK/err")
		seen=$(sed -n 's/^[^:]*: \([0-9]*\) packets* seen in.*/\1/p' <<<"$said")
		left=$(grep -o 'not carried: .*' <<<"$said" | grep -o '[0-9]\+' | paste -sd+)
		equal "$kind: $program: what is seen, and what is said not to be, is all" \
			"$((seen + ${left:-0}))" "$packets"
		case $program in
		talkers | protocols | services | flows | icmp | arp | dns | tls)
			readings+=("$program=$WORK/$kind.$program") ;;
		esac
	done
	equal "$kind: no row tells what tshark does not" \
		"$(python3 "$HERE/odd_rows.py" most "$capture" "${readings[@]}" 2>&1)" ""
done
finish
