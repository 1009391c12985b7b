#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is told of an edited program: the truth, once, with what would help. When it is
# told is a table in test/unit/run/edit.c.
. "$(dirname "$0")/lib.sh"

namespace near
use near
P=$PROGRAMS/count.c
H=$PROGRAMS/told.h
cp "$P" "$WORK/good.c"
changed() { # another text that compiles to the same
	printf '%s\n/* saved at %s */\n' "$(<"$WORK/good.c")" "$EPOCHREALTIME"
}
# At once: half of it, or what was read while it was written, may be a version too.
save() { # what is on stdin
	cat >"$WORK/new.c"
	mv "$WORK/new.c" "$P"
}
told() { grep -c "$1" "$ERRORS"; } # PART: on how many lines
has_told() { [ "$(told "$1")" = "$2" ]; } # PART TIMES
watches() { start "$P" -i lo --interval "$(ms 20)" --watch "$@"; }
live() { # SENTENCE: the next version
	VERSION=$((VERSION + 1))
	check "$1" within 20 is_version "$VERSION"
}

# --- nothing to tell, and nothing twice -----------------------------------------

changed >"$P" # at once before the start: whether it was read cannot be told by the clock
watches
VERSION=1
chmod 664 "$P"
chown 23:23 "$P"
cp "$P" "$WORK/same.c"
mv "$WORK/same.c" "$P"
echo "#define TOLD 1" >"$H"
{ changed; echo '#include "told.h"'; } | save
live "an include is live"
chmod 664 "$H"
touch "$H"
chmod 644 "$H"
kill -HUP "$SCOPE"
live "what is only touched is no version of its own, but SIGHUP asks for one"
equal "and nothing else is said" "$(told '^count: ')" 3
echo "#define TOLD 2" >"$H"
live "another text of the include is live"

{ changed; echo '#include "absent/told.h"'; } | save
check "an include that is not there is told" within 20 is_stale
mkdir "$PROGRAMS/absent" "$PROGRAMS/absent/other"
changed | save
check "mended" within 20 is_current
VERSION=$((VERSION + 1))
equal "it was told once, though a directory appeared" "$(told 'file not found')" 1
{ changed; echo '#include "absent/told.h"'; } | save
check "what comes back is told again" within 20 has_told 'file not found' 2
kill -HUP "$SCOPE"
check "and so it is when SIGHUP asks" within 20 has_told 'file not found' 3
rm -r "$PROGRAMS/absent"
changed | save
live "and mended again"

# --- too few descriptors ----------------------------------------------------

# What takes descriptors for a while is done: of the compilers one is left, the next, and
# neither it nor skbscope is at work, in three looks.
sleeps() { # PROCESS
	local stat
	for stat in /proc/"$1"/task/*/stat; do
		{ read -r stat <"$stat"; } 2>/dev/null
		[[ ${stat##*) } == S* ]] || return 1
	done
}
is_settled() {
	local compilers
	read -rd '' -a compilers < <(cat /proc/"$SCOPE"/task/*/children)
	[ ${#compilers[@]} = 1 ] && sleeps "$SCOPE" && sleeps "${compilers[0]}" || LOOKS=0
	[ $((LOOKS += 1)) -gt 3 ]
}
# The limit that leaves so many free below it.
limit() { # NUMBER
	local free=$1 limit=0
	while [ -e "/proc/$SCOPE/fd/$limit" ] || [ $((free -= 1)) -ge 0 ]; do ((limit += 1)); done
	echo $limit
}
soft=$(ulimit -Sn)
for more in 0 1 2 3; do
	LOOKS=0
	check "nothing is at work ($more)" within 20 is_settled
	prlimit --pid "$SCOPE" --nofile="$(limit "$more")":
	changed | save
	check "with $more descriptors it is told that something is amiss" within 20 is_stale
	contains "with $more descriptors: what" "$(last .stale)" "Too many open files"
	check "with $more descriptors: and what would help" within 5 grep -q "ulimit -n" "$ERRORS"
	refute "with $more descriptors nothing is said to be missing" \
		grep -E "install|does not compile" <(tail -n 3 "$ERRORS")
	prlimit --pid "$SCOPE" --nofile="$soft:"
	changed | save
	live "and with more of them it is live"
done
stop
equal "all this ends well" "$STATUS" 0
ulimit -Sn 8
once "$P" -i lo
ulimit -Sn "$soft"
contains "nor does a verifier get the blame" "$ERRORS" "Too many open files"

# --- a compiler that is at work for long ------------------------------------------

long() { changed; echo '#include "hold.h"'; }

watches
VERSION=1
long | save
hold "a compiler is held"
kill -KILL "$COMPILER"
hold "one that was killed is replaced" "$COMPILER"
let_go
live "and its version is live"
at_rest
refute "which is not worth a word" grep -q killed "$ERRORS"
for signal in KILL TERM; do
	long | save
	hold "a compiler is held ($signal)"
	kill "-$signal" "$COMPILER"
	hold "and the next ($signal)" "$COMPILER"
	kill "-$signal" "$COMPILER"
	exec 8>&-
	check "two that are killed are told ($signal)" within 10 is_stale
	contains "with the signal ($signal)" "$(last .stale)" \
		"was killed by signal $(kill -l "$signal")"
	check "and what to do ($signal)" grep -q "save again to retry" "$ERRORS"
	cp "$P" "$WORK/same.c"
	let_go
	save <"$WORK/same.c"
	live "saving the same again is enough ($signal)"
	at_rest
done
lacks "a pipe is not told that something is being compiled" \
	"$(cat "$ERRORS" "$READINGS")" "compiling…"

echo "#define TOLD 3" >"$H"
{ long; echo '#include "told.h"'; } | save
hold "a compiler is held before an include that is new"
touch "$H" # nobody hears of it: that it is included is known at the end
said=$(told '')
let_go
live "it is live"
# Whether it was touched before it was read cannot be told: it is compiled again.
changed | save
live "with the same outcome: the next is the next version"
at_rest
equal "and without another word" "$(told '')" $((said + 2))
stop

# --- an interface that is gone ----------------------------------------------

namespace far
pair near gone far in
changed | save
watches -i gone
ip -n near link del gone
lost() { [[ $(last '[.hooks[] | select(.attached) | .interface] | unique[]') == lo ]]; }
check "an interface goes" within 5 lost
stop
contains "the end names what was detached" "$(cat "$ERRORS")" "detached from lo ingress, lo egress;"
contains "and not as detached what was gone" "$(cat "$ERRORS")" \
	"; gone ingress, gone egress were gone"

# --- a terminal -------------------------------------------------------------

changed | save
screen "$P" -i lo
long | save
hold "a compiler is held on a terminal"
check "a long compilation is shown" within 10 shows "count: compiling…"
let_go
check "until its end" within 10 shows "version 2 live"
at_rest
since() { sed '1,/version 2 live/d' "$SCREEN"; }
check "there is another reading" within 10 eval 'since | grep -aq " at "'
lacks "and no longer" "$(since)" "compiling…"
leave

changed | save
screen "$P" -i lo --interval 30s
{ changed; echo "BPF_ARRAY(${PREFIX}fresh, u64, 1);"; } | save
check "a new table is shown" within 10 shows "version 2 live"
check "long before the next reading is due" within 5 shows "fresh.*: array of 1"
leave

changed | save
screen "$P" -i lo --interval "$(ms 2000)" --count 2
{ changed; echo "BPF_ARRAY(${PREFIX}fresh, u64, 1);"; } | save
check "a version on a terminal" within 10 shows "version 2 live"
wait "$TERMINAL"
exec 7>&-
check "is none of the readings that were asked for" shows ", 2 readings"
nothing_left "after all this" lo

finish
