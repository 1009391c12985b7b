#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program of two files under traffic: what is saved of the second one is live, and of every
# packet there is one count in the first one's table, by one version of the second.
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in

EDITED=$WORK/desk
FILE=$EDITED/with.c
OTHER=$EDITED/with_other.c
save() { # VERSION
	sed "s/define VERSION .*/define VERSION $1/" "$PROGRAMS/with_other.c" >"$EDITED/.swp"
	mv "$EDITED/.swp" "$OTHER"
}
seen_version() {
	reading
	[[ $READING =~ \"nt_versions\":[^]]*\"key\":$1,\"value\":[1-9] ]]
}
one_went_on() { [ "$(last .generation)" = "$1" ] && is_current; }

for hook in "${HOOKS[@]}"; do
	rm -rf "$EDITED"
	mkdir "$EDITED"
	cp "$PROGRAMS/with.c" "$PROGRAMS/with_other.c" "$EDITED"
	use far
	start "$FILE" -i in --hook "$hook" --interval "$(ms 20)" --watch || continue
	contains "$hook: both files are watched" "$(cat "$ERRORS")" "watching 2 files"
	use near
	start_sending out udp4 5000
	check "$hook: the first version counts" within 5 seen_version 0
	save 1
	check "$hook: the second file's next version counts" within 20 seen_version 1
	rm "$OTHER"
	check "$hook: that it is not there is told" within 20 is_stale
	contains "$hook: by its name" "$(last .stale)" "with_other.c"
	save 2
	check "$hook: it is back, with another version" within 20 seen_version 2
	check "$hook: nothing is stale then" within 5 is_current
	sed -i "s/u64, ${PREFIX}versions/u32, ${PREFIX}versions/" "$OTHER"
	check "$hook: a table of another shape is told" within 20 is_stale
	contains "$hook: in words of both files" "$(last .stale)" "values of 4 bytes"
	save 3
	check "$hook: and put right" within 20 seen_version 3
	sed -i 's/ \* with - /&saved: /' "$FILE"
	check "$hook: the first file may be edited, too" within 20 is_version 5
	# One that is named only now, and not there yet.
	sed -i 's/^ \* @with .*/&\n * @with third.c/' "$FILE"
	check "$hook: a third file is missed" within 20 is_stale
	printf 'int nt_third(struct __sk_buff *skb) { return 0; }\n' >"$EDITED/third.c"
	check "$hook: and heard of when it comes" within 20 is_version 6
	stop_sending
	use far
	stop
	equal "$hook: a normal end" "$STATUS" 0
	equal "$hook: each packet is counted once" "$(total nt_in)" "$SENT"
	equal "$hook: by one version of the other file" "$(total nt_versions)" "$SENT"
	equal "$hook: with its verdict" "$(verdict 0)" "$SENT"
	nothing_left "$hook" in
done

# Two versions of the first file, with the same second one.
use near
sed 's/(\*packets)++/*packets += 3/' "$PROGRAMS/with.c" >"$PROGRAMS/with_new.c"
ERRORS=$WORK/diff.err
rm -f "$ERRORS"
"${IN[@]}" env --default-signal=INT "$SKBSCOPE" diff "$PROGRAMS/with.c" "$PROGRAMS/with_new.c" -i lo -j \
	>"$WORK/diff.out" 2>"$ERRORS" &
SCOPE=$!
within 10 eval '[ -e "$ERRORS" ] && attached_or_gone'
send lo udp4 23 >/dev/null
stop
equal "diff: they differ" "$STATUS" 5
OUTPUT=$(plain "$(tail -n 1 "$WORK/diff.out")")
equal "diff: in the first file's table" \
	"$(gojq -c '.tables.nt_in.rows[0] | [.old.value, .new.value]' <<<"$OUTPUT")" "[23,69]"
equal "diff: and not in what the second counts" \
	"$(gojq .tables.nt_versions.differing_rows <<<"$OUTPUT")" 0
nothing_left diff lo

finish
