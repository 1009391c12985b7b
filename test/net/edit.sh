#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way of saving a program while it runs, the ways that go wrong included: the
# new version comes in, the old one goes on until then, and at the end of it all
# every packet was counted once.
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in
pair near out2 far in2

EDITED=$WORK/desk
FILE=$EDITED/edit.c
INCLUDE=$EDITED/edit.h
VERSION=0
mkdir "$EDITED"
cp "$PROGRAMS/edit.c" "$PROGRAMS/edit.h" "$EDITED"

text() { sed "s/define VERSION 0/define VERSION $1/" "$PROGRAMS/edit.c"; }

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
	sleep 0.1
	printf '%s\n' "$whole" >"$FILE"
}
save_slowly() { # one open file, written in pieces
	text "$1" | while IFS= read -r line; do
		printf '%s\n' "$line"
		sleep 0.005
	done >"$FILE"
}
save_over_a_directory() {
	rm -f "$FILE"
	mkdir "$FILE"
	sleep 0.3
	rmdir "$FILE"
	text "$1" >"$FILE"
}
save_in_a_new_directory() {
	mv "$EDITED" "$EDITED.old"
	mkdir "$EDITED"
	cp "$INCLUDE.old" "$INCLUDE" 2>/dev/null || cp "$PROGRAMS/edit.h" "$EDITED"
	text "$1" >"$FILE"
	rm -r "$EDITED.old"
}

# --- what is seen of it ---------------------------------------------------------

seen_version() { [ "$(last '.tables.nt_versions.rows[] | select(.key == $v) | .value' \
	--argjson v "$1")" -gt 0 ]; }
seen_step() { [ "$(last '.tables.nt_steps.rows[] | select(.key == $v) | .value' \
	--argjson v "$1")" -gt 0 ]; }
counts_on() {
	local before
	before=$(total nt_in)
	within 5 reaches nt_in $((before + 100))
}

# comes SITUATION VERSION: that version counts, and nothing is said to be stale.
comes() {
	check "$1: the new version counts" within 10 seen_version "$2"
	check "$1: nothing is stale then" within 5 is_current
}

# holds SITUATION PART: the old version goes on, and readings say why.
holds() {
	check "$1: readings say that what is saved does not run" within 10 is_stale
	contains "$1: and why" "$(last .stale)" "$2"
	check "$1: the old version goes on counting" counts_on
	equal "$1: under its number" "$(last .generation)" "$GENERATION"
}

generation() { GENERATION=$(last .generation); }

saving() { # HOOK
	local way case
	for way in by_writing by_writing_twice by_renaming with_a_backup by_deleting_first with_sed \
		with_sed_through_a_link half_first slowly over_a_directory in_a_new_directory; do
		case="$1, saved ${way//_/ }"
		generation
		VERSION=$((VERSION + 1))
		"save_$way" "$VERSION"
		comes "$case" "$VERSION"
		check "$case: generations go up" test "$(last .generation)" -gt "$GENERATION"
	done

	case="$1, saved 200 times in a second"
	generation
	for ((i = 0; i < 200; i++)); do
		VERSION=$((VERSION + 1))
		text "$VERSION" >"$FILE"
		sleep 0.002
	done
	comes "$case" "$VERSION"
	check "$case: not each is a generation" \
		test "$(last .generation)" -lt $((GENERATION + 100))

	# What the compiler had begun when it was interrupted is what is on disk again.
	case="$1, saved, saved otherwise at once and taken back"
	VERSION=$((VERSION + 2))
	text $((VERSION - 1)) >"$FILE"
	sleep 0.01
	text "$VERSION" >"$FILE"
	sleep 0.003
	text $((VERSION - 1)) >"$FILE"
	comes "$case" $((VERSION - 1))

	case="$1, saved unchanged"
	sleep 0.3
	generation
	text $((VERSION - 1)) >"$FILE"
	sleep 0.3
	equal "$case: nothing happens" "$(last .generation)" "$GENERATION"
}

refused() { # HOOK
	local case="$1, it does not compile"
	generation
	VERSION=$((VERSION + 1))
	{
		text "$VERSION"
		echo "int broken("
	} >"$FILE"
	holds "$case" "does not compile"
	save_by_renaming "$VERSION"
	comes "$case, then mended" "$VERSION"

	case="$1, the verifier refuses it"
	generation
	VERSION=$((VERSION + 1))
	text "$VERSION" | sed 's/if (number)/if (1)/' >"$FILE"
	holds "$case" "verifier"
	save_by_writing "$VERSION"
	comes "$case, then mended" "$VERSION"

	case="$1, a map larger than memory"
	generation
	VERSION=$((VERSION + 1))
	text "$VERSION" | sed 's/steps, u32, u64, 4096/steps, u32, u64, 2000000000/' >"$FILE"
	holds "$case" ""
	save_by_writing "$VERSION"
	comes "$case, then mended" "$VERSION"

	case="$1, the file is deleted"
	generation
	VERSION=$((VERSION + 1))
	rm "$FILE"
	holds "$case" "edit.c"
	save_by_writing "$VERSION"
	comes "$case, then made anew" "$VERSION"

	case="$1, the file is a directory"
	generation
	VERSION=$((VERSION + 1))
	rm "$FILE"
	mkdir "$FILE"
	holds "$case" "edit.c"
	rmdir "$FILE"
	save_by_renaming "$VERSION"
	comes "$case, then a file again" "$VERSION"

	case="$1, the file cannot be read" # root may read whatever is a file
	generation
	VERSION=$((VERSION + 1))
	rm "$FILE"
	ln -s edit.c "$FILE"
	holds "$case" "edit.c"
	rm "$FILE"
	save_by_renaming "$VERSION"
	comes "$case, then a file again" "$VERSION"

	case="$1, an include is edited"
	echo "#define STEP $VERSION" >"$INCLUDE"
	check "$case: it counts" within 10 seen_step "$VERSION"
	case="$1, an include disappears"
	generation
	rm "$INCLUDE"
	holds "$case" "does not compile"
	VERSION=$((VERSION + 1))
	echo "#define STEP $VERSION" >"$INCLUDE"
	check "$case, then is back: it counts" within 10 seen_step "$VERSION"
	check "$case, then is back: nothing is stale" within 5 is_current
}

compiling() { pgrep -x skbscope-compil; }

killed() { # HOOK
	local case="$1, every compiler process is killed while it compiles" i
	VERSION=$((VERSION + 1))
	# Long enough to be hit.
	{
		text "$VERSION"
		for ((i = 0; i < 3000; i++)); do
			echo "static inline int f$i(int n) { return n ? n * $i : $i; }"
		done
	} >"$WORK/long.c"
	mv "$WORK/long.c" "$FILE"
	for ((i = 0; i < 10; i++)); do
		sleep 0.01
		compiling | xargs -r kill -KILL
	done
	check "$case: the old version goes on counting" counts_on
	VERSION=$((VERSION + 1))
	save_by_renaming "$VERSION"
	comes "$case: then the next" "$VERSION"
}

reload() { # HOOK
	local case="$1, SIGHUP" before
	cp "$PROGRAMS/edit.c" "$PROGRAMS/edit.h" "$EDITED"
	start "$FILE" -i in --hook "$1" --interval "$(ms 20)" --no-watch || return
	VERSION=$((VERSION + 1))
	save_by_writing "$VERSION"
	sleep 0.5
	equal "$case: without watching, saving does nothing" "$(last .generation)" 1
	kill -HUP "$SCOPE"
	comes "$case: reloads" "$VERSION"
	equal "$case: as the second generation" "$(last .generation)" 2
	generation
	echo "int broken(" >>"$FILE"
	kill -HUP "$SCOPE"
	holds "$case, of what does not compile" "does not compile"
	# Twenty at once are one or two.
	save_by_writing "$VERSION"
	before=$(total nt_in)
	for ((i = 0; i < 20; i++)); do kill -HUP "$SCOPE"; done
	check "$case, twenty times: fresh again" within 5 is_current
	check "$case, twenty times: it counts on" within 5 reaches nt_in $((before + 100))
	stop
	equal "$case: a normal end" "$STATUS" 0
	use far
	nothing_left "$case" in
}

interface_goes() { # HOOK
	local case="$1, an interface goes away while versions change" saver saves=0
	cp "$PROGRAMS/edit.c" "$PROGRAMS/edit.h" "$EDITED"
	use far
	start "$FILE" -i in -i in2 --hook "$1" --interval "$(ms 20)" --watch || return
	(while :; do
		saves=$((saves + 1))
		text $((saves % 2000)) >"$EDITED/next.c"
		mv "$EDITED/next.c" "$FILE"
		sleep 0.0$((RANDOM % 90 + 10))
	done) &
	saver=$!
	sleep 0.5
	ip -n far link del in2
	sleep 0.5
	kill "$saver"
	wait "$saver" 2>/dev/null
	VERSION=$((VERSION + 2001))
	save_by_renaming "$VERSION"
	comes "$case: on the other the next version" "$VERSION"
	equal "$case: the hook that is gone is shown so" \
		"$(last '[.hooks[] | select(.attached) | .interface] | unique | join(" ")')" in
	stop
	equal "$case: a normal end" "$STATUS" 0
	nothing_left "$case" in
	pair near out2 far in2
}

for hook in "${HOOKS[@]}"; do
	VERSION=0
	rm -rf "$EDITED"
	mkdir "$EDITED"
	cp "$PROGRAMS/edit.c" "$PROGRAMS/edit.h" "$EDITED"
	use near
	# As far as the interface everything arrives: the rate leaves room.
	use far
	start "$FILE" -i in --hook "$hook" --interval "$(ms 20)" --watch || continue
	use near
	start_sending out udp4 5000
	check "$hook: the first version counts" within 5 seen_version 0
	saving "$hook"
	refused "$hook"
	killed "$hook"
	stop_sending
	generations=$(last .generation)
	use far
	stop
	equal "$hook: a normal end" "$STATUS" 0
	equal "$hook: over $generations generations each packet is counted once" \
		"$(total nt_in)" "$SENT"
	equal "$hook: by one of the versions" "$(total nt_versions)" "$SENT"
	equal "$hook: with one verdict" "$(last '[.verdicts[].packets] | add')" "$SENT"
	nothing_left "$hook" in

	use near
	start_sending out udp4 2000
	use far
	reload "$hook"
	interface_goes "$hook"
	use near
	stop_sending
done

finish
