#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way of saving a program while it runs, under traffic: the new version comes in,
# the old one goes on until then, and at the end of it all every packet was counted once.
# When to compile and what to say is a table in test/unit/run/edit.c.
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in

EDITED=$WORK/desk
FILE=$EDITED/edit.c

TEXT=$(<"$PROGRAMS/edit.c")
text() { printf '%s\n' "${TEXT/define VERSION 0/define VERSION $1}"; }

# --- what editors do ------------------------------------------------------------

save_by_writing() { text "$1" >"$FILE"; }
save_by_writing_twice() {
	text "$1" >"$FILE"
	text "$1" >"$FILE"
}
save_by_renaming() {
	text "$1" >"$EDITED/.edit.c.swp"
	mv "$EDITED/.edit.c.swp" "$FILE"
}
save_with_a_backup() {
	mv "$FILE" "$FILE~"
	text "$1" >"$FILE"
	rm "$FILE~"
}
save_by_deleting_first() {
	rm "$FILE"
	text "$1" >"$FILE"
}
save_with_sed() { sed -i "s/define VERSION .*/define VERSION $1/" "$FILE"; }
save_with_sed_through_a_link() {
	mv "$FILE" "$EDITED/other.c"
	ln -s other.c "$FILE"
	sed -i "s/define VERSION .*/define VERSION $1/" "$EDITED/other.c"
}
save_half_first() {
	local whole
	whole=$(text "$1")
	printf '%s' "${whole:0:${#whole}/2}" >"$FILE"
	check "$CASE: half of it is told not to compile" within 10 is_stale
	printf '%s\n' "$whole" >"$FILE"
}
save_in_pieces() { # one open file
	text "$1" | while IFS= read -r line; do printf '%s\n' "$line"; done >"$FILE"
}
save_over_a_directory() {
	rm -f "$FILE"
	mkdir "$FILE"
	check "$CASE: the directory is told" within 10 is_stale
	rmdir "$FILE"
	text "$1" >"$FILE"
}
save_in_a_new_directory() {
	mv "$EDITED" "$EDITED.old"
	mkdir "$EDITED"
	cp "$PROGRAMS/edit.h" "$EDITED"
	text "$1" >"$FILE"
	rm -r "$EDITED.old"
}
save_an_include() {
	echo "#define STEP $1" >"$EDITED/edit.h"
	text "$1" >"$FILE"
}
save_200_times_at_once() {
	local i
	for ((i = 1; i < 200; i++)); do text 4000 >"$FILE"; done
	text "$1" >"$FILE"
}

# --- what is seen of it ---------------------------------------------------------

seen_version() {
	reading
	[[ $READING =~ \"nt_versions\":[^]]*\"key\":$1,\"value\":[1-9] ]]
}

generation() { # sets GENERATION
	reading
	GENERATION=${READING#*'"generation":'}
	GENERATION=${GENERATION%%,*}
}

for hook in "${HOOKS[@]}"; do
	rm -rf "$EDITED"
	mkdir "$EDITED"
	cp "$PROGRAMS/edit.c" "$PROGRAMS/edit.h" "$EDITED"
	use far
	start "$FILE" -i in --hook "$hook" --interval "$(ms 20)" --watch || continue
	use near
	start_sending out udp4 5000 # as far as the interface everything arrives at this rate
	VERSION=0
	check "$hook: the first version counts" within 5 seen_version 0
	for way in by_writing by_writing_twice by_renaming with_a_backup by_deleting_first with_sed \
		with_sed_through_a_link half_first in_pieces over_a_directory in_a_new_directory \
		an_include 200_times_at_once; do
		CASE="$hook, saved ${way//_/ }"
		generation
		before=$GENERATION
		VERSION=$((VERSION + 1))
		"save_$way" "$VERSION"
		check "$CASE: the new version counts" within 10 seen_version "$VERSION"
		check "$CASE: nothing is stale then" within 5 is_current
		generation
		check "$CASE: generations go up" test "$GENERATION" -gt "$before"
	done
	check "$hook: not each of two hundred saves is a generation" \
		test "$GENERATION" -lt $((before + 100))
	stop_sending
	generation
	use far
	stop
	equal "$hook: a normal end" "$STATUS" 0
	equal "$hook: over $GENERATION generations each packet is counted once" \
		"$(total nt_in)" "$SENT"
	equal "$hook: by one of the versions" "$(total nt_versions)" "$SENT"
	equal "$hook: with one verdict" "$(last '[.verdicts[].packets] | add')" "$SENT"
	nothing_left "$hook" in
done

finish
