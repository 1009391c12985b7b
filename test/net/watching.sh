#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What "skbscope run" does between the first reading and the last: when it reads,
# how it ends, and that no reader, terminal or signal can keep it from detaching.
. "$(dirname "$0")/lib.sh"

run=("$SKBSCOPE" run packet_count -i lo)
ip link set lo up
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
nothing_attached() { unhooked lo && ledger_is_empty; }
attached_here() { ! unhooked lo; }
runs() { # STDOUT ARGUMENTS of "skbscope run"…: in the background, like launch
	ERRORS=$WORK/err
	rm -f "$ERRORS"
	env --default-signal=INT,QUIT,PIPE "$SKBSCOPE" run "${@:2}" >"$1" 2>"$ERRORS" &
	SCOPE=$!
}
attached() { check "it attaches" within 10 grep -qs attached "$ERRORS"; }

# --- how many, how often ---
lines=$("${run[@]}" -q -j --count 3 --interval 20ms | wc -l)
equal "three readings are asked for and three come" "$lines" 3
lines=$("${run[@]}" -q -j --duration 100ms --interval 1h | wc -l)
equal "a duration ends with a reading of its own" "$lines" 1
start=$(now_ms)
output=$("${run[@]}" -q -j --once --interval 300ms)
check "one reading comes an interval after attaching" test $(($(now_ms) - start)) -ge 300
equal "one reading has the rates since attaching" \
	"$(gojq -r '.interval_ns >= 3e8' <<<"$output")" true
output=$("${run[@]}" -q --once --interval 20ms 2>&1 >/dev/null)
equal "quiet is quiet" "$output" ""
output=$("${run[@]}" --once --interval 20ms 2>&1 >/dev/null)
contains "the start is told" "$output" "attached to lo ingress (${HOOKS[0]}), passive"
contains "the end is told" "$output" "detached from lo ingress"

# --- where it shows ---
output=$("${run[@]}" -q --count 2 --interval 20ms)
equal "a pipe gets no escape sequences" "$(grep -c $'\033' <<<"$output")" 0
output=$(TERM=xterm script -qec "${run[*]} -q --count 2 --interval 20ms" /dev/null </dev/null)
contains "a terminal is redrawn in place" "$output" $'\033[J'
output=$(TERM=dumb script -qec "${run[*]} -q --count 2 --interval 20ms" /dev/null </dev/null)
lacks "a terminal that cannot be painted on is not" "$output" $'\e'
output=$(NO_COLOR=1 TERM=xterm script -qec "${run[*]} -q --count 2 --interval 20ms" /dev/null </dev/null)
equal "NO_COLOR is heard" "$(grep -c $'\033\[[0-9]*m' <<<"$output")" 0

# --- ends ---
# How it is told to end is in signals.sh. Here it is told while it writes or reads what
# takes long: four million rows.
cat >"$WORK/large.c" <<'END'
BPF_ARRAY(large, u64, 4000000);
int count(struct __sk_buff *skb)
{
	u32 key = 0;
	u64 *value = large.lookup(&key);

	if (value)
		lock_xadd(value, 1);
	return -1;
}
END

mkfifo "$WORK/pipe"
runs "$WORK/pipe" packet_count -i lo -j --interval 1h
exec 9<"$WORK/pipe"
attached
exec 9<&-
check "a reader who goes is noticed before the next reading" within 3 gone "$SCOPE"
wait "$SCOPE"
equal "a reader who goes is a failure" $? 1
lacks "and is told nothing, having had enough" "$(cat "$ERRORS")" "reader of stdout"
check "and nothing stays attached" within 2 nothing_attached

ip link add away0 type veth peer name away1
ip link set away0 up
runs "$WORK/out" packet_count -i away0 -j --interval 1h
attached
ip link del away0
check "an interface that vanishes ends it within seconds" within 4 gone "$SCOPE"
wait "$SCOPE"
equal "an interface that vanishes is a failure" $? 1
equal "the last reading is shown" "$(gojq -s length "$WORK/out")" 1
equal "and knows that the hook is gone" "$(gojq '.hooks[0].attached' "$WORK/out")" false
contains "and it is told" "$(cat "$ERRORS")" "nothing is attached any more"

readings() { [ "$(wc -l <"$WORK/out")" -ge "$1" ]; }
rm "$ERRORS" # it speaks of what was attached before
nohup "${run[@]}" -j --interval 20ms >"$WORK/out" 2>"$ERRORS" &
SCOPE=$!
attached
kill -HUP "$SCOPE"
check "under nohup SIGHUP is ignored" within 5 readings $(($(wc -l <"$WORK/out") + 3))
kill -TERM "$SCOPE"
wait "$SCOPE"
equal "and SIGTERM is not" $? 0

for format in -j -q; do
	runs "$WORK/out" "$WORK/large.c" -i lo "$format" --interval 1h
	check "it attaches" within 10 attached_here
	hears INT
	kill -INT "$SCOPE" 2>/dev/null
	check "it ends ($format)" within 10 gone "$SCOPE"
	equal "a second SIGINT cuts off even a huge reading ($format)" "$(wc -l <"$WORK/out")" 0
	check "and nothing stays attached" within 2 nothing_attached
done

# --- losses ---
cat >"$WORK/small.c" <<'END'
BPF_HASH(small, u32, u64, 1);
int count(struct __sk_buff *skb)
{
	u32 key = skb->len;
	u64 one = 1;

	small.update(&key, &one);
	return -1;
}
END
runs "$WORK/out" "$WORK/small.c" -i lo -j --interval 20ms --fail-on-loss
attached
ping -q -c 1 127.0.0.1 >/dev/null
ping -q -c 1 -s 200 127.0.0.1 >/dev/null
check "a full table is shown" within 5 grep -q '"losses":\[{' "$WORK/out"
kill -INT "$SCOPE"
wait "$SCOPE"
equal "and is a loss under --fail-on-loss" $? 6
"${run[@]}" -q -j --once --interval 20ms --fail-on-loss >/dev/null
equal "no loss is no failure" $? 0

finish
