#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is told of an edited program and when: the truth, once, with what would help.
. "$(dirname "$0")/lib.sh"

namespace near
use near
P=$PROGRAMS/count.c
cp "$P" "$WORK/good.c"
changed() { # another text that compiles to the same
	printf '%s\n/* saved at %s */\n' "$(cat "$WORK/good.c")" "$EPOCHREALTIME"
}
# At once: half of it, or what was read while it was written, may be a version too.
save() { # what is on stdin
	cat >"$WORK/new.c"
	mv "$WORK/new.c" "$P"
}
has_version() { [ "$(last .generation)" -ge "$1" ]; }
told() { grep -c "$1" "$ERRORS"; } # PART: on how many lines
watches() { start "$P" -i lo --interval "$(ms 20)" --watch "$@"; }

# --- too few descriptors ----------------------------------------------------

for fd in {3..9}; do # what the test itself was started with does not count
	eval "exec $fd>&-"
done
sleep 0.05 # else it may have been saved while it was compiled: that is not kept
once "$P" -i lo # it is in the cache: a start takes no compiler
soft=$(ulimit -Sn)
for few in 17 19 20 22 24 26; do # by clsact 28 may do
	ulimit -Sn "$few"
	watches
	ulimit -Sn "$soft"
	changed | save
	check "with $few descriptors it is told that something is amiss" within 5 is_stale
	contains "with $few descriptors: what" "$(last .stale)" "Too many open files"
	check "with $few descriptors: and what would help" grep -q "ulimit -n" "$ERRORS"
	refute "with $few descriptors nothing is said to be missing" \
		grep -E "install|does not compile" "$ERRORS"
	stop
	equal "with $few descriptors it ends well" "$STATUS" 0
	cp "$WORK/good.c" "$P"
	sleep 0.05
	once "$P" -i lo
done
ulimit -Sn 8
once "$P" -i lo
ulimit -Sn "$soft"
contains "nor does a verifier get the blame" "$(cat "$WORK/once.err")" "Too many open files"

# --- nothing to tell --------------------------------------------------------

changed >"$P" # at once before the start: whether it was read cannot be told by the clock
watches
H=$PROGRAMS/told.h
stays() { # SENTENCE: the version and what was said
	wait_for 0.4
	check "$1: it stays as it is" is_version "$VERSION"
	equal "$1: and nothing is said" "$(wc -l <"$ERRORS")" "$LINES_SAID"
}
VERSION=1
LINES_SAID=$(wc -l <"$ERRORS")
stays "saved just before the start"
chmod 664 "$P"
stays "other rights"
chown 23:23 "$P"
stays "another owner"
cp "$P" "$WORK/same.c"
mv "$WORK/same.c" "$P"
stays "another file with the same text"
echo "#define TOLD 1" >"$H"
{ changed; echo '#include "told.h"'; } | save
check "an include is live" within 5 is_version 2
VERSION=2
LINES_SAID=$(wc -l <"$ERRORS")
chmod 664 "$H"
stays "other rights of an include"
touch "$H"
chmod 644 "$H"
stays "an include that was touched"
kill -HUP "$SCOPE"
check "but SIGHUP compiles it" within 5 is_version 3
echo "#define TOLD 2" >"$H"
check "and so does another text of the include" within 5 is_version 4

# --- nothing to tell twice --------------------------------------------------

{ changed; echo '#include "absent/told.h"'; } | save
check "an include that is not there" within 5 is_stale
equal "is told" "$(told 'file not found')" 1
mkdir "$PROGRAMS/absent"
wait_for 0.4
mkdir "$PROGRAMS/absent/other"
wait_for 0.4
equal "once, though a directory appears" "$(told 'file not found')" 1
kill -HUP "$SCOPE"
again() { [ "$(told 'file not found')" = 2 ]; }
check "SIGHUP has an answer" within 5 again
changed | save
check "mended" within 5 is_current
{ changed; echo '#include "absent/told.h"'; } | save
thrice() { [ "$(told 'file not found')" = 3 ]; }
check "what comes back is told again" within 5 thrice
rm -r "$PROGRAMS/absent"
stop
equal "all this ends well" "$STATUS" 0

# --- a compiler that is killed ----------------------------------------------

slow() { # a program that compiles for more than a second, or some in a guest
	local letters repeated i
	changed
	echo '#define A x ^= x >> 3; x += 23;'
	for letters in BA CB DC; do
		repeated=${letters:1}
		echo "#define ${letters:0:1} $(for i in {1..10}; do echo -n "$repeated "; done)"
	done
	echo "static inline u64 slow(u64 x) { $(for i in $(seq $((80 / SLOWNESS))); do echo -n 'D '; done) return x; }"
}
compilers() { pgrep -x skbscope-compil | wc -l; }
is_compiling() { [ "$(compilers)" -ge 2 ]; } # one waits
KILLED=
kill_compiler() { # SIGNAL: the one that compiles, and not the same one twice
	within 10 is_compiling
	within 10 eval '[ "$(pgrep -nx skbscope-compil)" != "$KILLED" ]'
	sleep 0.1
	KILLED=$(pgrep -nx skbscope-compil)
	kill "-$1" "$KILLED"
}
changed | save
watches
wait_for 0.3
slow | save
kill_compiler KILL
check "a compiler that was killed is replaced" within 10 is_version 2
refute "which is not worth a word" grep -q killed "$ERRORS"
VERSION=2
for signal in KILL TERM; do
	slow | save
	kill_compiler "$signal"
	kill_compiler "$signal"
	check "two that are killed are told ($signal)" within 10 is_stale
	contains "with the signal ($signal)" "$(last .stale)" \
		"was killed by signal $(kill -l "$signal")"
	check "and what to do ($signal)" grep -q "save again to retry" "$ERRORS"
	cp "$P" "$WORK/same.c"
	cp "$WORK/same.c" "$P"
	VERSION=$((VERSION + 1))
	within 10 has_version "$VERSION"
	equal "saving the same again is enough ($signal)" "$(last .generation)" "$VERSION" ||
		cat "$ERRORS"
done
lacks "a pipe is not told that something is being compiled" \
	"$(cat "$ERRORS" "$READINGS")" "compiling…"
stop

# --- an include that is new, and touched while it is read ---------------------

changed | save
watches
wait_for 0.3
within 20 eval '! is_compiling' # what was saved just before the start
{ slow; echo '#include "told.h"'; } | save
within 10 is_compiling
touch "$H" # nobody hears of it: that it is included is known at the end
check "it is live" within 20 is_version 2
VERSION=2
LINES_SAID=$(wc -l <"$ERRORS")
check "what was read cannot be told: it is compiled again" within 10 is_compiling
within 20 eval '! is_compiling'
stays "with the same outcome"
stop

# --- an interface that is gone ----------------------------------------------

namespace far
pair near gone far in
changed | save
watches -i gone
ip -n near link del gone
wait_for 1.2
stop
contains "the end names what was detached" "$(cat "$ERRORS")" "detached from lo ingress, lo egress;"
contains "and not as detached what was gone" "$(cat "$ERRORS")" \
	"; gone ingress, gone egress were gone"

# --- a terminal -------------------------------------------------------------

changed | save
screen "$P" -i lo
wait_for 0.3
slow | save
check "a long compilation is shown" within 10 shows "count: compiling…"
check "until its end" within 10 shows "version 2 live"
wait_for 1.2
lacks "and no longer" "$(sed '1,/version 2 live/d' "$SCREEN")" "compiling…"
leave

changed | save
screen "$P" -i lo --interval 30s
wait_for 0.8
{ changed; echo "BPF_ARRAY(${PREFIX}fresh, u64, 1);"; } | save
check "a new table is shown" within 10 shows "version 2 live"
check "long before the next reading is due" within 5 shows "fresh.*: array of 1"
leave

changed | save
screen "$P" -i lo --interval 2s --count 2
wait_for 0.8
{ changed; echo "BPF_ARRAY(${PREFIX}fresh, u64, 1);"; } | save
wait "$TERMINAL"
exec 7>&-
check "and is none of the readings that were asked for" shows ", 2 readings"
nothing_left "after all this" lo

finish
