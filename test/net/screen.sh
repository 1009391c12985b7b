#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The live screen on a real terminal, tmux, that says what is on it: what it shows, what keys
# do, sizes and kinds of terminals, and that the terminal is as it was whatever ends it.
source "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || { echo "skipped: there is no tmux"; exit 77; }

# --- a terminal with a shell on it ------------------------------------------

# Sanitizers have handlers of their own for some of the signals below.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_abort=0
export TMUX_TMPDIR=$WORK HISTFILE=/dev/null
WINDOWS=0
tm() { tmux -L "window-$WINDOWS" -f /dev/null "$@"; }
window() { # COLUMNS ROWS: with a shell, whose prompt is "$ "
	tm kill-server 2>/dev/null
	WINDOWS=$((WINDOWS + 1))
	rm -f "$WORK/modes"
	env -u NO_COLOR tmux -L "window-$WINDOWS" -f /dev/null new-session -d -x "$1" -y "$2" \
		"env PS1='$ ' PATH='$BUILD:$PATH' bash --norc --noprofile"
	check "a shell" within 10 on_screen '^\$ *$'
	types "cd $WORK; stty -a >$WORK/modes"
	check "its terminal's modes" within 10 test -s "$WORK/modes"
}
keys() { tm send-keys "$@"; }
types() { tm send-keys -l "$1"; tm send-keys Enter; } # a line
shown() { tm capture-pane -p; }
on_screen() { shown | grep -q -- "$1"; }
off_screen() { ! on_screen "$1"; }
sees() { check "$1" within 10 on_screen "$2" || shown; } # SENTENCE PATTERN
is() { [ "$(tm display-message -p "$1")" = "$2" ]; }
scope() { pgrep -f "^skbscope run" | tail -n 1; }
no_scope() { [ -z "$(scope)" ]; }
same_modes() { # asked by another than the shell, whose editor has modes of its own
	rm -f "$WORK/modes-now"
	types "stty -a >$WORK/modes-now"
	within 10 test -s "$WORK/modes-now" && cmp -s "$WORK/modes" "$WORK/modes-now"
}
# The shell is back, on the screen that was there before, and the cursor is seen.
as_before() { # SENTENCE
	check "$1: it ends" within 10 no_scope
	check "$1: the first screen is back" within 5 is '#{alternate_on}' 0
	check "$1: the cursor is back" within 5 is '#{cursor_flag}' 1
	check "$1: the terminal's modes are as they were" same_modes
	refute "$1: no sanitizer spoke" grep "Sanitizer\|runtime error" <<<"$(tm capture-pane -p -S -)"
	nothing_left "$1" lo
}

ip link set lo up
P=$PROGRAMS/count.c
cp "$P" "$WORK/good.c"
cd "$WORK" || exit 1
RUN="skbscope run $P -i lo --interval $(ms 100)"
begin() { # [OPTIONS…]
	types "$RUN $*"
	check "a live screen comes up: $*" within 20 is '#{alternate_on}' 1
	sees "with a head" "^count at [0-9:]* on lo "
}

# --- what it shows ----------------------------------------------------------

window 80 24
begin
sees "what was said is on it" "compiled in .* attached to lo ingress"
sees "and the keys" "^q quit  ? help"
sent=$(send lo tcp4 23)
sees "a row per key, with what was sent ($sent)" "[^0-9]23[^0-9]"
keys '?'
sees "help" "only rows with a text"
keys q
sees "and back" "^count at "
keys / n o b o d y Enter
sees "rows without the text are gone" "0 with 'nobody'"
keys Escape
check "Escape brings them back" within 5 off_screen "nobody"
keys p
sees "frozen" " frozen$"
keys p
check "and not" within 5 off_screen " frozen$"
keys r
sees "counting from now on" " since [0-9:]*$"
keys r
keys w C-u r o w s . j s o n Enter
sees "a file is written" "written to rows.json"
equal "it holds a reading" "$(gojq -r '.tables | keys | length > 0' rows.json)" true
keys w C-u r o w s . j s o n Enter
sees "and is not written over" "it is there already"

# Sizes: columns go, lines do not wrap; it is drawn anew.
tm resize-window -x 40 -y 12
check "another size" within 5 eval '[ "$(shown | wc -l)" = 12 ]'
sees "has a head" "^count at "
equal "and no line of it twice" "$(shown | grep -c '^count at ')" 1
tm resize-window -x 20 -y 5
sees "a very small one has a head" "^count at "
tm resize-window -x 80 -y 24
keys Tab # the answer to the last key goes
sees "and back" "^q quit  ? help"

# --- an edit ----------------------------------------------------------------

echo 'int x' >>"$P"
sees "an error stands above the tables" "old version still running since"
sees "with its line" "error:"
cp good.c "$P"
sees "what came of mending it" "version [23] live"
check "and the error is gone" within 10 off_screen "old version still running"

# --- ^Z, fg -----------------------------------------------------------------

keys C-z
sees "^Z stops it" "Stopped"
check "and gives the terminal back" within 5 is '#{alternate_on}' 0
check "in its modes" same_modes
types fg
check "fg goes on" within 10 is '#{alternate_on}' 1
sees "with a head" "^count at "
keys C-z
sees "stopped again" "Stopped"
types bg
types "echo in front"
sees "in the background it leaves the terminal alone" "^in front"
types fg
check "and comes back to it" within 10 is '#{alternate_on}' 1
sees "with a head" "^count at "
kill -STOP "$(scope)"
sees "stopped by a signal that nobody hears" "Stopped"
types fg
sees "it comes back all the same" "^q quit"
keys 1
sees "each CPU has a column" "cpu1"
keys 1
keys q
as_before "q"
left=$(tm capture-pane -p -S -)
check "the last screenful stays" grep -q "^count at [0-9:]* on lo " <<<"$left"
check "what was said stays" grep -q "version [23] live" <<<"$left"
check "and what it came to" grep -q "packets seen in" <<<"$left"

# --- whatever ends it -------------------------------------------------------

for signal in INT TERM QUIT SEGV ABRT USR1; do
	types clear
	begin
	kill "-$signal" "$(scope)"
	as_before "SIG$signal"
	rm -f core*
done
types clear
begin --duration "$(ms 1000)"
as_before "its time"
namespace far
ip link add gone type veth peer name peer netns far
ip link set gone up
types clear
types "skbscope run $P -i gone"
check "on an interface" within 20 is '#{alternate_on}' 1
sees "with a head" "^count at "
ip link del gone
as_before "an interface that goes away"
sees "says so" "nothing is attached any more"

types clear
begin
tm kill-session
check "a closed terminal: it ends" within 10 no_scope
nothing_left "a closed terminal" lo
window 80 24

# A terminal that was stopped keeps nobody from detaching.
types clear
begin
keys C-s
send lo tcp4 23 >/dev/null
kill -TERM "$(scope)"
check "SIGTERM detaches while the terminal takes nothing" within 10 unhooked lo
keys C-q
as_before "a stopped terminal"

# --- events -----------------------------------------------------------------

cat >"$WORK/both.c" <<-END
	#include <uapi/linux/bpf.h>
	struct event { u32 length; };
	BPF_PERF_OUTPUT(${PREFIX}submitted);
	BPF_ARRAY(${PREFIX}seen, u64, 1);
	int ${PREFIX}both(struct __sk_buff *skb)
	{
		struct event event = { skb->len };
		int zero = 0;
		u64 *seen = ${PREFIX}seen.lookup(&zero);

		if (seen)
			lock_xadd(seen, 1);
		${PREFIX}submitted.perf_submit(skb, &event, sizeof(event));
		return 0;
	}
END
sed "/lookup/d; /BPF_ARRAY/d; /if (seen)/d; /lock_xadd/d" "$WORK/both.c" >"$WORK/events.c"
types clear
types "skbscope run $WORK/both.c -i lo --interval $(ms 100)"
check "with events and a table there is a screen" within 20 is '#{alternate_on}' 1
sees "with a head" "^both at "
send lo tcp4 23 -l 100 >/dev/null
sees "the table counts" "seen: array of 1"
sees "events are counted in a title" "submitted: 23 events"
sees "and stand below, each" "^[0-9:.]*  *100$"
sees "under their heading" "^time  *length"
keys q
as_before "events and a table"
types clear
types "skbscope run $WORK/events.c -i lo"
sees "events alone" "attached to lo ingress"
send lo tcp4 23 -l 100 >/dev/null
sees "are lines" "^[0-9:.]*  *100$"
check "and no screen" is '#{alternate_on}' 0
keys C-c
as_before "events alone"

# --- --confirm-within -------------------------------------------------------

types clear
begin --enforce --confirm-within 10m
sees "Enter is asked for" "press Enter"
keys Enter
sees "and confirms" "confirmed: it stays enforced"
keys q
as_before "confirmed"

# --- other terminals --------------------------------------------------------

plain_with() { # SENTENCE ENVIRONMENT…: text, not a screen
	types clear
	types "${*:2} $RUN"
	sees "$1: text" "^count at [0-9:]* on lo "
	check "$1: no other screen" is '#{alternate_on}' 0
	keys C-c
	as_before "$1"
}
plain_with "TERM=dumb" TERM=dumb
plain_with "a terminal nobody knows" TERM=no-such-terminal
RUN+=" --plain" plain_with "--plain"
types clear
types "$RUN | cat"
sees "a pipe has text" "^count at [0-9:]* on lo "
check "and no screen" is '#{alternate_on}' 0
keys C-c
as_before "a pipe"
types clear
types "stty rows 0 columns 0"
begin
keys q
check "a terminal without a size: it ends" within 10 no_scope
types "stty rows 24 columns 80"
as_before "a terminal without a size"

for kind in "TERM=vt100" "NO_COLOR=1" "LC_ALL=C"; do
	window 80 24
	types "$kind $RUN"
	sees "$kind: a head" "^count at "
	sees "$kind: keys" "^q quit"
	send lo tcp4 23 >/dev/null
	sees "$kind: rows" "[^0-9]23[^0-9]"
	[ "$kind" != LC_ALL=C ] || check "ASCII alone" eval '! shown | LC_ALL=C grep -q "[^ -~]"'
	keys q
	as_before "$kind"
done
tm kill-server
finish
