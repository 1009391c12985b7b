#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two versions on the same packets: equal ones are found equal, and where they are
# not, by exactly how much.
. "$(dirname "$0")/lib.sh"

FRAMES=223
namespace near
use near
OLD=$PROGRAMS/count.c
NEW=$WORK/new.c

# compare OPTIONS…: while frames are sent, until it is told to end; OUTPUT is the last comparison.
compare() {
	ERRORS=$WORK/diff.err
	rm -f "$ERRORS"
	"${IN[@]}" env --default-signal=INT "$SKBSCOPE" diff "$OLD" "$NEW" -i lo -j "$@" \
		>"$WORK/diff.out" 2>"$ERRORS" &
	SCOPE=$!
	within 10 eval '[ -e "$ERRORS" ] && attached_or_gone'
	send lo udp4 "$FRAMES" >/dev/null
	stop
	OUTPUT=$(plain "$(tail -n 1 "$WORK/diff.out")")
	ERRORS=$(plain "$(<"$ERRORS")")
}

for hook in "${HOOKS[@]}"; do
	cp "$OLD" "$NEW"
	compare --hook "$hook"
	equal "$hook: it ends well" "$STATUS" 0
	equal "$hook: equal versions are the same" "$(gojq .same <<<"$OUTPUT")" true
	contains "$hook: and saw the same packets" "$ERRORS" \
		"both saw the same $((2 * FRAMES)) packets"
	nothing_left "$hook: after comparing" lo

	sed "s/(\*packets)++/*packets += 3/; s/return TC_ACT_UNSPEC/return TC_ACT_SHOT/" \
		"$OLD" >"$NEW"
	compare --hook "$hook"
	equal "$hook: versions that differ have a status" "$STATUS" 5
	equal "$hook: other versions are not the same" "$(gojq .same <<<"$OUTPUT")" false
	equal "$hook: by exactly so much" \
		"$(gojq -c '.tables.nt_in.rows[0] | [.old.value, .new.value]' <<<"$OUTPUT")" \
		"[$FRAMES,$((3 * FRAMES))]"
	equal "$hook: what both count the same is the same" \
		"$(gojq .tables.nt_bytes.differing_rows <<<"$OUTPUT")" 0
	equal "$hook: verdicts are compared" \
		"$(gojq -c '[.verdicts[] | select(.verdict == "SHOT") | [.old, .new]] | unique' \
			<<<"$OUTPUT")" "[[0,$FRAMES]]"
	nothing_left "$hook: after comparing" lo
done

# Beginning and ending in the middle of traffic: what only one of them saw is told, and
# is next to nothing.
cp "$OLD" "$NEW"
for hook in "${HOOKS[@]}"; do
	start_sending lo udp4 5000
	compare --hook "$hook"
	stop_sending
	# No row: it is another table that differs.
	old=$(gojq '.tables.nt_in.rows[0].old.value // 0' <<<"$OUTPUT")
	new=$(gojq '.tables.nt_in.rows[0].new.value // 0' <<<"$OUTPUT")
	if [ "$(gojq .same <<<"$OUTPUT")" = true ]; then
		contains "$hook, in traffic: the same" "$ERRORS" "both saw the same"
	else
		contains "$hook, in traffic: not quite the same, and it is told" "$ERRORS" \
			"arrived while the two versions were being"
		check "$hook, in traffic: by next to nothing" test $((old - new)) -lt 223
		check "$hook, in traffic: the old one saw all that the new one did" \
			test "$old" -ge "$new"
	fi
	nothing_left "$hook: after comparing in traffic" lo
done

cp "$OLD" "$NEW"
equal "as many comparisons as were asked for" "$(limited 30 "${IN[@]}" "$SKBSCOPE" diff "$OLD" "$NEW" \
	-qj -i lo --count 3 --interval 20ms | wc -l)" 3
equal "a duration ends with a comparison of its own" "$(limited 30 "${IN[@]}" "$SKBSCOPE" diff "$OLD" \
	"$NEW" -qj -i lo --duration 100ms --interval 1h | wc -l)" 1

echo 'int x' >"$NEW"
compare
equal "a version that does not compile is refused" "$STATUS" 3
contains "with its name" "$ERRORS" "new.c"
cp "$OLD" "$NEW"
OUTPUT=$("${IN[@]}" "$SKBSCOPE" diff "$OLD" "$NEW" -i lo --count 1 --interval "$(ms 50)" 2>&1)
contains "as text it names both" "$OUTPUT" "new.c at"
nothing_left "at the end" lo

# --- what cannot be compared well -----------------------------------------------

sed '/@egress/d; /^int .*_count_out/,$d' "$OLD" >"$NEW" # arriving packets only
compare
contains "versions on other hooks: it is told where each is" "$ERRORS" "; new: "
contains "versions on other hooks: and no packet is said to have come between" "$ERRORS" \
	"on different hooks"

PIN=/sys/fs/bpf/skbscope-test-$$
if mount -t bpf skbscope-test /sys/fs/bpf; then # ours alone
	sed "s|BPF_PERCPU_ARRAY(\(.*\)_in, u64, 1)|BPF_TABLE_PINNED(\"percpu_array\", int, u64, \1_in, 1, \"$PIN\")|" \
		"$OLD" >"$WORK/pinned.c"
	OLD=$WORK/pinned.c
	cp "$OLD" "$NEW"
	compare
	contains "a pinned table is one for both, which is told" "$ERRORS" "nt_in is pinned: both"
	umount /sys/fs/bpf
	OLD=$PROGRAMS/count.c
fi

cp "$OLD" "$NEW"
namespace far
pair near gone far in
rm "$WORK/diff.out"
limited 30 "${IN[@]}" "$SKBSCOPE" diff "$OLD" "$NEW" -i gone --interval "$(ms 20)" -j \
	>"$WORK/diff.out" 2>"$WORK/diff.err" &
SCOPE=$!
check "it compares on an interface" within 10 test -s "$WORK/diff.out"
ip -n near link del gone
check "an interface that goes away is the end" within 10 gone "$SCOPE"
wait "$SCOPE"
equal "and a failure" "$?" 1
contains "and it is told" "$(cat "$WORK/diff.err")" "nothing is attached any more"
nothing_left "after an interface went" lo

finish
