#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cannot run is told and the version before it goes on, with its counts; includes,
# options, terminals and SIGHUP. Every way of saving: edit.sh.
. "$(dirname "$0")/lib.sh"

FRAMES=223
namespace near
use near
P=$PROGRAMS/count.c

sees() { adds_up_to nt_in "$1"; }
# Another text each time that compiles to the same; in one write, or half of it might
# be a version of its own.
CHANGES=0
changed() {
	CHANGES=$((CHANGES + 1))
	printf '%s\n/* change %s */\n' "$(<"$WORK/good.c")" "$CHANGES"
}
cp "$P" "$WORK/good.c"
watches() { start "$P" -i lo --interval "$(ms 20)" --watch "$@"; }

watches || finish
check "it says how many files it watches" grep -q 'watching 1 file' "$ERRORS"
VERSION=1
SEEN=0

# --- what cannot run --------------------------------------------------------

goes_on() { # SENTENCE PART-OF-THE-REASON
	check "$1: it is told" within 5 is_stale
	contains "$1: why" "$(last .stale)" "$2"
	contains "$1: since when" "$(last .stale)" "old version still running since"
	send lo udp4 "$FRAMES" >/dev/null
	SEEN=$((SEEN + FRAMES))
	check "$1: the old version counts on" within 5 sees "$SEEN"
	check "$1: it is the old one" is_version "$VERSION"
}
mends() { # SENTENCE
	changed >"$WORK/new.c"
	chmod 644 "$WORK/new.c"
	mv "$WORK/new.c" "$P"
	VERSION=$((VERSION + 1))
	check "$1: mended, it is live" within 5 is_version "$VERSION"
	check "$1: and nothing is stale" within 5 is_current
}
changed | sed 's/int zero = 0;/int zero = 0/' >"$P"
goes_on "a syntax error" "does not compile (line 17)"
contains "a syntax error is shown" "$(cat "$ERRORS")" "count.c:17:"
equal "a syntax error is told once" "$(grep -c 'does not compile' "$ERRORS")" 1
mends "a syntax error"
changed | sed 's/(\*packets)++/packets[23]++/' >"$P"
goes_on "a verifier refusal" "the verifier refuses it (line 21)"
equal "a verifier refusal is told once" "$(grep -c "refuses it" "$ERRORS")" 1
refute "and nothing of it again" grep -q "^skbscope: " "$ERRORS"
mends "a verifier refusal"
rm "$P"
goes_on "deleted" "there is no"
mkdir "$P"
within 5 eval 'last .stale | grep -q directory'
goes_on "a directory in its place" "is a directory"
rmdir "$P"
mends "a directory in its place"
{
	changed
	echo "struct page { u64 words[512]; };"
	echo "BPF_ARRAY(${PREFIX}huge, struct page, 0x7fffffff);"
} >"$P"
goes_on "a map larger than memory" "nt_huge"
mends "a map larger than memory"
changed | sed 's/return TC_ACT_UNSPEC;/skb->mark = 23; return TC_ACT_UNSPEC;/' >"$P"
goes_on "a program that changes packets" "mark"
mends "a program that changes packets"

# --- includes ---------------------------------------------------------------

H=$PROGRAMS/live.h
{ changed; echo '#include "live.h"'; } >"$P"
goes_on "an include that is not there" "does not compile"
echo '#define LIVE 1' >"$H"
VERSION=$((VERSION + 1))
check "the include appears: it is live" within 5 is_version "$VERSION"
echo "BPF_ARRAY(${PREFIX}extra, u64, 1);" >"$H"
VERSION=$((VERSION + 1))
check "the include is saved: it is live" within 5 is_version "$VERSION"
equal "with what it says" "$(last '.tables | has("nt_extra")')" true
chmod 600 "$H"
goes_on "an include that the compiler may not read" "does not compile"
check "an include that the compiler may not read: and what to do" grep -q "chmod o+r" "$ERRORS"
chmod 644 "$H"
VERSION=$((VERSION + 1))
check "readable again: it is live" within 5 is_version "$VERSION"
rm "$H"
goes_on "an include that disappears" "does not compile"
mends "an include that disappears"
changed >"$P"
{ changed; echo '#include "hold.h"'; } >"$P"
hold "a compiler waits for ever"
stop
exec 8>&-
check "which does not hold up the end" grep -q detached "$ERRORS"
changed >"$P"
equal "all this ends well" "$STATUS" 0
nothing_left "after editing" lo

# --- options that the new version has no use for ---

cp "$WORK/good.c" "$P"
echo "BPF_HASH(${PREFIX}sorted, u32, struct { u64 first; u64 second; });" >>"$P"
cp "$P" "$WORK/sorted.c"
watches --sort second
sed 's/u64 second/u64 third/' "$WORK/sorted.c" >"$P"
check "a version without the column to sort by is live" within 5 is_version 2
check "which is told" within 5 grep -q "no table has a column 'second' to sort by" "$ERRORS"
cp "$WORK/sorted.c" "$P"
check "and the next, which has it again" within 5 is_version 3
stop
equal "and it was no reason to end" "$STATUS" 0
equal "it was told once" "$(grep -c 'to sort by' "$ERRORS")" 1

# --- carried or not ---------------------------------------------------------

watches --reset
SEEN=0
send lo udp4 "$FRAMES" >/dev/null
check "counted" within 5 sees "$FRAMES"
changed >"$P"
check "with --reset it is live" within 5 is_version 2
check "with empty tables" within 5 sees 0
stop

watches_files() { readlink "/proc/$SCOPE"/fd/* | grep -q inotify; }
watches
check "watching takes inotify" watches_files
stop
start "$P" -i lo --interval "$(ms 20)"
check "in a pipe nothing is watched unless asked for" eval "! grep -q watching '$ERRORS'"
refute "not a directory" watches_files
stop HUP
equal "and without a terminal SIGHUP is the end" "$STATUS" 0
start "$P" -i lo --interval "$(ms 20)" --no-watch
refute "--no-watch does not watch" watches_files
changed >"$P"
kill -HUP "$SCOPE"
check "and SIGHUP is heard all the same" within 5 is_version 2
stop

# --- what would look as if nothing happened -----------------------------------

cat >"$PROGRAMS/unseen.c" <<-'EOT'
	BPF_HASH(one, u32, u64);
	BPF_HASH(other, u32, u64);
	BPF_PROG_ARRAY(jumps, 4);
	int look(struct __sk_buff *skb)
	{
		u32 key = skb->len;

		if (one.lookup(&key) && other.lookup(&key))
			jumps.call(skb, 1);
		return -1;
	}
EOT
start "$PROGRAMS/unseen.c" -i lo --interval "$(ms 20)"
check "what nobody fills or reads is told on one line" within 5 grep -q \
	"program array 'jumps'.*; 'one' and 'other' are only looked up" "$ERRORS"
stop

cat >"$PROGRAMS/racing.c" <<'EOT'
#include <uapi/linux/bpf.h>
BPF_HASH(shared, u32, u64);
BPF_HASH(exact, u32, u64);
BPF_ARRAY(copied, u64, 4);
int count(struct __sk_buff *skb)
{
	u32 key = 0;
	u64 zero = 0, sum, *value = exact.lookup_or_try_init(&key, &zero);

	if (value)
		lock_xadd(value, 1);
	shared.increment(key);
	value = copied.lookup(&key);
	if (!value)
		return -1;
	sum = *value + skb->len;
	copied.update(&key, &sum);
	return -1;
}
EOT
start "$PROGRAMS/racing.c" -i lo --interval "$(ms 20)"
check "tables whose counts can be lost are told, and no others" within 5 grep -q \
	": counts in 'shared' and 'copied' can be lost when two CPUs count at once" "$ERRORS"
stop

# --- a terminal -------------------------------------------------------------

screen "$P" -i lo
check "on a terminal a path is watched" within 5 shows "watching 1 file"
echo 'int x' >>"$P"
check "an error is drawn beside the tables" within 5 shows "old version still running since"
check "with its line" shows "error:"
cp "$WORK/good.c" "$P"
check "and what came of mending it" within 5 shows "version 2 live"
leave
screen "$P" -i lo --count 2 --interval "$(ms 50)" --no-watch
wait "$TERMINAL"
refute "unless --no-watch says no" shows watching
screen packet_count -i lo --count 2 --interval "$(ms 50)"
wait "$TERMINAL"
refute "a bundled program is not" shows watching

# Closing the terminal ends it; SIGHUP while it is open does not.
screen "$P" -i lo --interval "$(ms 50)"
scope=$(on_terminal)
kill -HUP "$scope"
check "SIGHUP on an open terminal is a request" within 5 shows 'version 2 live'
kill -KILL "$TERMINAL"
wait "$TERMINAL" 2>/dev/null
check "a closed terminal is the end" within 5 eval "! kill -0 $scope"
exec 7>&-
nothing_left "after a closed terminal" lo

# --- an interface that goes away while swapping -----------------------------

namespace far
pair near gone far in
only_lo() { [[ $(last '[.hooks[] | select(.attached) | .interface] | unique[]') == lo ]]; }
for ((i = 0; i < $(repeats 7 3); i++)); do
	ip -n near link show gone >/dev/null 2>&1 || pair near gone far "in$i"
	watches -i gone
	changed >"$P"
	sleep "0.0$((i * 13 % 10))" # at any moment of the swap
	ip -n near link del gone
	check "the other interface is watched on ($i)" within 5 only_lo
	SEEN=$(total nt_in)
	send lo udp4 "$FRAMES" >/dev/null
	SEEN=$((SEEN + FRAMES))
	check "and counted on ($i)" within 5 sees "$SEEN"
	changed >"$P"
	check "and its program swapped on ($i)" within 5 eval '[ "$(last .generation)" -ge 2 ]'
	stop
	nothing_left "after an interface went ($i)" lo
done

finish
