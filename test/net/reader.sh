#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A reader of stdout who stops reading, in the middle of a document, while signals come:
# every document that was begun is finished, and nobody is kept from detaching.
. "$(dirname "$0")/lib.sh"

namespace near
use near
OLD=$WORK/old.c
NEW=$WORK/new.c
ROWS=4096 # as JSON several times of what a pipe holds

cat >"$OLD" <<END
BPF_ARRAY(${PREFIX}many, u64, $ROWS);

int ${PREFIX}fill(struct __sk_buff *skb)
{
	for (u32 i = 0; i < $ROWS; i++) {
		u32 key = i;
		u64 *value = ${PREFIX}many.lookup(&key);

		if (value)
			lock_xadd(value, 1);
	}
	return -1;
}
END
sed 's/lock_xadd(value, 1)/lock_xadd(value, 2)/' "$OLD" >"$NEW" # every row differs

# begin COMMAND…: with a reader who has read nothing yet, and a document that is begun and
# does not fit into the pipe.
begin() {
	rm -f "$WORK/pipe" "$WORK/out" "$WORK/err"
	mkfifo "$WORK/pipe"
	exec 9<>"$WORK/pipe"
	"${IN[@]}" env --default-signal=INT,QUIT,PIPE "$SKBSCOPE" "$@" -i lo -j --interval 200ms \
		>"$WORK/pipe" 2>"$WORK/err" 9<&- &
	SCOPE=$!
	exec 8<"$WORK/pipe" 9<&-
	ERRORS=$WORK/err
	check "$CASE: it attaches" within 30 attached_or_gone
	send lo udp4 3 >/dev/null
	check "$CASE: the pipe is full, or nearly so" within 10 waiting 50000
}

# waiting BYTES: in the pipe, unread (FIONREAD).
waiting() {
	perl -e 'my $n = pack("L", 0); ioctl(STDIN, 0x541b, $n) or die; exit(unpack("L", $n) < $ARGV[0])' \
		"$1" <&8
}

read_on() {
	cat <&8 >"$WORK/out" &
	READER=$!
	exec 8<&-
}

# More than what was under way when the signals came.
documents() { [ "$(wc -l <"$WORK/out")" -ge "$1" ]; }

ends() {
	check "$CASE: it ends" within 10 gone "$SCOPE"
	wait "$SCOPE"
	STATUS=$?
}

all_whole() {
	wait "$READER"
	equal "$CASE: it ends well" "$STATUS" "$WELL"
	equal "$CASE: the last line is whole" "$(tail -c 1 "$WORK/out" | od -An -c | tr -d ' ')" '\n'
	equal "$CASE: every line is a document" \
		"$(gojq -cR 'try (fromjson | type) catch .' "$WORK/out" | sort -u)" '"object"'
	nothing_left "$CASE" lo
}

for command in run diff; do
	arguments=("$command" "$OLD")
	WELL=0
	[ "$command" = run ] || arguments+=("$NEW") WELL=5 # they differ

	for signals in INT TERM "WINCH INT"; do
		CASE="$command, SIG$signals"
		begin "${arguments[@]}"
		# shellcheck disable=SC2086
		hears $signals
		read_on
		ends
		all_whole
		check "$CASE: there is a last one" documents 2
	done

	CASE="$command, SIGWINCH alone"
	begin "${arguments[@]}"
	hears WINCH
	read_on
	check "$CASE: it goes on" within 10 documents 3
	hears INT
	ends
	all_whole

	CASE="$command, SIGINT twice"
	begin "${arguments[@]}"
	hears INT INT
	ends
	equal "$CASE: is no failure to write" "$STATUS" "$WELL"
	nothing_left "$CASE" lo
	exec 8<&-

	CASE="$command, nobody ever reads"
	begin "${arguments[@]}"
	hears INT
	ends
	equal "$CASE: that is a failure" "$STATUS" 1
	contains "$CASE: and is told" "$(cat "$ERRORS")" "nobody is reading from stdout"
	nothing_left "$CASE" lo
	exec 8<&-
done

finish
