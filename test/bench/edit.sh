#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From close() of the editor's write to the first packet counted by the new version,
# side by side: skbscope --watch, python3-bpfcc started anew, and clang with tc filter
# replace of the equal plain-C program. Rows are measured in turn within each round,
# so a busy machine slows all of them; skbscope watches all the time.
#
# usage: edit.sh [ROUNDS]    (default 23, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
own_images

ROUNDS=${1:-${SKBSCOPE_BENCH_ROUNDS:-23}}
LAUNCH=$BENCH/launch
SAVED=$BUILD/test/bench/saved
PROGRAM=$SOURCE/programs/packet_count.c
KEY=0 # each version counts under a key of its own

find_python
find_clang

OURS=(skbscope undone)
ROWS=("${OURS[@]}" python clang)
TITLE=(
	[skbscope]="skbscope run --watch"
	[undone]="  back to the first version"
	[python]="python3-bpfcc started anew"
	[clang]="clang -O2 -target bpf, tc filter replace"
)

# version FILE KEY: its text, counting under that key.
version() { own_table "$1" | sed "s/u32 key = 0/u32 key = $2/"; }

saved() { # ROW KEY TEXT [COMMAND…]
	version "$3" "$2" | "$SAVED" -m "$TABLE" -f "$WORK/$1/${3##*/}" -k "$2" -p "$WORK/$1.pid" \
		"${@:4}" 2>"$WORK/$1.err"
}

# Nothing waits between rounds for what the one before left to be done.
pause() { sleep 0.3; }

next() {
	KEY=$((KEY + 1))
	pause
}

measure_skbscope() {
	next
	saved skbscope "$KEY" "$PROGRAM"
}
measure_undone() {
	pause
	saved skbscope 0 "$PROGRAM"
}
measure_python() {
	local old=
	next
	[ ! -e "$WORK/python.pid" ] || old=$(cat "$WORK/python.pid")
	saved python "$KEY" "$PROGRAM" sh -c "${old:+kill $old; }exec $PYTHON \
		$LAUNCH/packet_count.py $WORK/python/packet_count.c python $TABLE"
}
measure_clang() {
	next
	saved clang "$KEY" "$LAUNCH/packet_count.bpf.c" sh -c "${CLANG[*]} \
		-c $WORK/clang/packet_count.bpf.c -o $WORK/clang/packet_count.o &&
		exec tc filter replace dev clang ingress prio 1 handle 1 \
		bpf da obj $WORK/clang/packet_count.o sec tc"
}

SENDERS=()
# An interface for each, so that nobody counts or slows another's packets.
make_network
for name in python clang; do
	pair near "out-$name" home "$name"
	"${IN[@]}" nsenter --net=/run/netns/near -- "$TOOLS/send" -i "out-$name" -r 5000 >/dev/null &
	SENDERS+=($!)
done
mkdir "$WORK/skbscope" "$WORK/python" "$WORK/clang"
tc qdisc add dev clang clsact
version "$PROGRAM" 0 >"$WORK/skbscope/packet_count.c"
start "$WORK/skbscope/packet_count.c" -i in --watch || finish
# Its compiler is warm once it sleeps, from one look to the next.
compiler_waits() {
	local file stat used=
	for file in /proc/[0-9]*/stat; do
		{ read -r stat <"$file"; } 2>/dev/null
		[[ $stat == *"(skbscope-compil) S "* ]] || continue
		read -ra stat <<<"${stat##*) }"
		used+="${stat[11]} ${stat[12]} " # its processor time
	done
	[ -n "$used" ] && [ "$used" = "${USED:-}" ] && return
	USED=$used
	return 1
}
check "its compiler waits" within 20 compiler_waits

measure_rounds "$ROUNDS"
[ ! -e "$WORK/python.pid" ] || kill "$(cat "$WORK/python.pid")"
kill "${SENDERS[@]}"
stop_sending
stop

echo "From close() of the editor's write to the first packet counted by the new version,"
echo "milliseconds; $ROUNDS rounds"
machine
echo
printf '%-42s %8s %8s %8s\n' "" median fastest slowest
for row in "${ROWS[@]}"; do
	measured "$row" || continue
	printf '%-42s %8.1f %8.1f %8.1f\n' "${TITLE[$row]}" "$(median "$row")" "$(fastest "$row")" \
		"$(slowest "$row")"
done
echo
ratio "python3-bpfcc over skbscope, expected at least 20" python skbscope
ratio "clang with tc over skbscope, expected at least 1.7" clang skbscope
say_left_out
exit "$FAILURE"
