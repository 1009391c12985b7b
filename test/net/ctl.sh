#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From another terminal: what "skbscope ctl" writes is in the tables by bpftool's word, decides
# over packets and stays part of the run; who may not, may not; who is silent holds up nobody.
. "$(dirname "$0")/lib.sh"

P=$PROGRAMS/set.c
sed -i "0,/^ \*\// s/^ \*\// *\n * @hide ${PREFIX}slots\n&/" "$P"
NETS=${PREFIX}nets SHARES=${PREFIX}shares SLOTS=${PREFIX}slots
. "$HERE/ctl-lib.sh"
namespace near
namespace far
pair near out far in
use far

# The kernel takes its time to forget the tables of the version before.
is_alone() { [ "$(bpftool -j map show name "$1" 2>/dev/null | gojq -s 'flatten | length')" -le 1 ]; }
dump() {
	within 10 is_alone "$PREFIX$1"
	bpftool -j map dump name "$PREFIX$1" 2>/dev/null | gojq -c '.[].formatted // .[]'
}
network() { # ADDRESS/LENGTH ACTION LIMIT: its row, without what is counted
	local a b c d
	IFS=./ read -r a b c d length <<<"$1"
	echo "$length $((a | b << 8 | c << 16 | d << 24)) $2 $3"
}
networks() { dump nets | gojq -r '"\(.key.prefixlen) \(.key.address) \(.value.action) \(.value.limit)"' | sort; }
rows_are() { equal "$1" "$(networks)" "$(printf '%s\n' "${@:2}" | grep . | sort)"; }
told() { grep -qF -- "$1" "$ERRORS"; }
sockets() { find /run/skbscope -name '.control-*' 2>/dev/null; }

# --- nothing runs -------------------------------------------------------------------

ctl_is "nothing runs" 0 "nothing runs"
equal "nothing is listed" "$(listed length)" 0
ctl_is "there is nothing to ask" 1 "no run of yours is there" get "$NETS"
ctl_is "nor to stop" 1 "no run of yours" stop
ctl_is "an action that there is not" 2 "did you mean 'stop'?" stpo
ctl_is "nothing to get" 2 "get what?" get
ctl_is "a whole run has no rows" 2 "is about a whole run" reload "$NETS"

# --- rows ---------------------------------------------------------------------------

echo "192.0.2.0/24 = {action=OK, limit=1kB}" >"$WORK/rules"
start "$P" -i in --interval "$(ms 20)" --watch --reset --set "$NETS=@$WORK/rules" \
	--set "$NETS[10.0.0.0/8]={limit=3}" || finish
equal "it is listed" "$(listed '.[] | "\(.pid) \(.program) \(.enforced) \(.hooks[0].hook)"' | sed 's/ (.*//')" \
	"$SCOPE set false in ingress"
equal "with its tables" "$(listed '[.[0].tables[].table] | sort | join(" ")')" "$NETS $SHARES $SLOTS"
contains "people see it, too" "$(ctl; echo "$OUTPUT")" "passive"

ctl_is "rows are set" 0 "$NETS: 2 rows set" set "$NETS[192.0.2.0/24]={action=SHOT}" "$NETS[127.0.0.0/8]={limit=64KiB}"
OURS=("$(network 192.0.2.0/24 2 1000)" "$(network 127.0.0.0/8 0 65536)" "$(network 10.0.0.0/8 0 3)")
rows_are "they are there, what was not named stays" "${OURS[@]}"
ctl get -j "$NETS[192.0.2.0/24]"
equal "a row is read as it is in a reading" \
	"$(gojq -c ".tables.$NETS | .rows[0].limit, .rows[0].text.action, (.rows | length), .complete" <<<"$OUTPUT" | xargs)" \
	"1000 SHOT 1 false"
ctl get "$NETS" "$SHARES"
contains "and as tables show it" "$OUTPUT" "192.0.2.0 "
contains "each under its name" "$OUTPUT" "$SHARES"
use near
send out udp4 23 >/dev/null
use far
check "packets are judged by it" within 5 eval '[ "$(verdict 2)" = 23 ]'
ctl get -j "$NETS[192.0.2.0/24]"
equal "and counted in it" "$(gojq ".tables.$NETS.rows[0].hits" <<<"$OUTPUT")" 23
ctl_is "it is set again" 0 "1 row set" set "$NETS[192.0.2.0/24]={limit=2kB}"
equal "what is counted beside it stays" "$(dump nets | gojq -s '[.[].value.hits] | add')" 23
ctl_is "slots are set" 0 "3 rows set" set "$SLOTS[*]=7" "$SLOTS[1]=0xbeef"
ctl get -j "$SLOTS"
equal "what is hidden is read where it is named" \
	"$(last ".tables.nt_slots | .hidden, (.rows | length)" | xargs) $(gojq ".tables.$SLOTS.rows | length" <<<"$OUTPUT")" \
	"true 0 3"
equal "on every CPU" "$(dump slots | gojq -c '[.values[].value] | unique' | xargs)" "[7] [48879] [7]"
ctl_is "a slot that is deleted is 0" 0 "set to 0" delete "$SLOTS[1]"
equal "and no other" "$(dump slots | gojq -c '[.values[].value] | unique' | xargs)" "[7] [0] [7]"

# --- what is refused changes nothing ------------------------------------------------

WHOLE=$(networks)
keeps() { # SENTENCE STATUS WORDS-SAID ARGUMENTS…
	ctl_is "$@"
	equal "$1: nothing changed" "$(networks)" "$WHOLE"
}
keeps "a key of another type" 2 "'$NETS[eth0]={limit=1}', column $((${#NETS} + 2)): 'address' takes an IPv4 address, not 'eth0'" \
	set "$NETS[192.0.2.0/24]={limit=9}" "$NETS[eth0]={limit=1}"
keeps "a key that cannot be read" 2 "takes an IPv4 address" get "$NETS[eth0]"
keeps "host bits" 2 "the network is 10.1.0.0/16" set "$NETS[10.1.0.1/16]={limit=1}"
keeps "a value out of range" 2 "'limit' takes a size" set "$NETS[10.1.0.0/16]={limit=-1}"
keeps "a file" 2 "a file is read when the program is started" set "$NETS=@$WORK/rules"
keeps "a table that there is not" 2 "did you mean '$NETS'?" set "${NETS}x[10.1.0.0/16]={limit=1}"
keeps "two tables" 2 "are two tables" set "$NETS[10.1.0.0/16]={limit=1}" "$SLOTS[0]=1"
keeps "a row that is not there" 1 "there is no such row" delete "$NETS[10.0.0.0/8]" "$NETS[10.1.0.0/16]"
keeps "nor read" 1 "1 of 2 rows is not there" get "$NETS[10.0.0.0/8]" "$NETS[10.1.0.0/16]"
keeps "a value for what is deleted" 2 "is not TABLE[KEY]" delete "$NETS[10.0.0.0/8]=1"
keeps "a row of what is cleared" 2 "is not the name of a table" clear "$NETS[10.0.0.0/8]"
mapfile -t many < <(for ((i = 0; i < 9; i++)); do echo "$NETS[10.$i.0.0/16]={limit=1}"; done)
keeps "more rows than there is room for" 2 "has room for 8 rows" set "${many[@]}"
zeros="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
for ((i = 1; i < 5; i++)); do
	# shellcheck disable=SC2086
	bpftool map update name "$NETS" key 32 0 0 0 9 9 9 "$i" value $zeros
done
WHOLE=$(networks)
keeps "a table that is full" 1 "has no room for another row: it has 8" \
	set "${many[0]}" "${many[1]}"
for ((i = 1; i < 5; i++)); do bpftool map delete name "$NETS" key 32 0 0 0 9 9 9 "$i"; done

# --- it is part of the run ----------------------------------------------------------

ctl_is "a row is deleted" 0 "1 row deleted" delete "$NETS[10.0.0.0/8]"
OURS=("$(network 192.0.2.0/24 2 2000)" "$(network 127.0.0.0/8 0 65536)")
rows_are "it is gone" "${OURS[@]}"
for ((i = 0; i < 23; i++)); do
	"$SKBSCOPE" ctl -q set "$SLOTS[0]=$i" || failed "set $i times"
done
use near
start_sending out udp4 20000
use far
echo "/* another */" >>"$P"
check "a version that starts empty is live" within 10 is_version 2
rows_are "it is filled with it, and without what was deleted" "${OURS[@]}"
equal "the latest word counts" "$(dump slots | gojq -c '[.values[].value] | unique' | xargs)" "[22] [0] [7]"
check "packets come" within 5 eval '[ "$(verdict 2)" -gt 0 ]'
refute "none of them was judged otherwise" eval 'last ".verdicts[].code" | grep -v "^2$"'
echo "192.0.2.0/24 = {action=PIPE, limit=1kB}" >"$WORK/rules"
echo "172.16.0.0/12 = {limit=1}" >>"$WORK/rules"
check "a file that is saved is followed beside it" within 5 eval '[[ $(networks) == *"12 "* ]]'
rows_are "and overrules nothing of it" "${OURS[@]}" "$(network 172.16.0.0/12 0 1)"
stop_sending
ctl_is "a table is cleared" 0 "$NETS: 3 rows deleted" clear "$NETS"
rows_are "it is empty"
echo "10.2.0.0/16 = {limit=1}" >>"$WORK/rules"
check "a file that is saved brings nothing back, which is told" within 5 told "cleared or deleted stays away"
rows_are "it is empty still"
ctl_is "reload is told at once" 0 "is compiled again" reload
check "and is done" within 10 is_version 3
rows_are "what was cleared stays empty"

# --- who is silent, and who may not -------------------------------------------------

socket=$(sockets)
equal "the socket is root's" "$(stat -c '%u %a' "$socket")" "0 600"
python3 - "$socket" "$WORK/silent" <<-'END' &
	import socket, sys, time
	held = []
	for i in range(12):
	    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); held.append(s)
	    if i % 2: s.send(b"skbscope-control 1\0get")
	open(sys.argv[2], "w").close()
	time.sleep(600)
END
silent=$!
check "somebody holds connections" within 10 test -e "$WORK/silent"
before=$(last .monotonic_ns)
ctl_is "and is not waited for" 0 "" get "$NETS"
check "the run went on" within 5 eval '[ "$(last .monotonic_ns)" -gt "$before" ]'
kill "$silent"
wait "$silent" 2>/dev/null

cp "$SKBSCOPE" "$WORK/skbscope"
chmod 755 "$WORK"
AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
ROOTS=$SKBSCOPE SKBSCOPE=$WORK/skbscope
ctl_is "another user sees that there is one" 0 "1 run is root's, and not shown; use sudo" list
ctl_is "and cannot ask it" 1 "1 of root's: use sudo" get "$NETS"
ctl_is "nor end it" 1 "use sudo" stop
AS=() SKBSCOPE=$ROOTS

# --- several runs -------------------------------------------------------------------

FIRST=$SCOPE
cp "$HERE/programs/set.c" "$PROGRAMS/second.c"
sed -i "s/\bnt_/$PREFIX/g" "$PROGRAMS/second.c"
start "$PROGRAMS/second.c" -i lo --interval "$(ms 20)" --no-watch || finish
SECOND=$SCOPE
ctl_is "two have that table" 2 "2 runs have a table '$NETS'" set "$NETS[10.0.0.0/8]={limit=5}"
contains "which" "$SAID" "$FIRST (set), "
contains "and which" "$SAID" "$SECOND (second)"
ctl_is "one is chosen by its process" 0 "1 row set" set --of "$FIRST" "$NETS[10.0.0.0/8]={limit=5}"
ctl_is "one by its program" 0 "1 row set" set --of second "$NETS[10.0.0.0/8]={limit=7}"
for run in "set 5" second\ 7; do
	ctl get -j --of "${run% *}" "$NETS"
	equal "each has its own: ${run% *}" "$(gojq ".tables.$NETS.rows[].limit" <<<"$OUTPUT")" "${run#* }"
done
kill -STOP "$SECOND"
ctl_is "one that is stopped is waited for, and not for long" 0 "1 run gives no answer" list
equal "the others are there" "$(gojq '.[].pid' <<<"$(listed .)")" "$FIRST"
kill -CONT "$SECOND"
ctl_is "another process is none" 1 "no run of yours is called '1'" stop --of 1
kill -KILL "$SECOND"
wait "$SECOND" 2>/dev/null
equal "the killed one's socket is there" "$(sockets | grep -c "control-$SECOND-")" 1
ctl_is "it is a run no more" 0 "1 row set" set "$NETS[10.0.0.0/8]={limit=6}"
equal "and its socket is gone" "$(sockets | grep -c "control-$SECOND-")" 0
start "$PROGRAMS/second.c" -i lo --interval "$(ms 20)" --no-watch || finish
kill -KILL "$SCOPE"
wait "$SCOPE" 2>/dev/null
start "$PROGRAMS/second.c" -i lo --interval "$(ms 20)" --no-watch || finish
equal "so it is by the next run" "$(sockets | wc -l)" 2
"${IN[@]}" "$SKBSCOPE" detach >/dev/null 2>&1

ctl_is "a run is stopped" 0 "second has ended with status 0" stop --of second
wait_for_end
equal "as by a signal" "$STATUS" 0
contains "it says so" "$(<"$ERRORS")" "detached from"
SCOPE=$FIRST
ctl_is "the other, too" 0 "set has ended with status 0" stop
wait_for_end
equal "no socket is left" "$(sockets)" ""
nothing_left "stopped" in lo

chmod 777 /run/skbscope
start "$PROGRAMS/second.c" -v -i lo --hook auto || finish
check "a directory that is not to be trusted is told with -v" told "'skbscope ctl' does not get here"
ctl_is "and has no run" 1 "no run of yours is there" stop
stop
chmod 755 /run/skbscope

# --- of a user who is not root ------------------------------------------------------

mkdir -p /run/user/1023
chown 1023 /run/user/1023
chmod 700 /run/user/1023
caps=+bpf,+perfmon,+net_admin
user=(setpriv --reuid=1023 --regid=1023 --clear-groups --inh-caps=$caps --ambient-caps=$caps)
chmod -R a+rX "$PROGRAMS"
if has_tcx && "${user[@]}" test -x "$SKBSCOPE" 2>/dev/null; then
	HOME=$WORK "${user[@]}" "$SKBSCOPE" run -j "$PROGRAMS/second.c" -i lo --no-cache \
		>"$WORK/user" 2>"$WORK/user.err" </dev/null &
	USERS=$! SCOPE=$! ERRORS=$WORK/user.err
	if within 20 attached_or_gone && ! gone "$SCOPE"; then
		start "$PROGRAMS/second.c" -i lo || finish
		socket=$(sockets)
		ln -s "$socket" "/run/user/1023/skbscope/${socket##*/}"
		ctl_is "a link to root's socket is not followed" 0 "1 run gives no answer" list
		rm "/run/user/1023/skbscope/${socket##*/}"
		equal "root sees both" "$(listed '[.[].uid] | sort | join(" ")')" "0 1023"
		ctl_is "its own is meant" 0 "second has ended" stop
		wait_for_end
		SCOPE=$USERS ERRORS=$WORK/user.err
		equal "root sees it" "$(listed '.[] | "\(.uid) \(.program)"')" "1023 second"
		ctl_is "it is not meant without being named" 1 "no run of yours" stop
		AS=(setpriv --reuid=1023 --regid=1023 --clear-groups) SKBSCOPE=$WORK/skbscope
		ctl_is "its user sets rows" 0 "1 row set" set "$NETS[10.0.0.0/8]={limit=5}"
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		ctl_is "no other user does" 1 "no run of yours" set "$NETS[10.0.0.0/8]={limit=6}"
		AS=() SKBSCOPE=$ROOTS
		ctl_is "root ends it by its process" 0 "second has ended with status 0" stop --of "$SCOPE"
		wait_for_end
		equal "nothing is left of it" "$(find /run/user/1023 -name '.control*')" ""
	else
		echo "skipped: this user cannot attach: $(<"$ERRORS")"
		kill "$SCOPE" 2>/dev/null
	fi
else
	echo "skipped: a user with capabilities: there is no tcx, or what was built is not that user's to run"
fi
nothing_left "all" lo in
finish
