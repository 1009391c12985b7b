#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --set: what is in the tables is what was asked for, by bpftool's word, and decides over
# packets; a file of it that is saved is followed whole or not at all, and what the program
# counts beside it loses nothing.
. "$(dirname "$0")/lib.sh"

P=$PROGRAMS/set.c
RULES=$WORK/rules
MARKS=$WORK/marks
NETS=${PREFIX}nets SHARES=${PREFIX}shares SLOTS=${PREFIX}slots
SHOWN=$NETS
namespace near
namespace far
pair near out far in
use far

# A table's rows by bpftool, in one line each.
dump() { # TABLE
	bpftool -j map dump name "$PREFIX$1" 2>/dev/null | gojq -c '.[].formatted // .[]'
}
network() { # ADDRESS/LENGTH ACTION LIMIT: its row, without what is counted
	local a b c d
	IFS=./ read -r a b c d length <<<"$1"
	echo "$length $((a | b << 8 | c << 16 | d << 24)) $2 $3"
}
networks() { # those that are there
	dump nets | gojq -r '"\(.key.prefixlen) \(.key.address) \(.value.action) \(.value.limit)"' | sort
}
has_networks() { # ROWS: those, and what is there each time
	[ "$(networks)" = "$(printf '%s\n' "$1" "$FIXED" | grep . | sort)" ]
}
marked() { [ "$(dump shares | gojq -c '[.values[].value.mark] | unique')" = "[$1]" ]; }
hits() { dump nets | gojq -s '[.[].value.hits] | add // 0'; }
told() { grep -qF -- "$1" "$ERRORS"; }

# --- at the start -------------------------------------------------------------------

cat >"$RULES" <<-END
	# who is not wanted
	192.0.2.0/24 = {action=SHOT, limit=64KiB} # the tests
	10.0.0.0/8 = {action=TC_ACT_OK}

	0.0.0.0/0 = {limit=1mbit, action=-1}
END
echo "192.0.2.1 = {mark=23}" >"$MARKS"
watches() {
	start "$P" -i in --interval "$(ms 20)" --watch --set "$NETS=@$RULES" \
		--set "$NETS[127.0.0.0/8]={limit=7}" --set "$NETS[10.0.0.0/8]={limit=3}" \
		--set "$SLOTS[*]=0xbeef" --set "$SLOTS[2]=5" --set "$SHARES=@$MARKS" "$@"
}
watches || finish
FIXED=$(network 10.0.0.0/8 0 3
	network 0.0.0.0/0 -1 125000
	network 127.0.0.0/8 0 7)
check "the networks are there, a later --set beside what the file says" \
	has_networks "$(network 192.0.2.0/24 2 65536)"
equal "a row is there on every CPU" "$(dump shares | gojq -c '[.values[].value.mark] | unique')" "[23]"
equal "every slot, on every CPU" "$(dump slots | gojq -c '[.values[].value] | unique')" \
	$'[48879]\n[48879]\n[5]'
refute "nothing is said to wait for being filled" told "only looked up"

# --- a file is saved, and packets come ----------------------------------------------

use near
start_sending out udp4 20000
use far
check "it decides over packets" within 5 eval '[ "$(verdict 2)" -gt 0 ]'
for ((i = 1; i <= 20; i++)); do
	sed -i "s/limit=64KiB\|limit=[0-9]*kB/limit=${i}kB/" "$RULES"
	echo "192.0.2.1 = {mark=$i}" >"$MARKS"
	check "saved while packets come: $i" within 5 \
		eval 'has_networks "$(network 192.0.2.0/24 2 "$((i * 1000))")" && marked "$i"'
done
stop_sending
check "all packets are seen" within 5 eval '[ "$(verdict 2)" = "$SENT" ]'
equal "what is counted beside what is set loses nothing" "$(hits)" "$SENT"
equal "nor on any CPU" "$(dump shares | gojq '[.values[].value.hits] | add')" "$SENT"
refute "no packet was judged otherwise" eval 'last ".verdicts[].code" | grep -v "^2$"'

cat >"$RULES" <<-END
	192.0.2.0/24 = {action=OK, limit=20kB}
	0.0.0.0/0 = {limit=1mbit, action=-1}
	192.0.2.128/25 = {action=PIPE}
END
check "rows come, change, and go" within 5 has_networks \
	"$(network 192.0.2.0/24 0 20000; network 192.0.2.128/25 3 0)"
check "it is told" within 5 told "set: $SHOWN: 1 row added, 2 changed"
equal "a row that changed has its count" "$(hits)" "$SENT"

# --- what is no file to follow ------------------------------------------------------

WHOLE=$(networks)
good=$(<"$RULES")
keeps() { # SENTENCE WORDS: nothing changed, and it is told
	check "$1: it is told" within 5 told "$2"
	equal "$1: nothing changed" "$(networks)" "$WHOLE"
}
{
	for ((i = 1; i < 1000; i++)); do echo "# $i"; done
	echo " 10.1.0.1/16 = {limit=1}"
} >"$RULES"
keeps "a network with host bits" "$RULES:1000:2: bits are set behind the prefix; the rows stay"
contains "and what the network is" "$(cat "$ERRORS")" "the network is 10.1.0.0/16"
echo "10.1.0.0/16 = {limit=-1}" >"$RULES"
keeps "a value out of range" "$RULES:1:22: 'limit' takes a size such as 64KiB, not '-1'"
echo "eth0 = {limit=1}" >"$RULES"
keeps "a key of the wrong type" "$RULES:1:1: 'address' takes an IPv4 address, not 'eth0'"
printf '%s\n192.0.2.0/24 = {limit=9}\n' "$good" >"$RULES"
keeps "a key that is there twice" "$RULES:4: this key is in line 1 already"
for ((i = 0; i < 9; i++)); do echo "10.$i.0.0/16 = {limit=1}"; done >"$RULES"
keeps "more rows than there is room for" "has room for 8 rows, not for 11"
printf '%s\n10.' "$good" >"$RULES"
keeps "half of a file" "$RULES:4:1: 'address' takes"
rm "$RULES"
keeps "a file that is gone" "$RULES is gone"
printf '%s\n' "$good" >"$RULES"
bpftool map update name "${PREFIX}nets" key 32 0 0 0 10 9 9 9 value \
	0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
bpftool map update name "${PREFIX}nets" key 32 0 0 0 10 9 9 8 value \
	0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
WHOLE=$(networks)
printf '%s\n' "${good/20kB/21kB}" "10.7.0.0/16" "10.8.0.0/16" >"$RULES"
keeps "a table that others filled" "has no room for another row: it has 8; the rows stay"
contains "it is said which row" "$(cat "$ERRORS")" "$RULES:5: the table"
equal "what was counted is counted" "$(hits)" "$SENT"
bpftool map delete name "${PREFIX}nets" key 32 0 0 0 10 9 9 9
bpftool map delete name "${PREFIX}nets" key 32 0 0 0 10 9 9 8
printf '%s\n' "${good/20kB/22kB}" >"$RULES"
check "after all of that it is followed" within 5 eval '[[ $(networks) == *" 22000"* ]]'

# Somebody writes, and takes his time.
{
	echo "192.0.2.0/24 = {action=OK, limit=24kB}"
	read -rt 0.2 <>"$NEVER"
	echo "0.0.0.0/0 = {limit=1mbit, action=UNSPEC}"
	echo "192.0.2.128/25 = {action=PIPE}"
} >"$RULES"
check "written slowly, it is followed when it is whole" within 5 has_networks \
	"$(network 192.0.2.0/24 0 24000; network 192.0.2.128/25 3 0)"
equal "and not before: no row went and came again" "$(hits)" "$SENT"
: >"$RULES"
check "emptied, its rows go" within 5 eval '[ "$(networks | grep -c .)" = 2 ]'

# --- another version of the program -------------------------------------------------

printf '%s\n' "$good" >"$RULES"
WHOLE="$(network 192.0.2.0/24 0 20000; network 192.0.2.128/25 3 0)"
check "its rows are back" within 5 has_networks "$WHOLE"
use near
send out udp4 23 >/dev/null
use far
check "and count" within 5 eval '[ "$(hits)" = 23 ]'
sed -i 's/u32 pad;/level_t more;/' "$P"
check "another shape of the table is live" within 10 is_version 2
# The map of before may be there for a moment, by the same name.
check "with its rows" within 5 has_networks "$WHOLE"
equal "and counts" "$(hits)" 23
stop
equal "a normal end" "$STATUS" 0

# A swap that starts empty is under way while packets come: none of them meets an empty table.
echo "192.0.2.0/24 = {action=SHOT}" >"$RULES"
watches --reset || finish
use near
start_sending out udp4 20000
use far
for ((i = 2; i <= 6; i++)); do
	printf '/* %s */\n' "$i" >>"$P"
	check "version $i starts empty and is filled" within 10 is_version "$i"
	check "and counts" within 5 eval '[ "$(hits)" -gt 0 ]'
	refute "no packet of it was judged otherwise" eval 'last ".verdicts[].code" | grep -v "^2$"'
done
stop_sending
sed -i "s/${PREFIX}nets, struct network/${PREFIX}nets, u64/; s/lookup(&network)/lookup((u64 *)\&network)/" "$P"
check "a version whose table cannot have it is not swapped in" within 10 is_stale
contains "and why" "$(last .stale)" "$RULES:1:1: the key takes a number"
stop

# --- a firewall for a moment --------------------------------------------------------

cp "$HERE/programs/set.c" "$P"
sed -i "s/\bnt_/$PREFIX/g" "$P"
start "$P" -i lo --enforce --interval "$(ms 20)" --set "$NETS[127.0.0.0/8]={action=SHOT}"
before=$(delivered)
datagrams 127.0.0.1 23
check "what is set to be dropped is" within 5 eval '[ "$(verdict 2)" -ge 23 ]'
equal "and does not arrive" "$(delivered)" "$before"
stop
datagrams 127.0.0.1 23
equal "afterwards it does" "$(delivered)" $((before + 23))

# --- of a recording, and of two versions --------------------------------------------

"$TOOLS/frames" make "$WORK/made.pcap" 5
"$SKBSCOPE" run -j "$P" -r "$WORK/made.pcap" --set "$NETS[0.0.0.0/0]={action=SHOT}" \
	>"$WORK/replay" 2>"$WORK/replay.err"
shot=$(gojq '[.verdicts[] | select(.code == 2) | .packets] | add // 0' "$WORK/replay")
check "what is set decides over recorded packets" test "$shot" -gt 0
equal "they are those of the row" "$(gojq ".tables.${PREFIX}nets.rows[0].hits" "$WORK/replay")" "$shot"
sed "s/return rule->action/return 7/; /BPF_PERCPU_ARRAY(${PREFIX}slots/d" "$P" >"$WORK/other.c"
"$SKBSCOPE" diff "$P" "$WORK/other.c" -r "$WORK/made.pcap" --set "$NETS[0.0.0.0/0]={action=SHOT}" \
	--set "$SLOTS[0]=1" >"$WORK/diff" 2>"$WORK/diff.err"
equal "two versions are filled alike, but for a table that one lacks" "$?" 5
contains "and differ in what they do with it" "$(cat "$WORK/diff")" "REDIRECT"
nothing_left "set" in

finish
