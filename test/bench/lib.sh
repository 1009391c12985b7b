# SPDX-License-Identifier: Apache-2.0
# What the benchmarks that compare have in common: whom they compare with, where it
# is installed, a network with traffic, and figures. On top of the network tests'
# library. A script sets ROWS and TITLE and defines measure_ROW, which prints a line
# that starts with milliseconds.
# shellcheck shell=bash disable=SC2034
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

BENCH=$SOURCE/test/bench
PYTHON=/usr/bin/python3 # Debian's own: the one python3-bpfcc is installed for
declare -A LEFT_OUT TITLE

# --- what can be measured here -----------------------------------------------

# libbcc in the same process needs the headers of the running kernel. Where there
# are only another kernel's, they are put in their place for this script alone.
HEADERS="its own"
have_headers() {
	local directory release
	release=$(uname -r)
	for directory in "/lib/modules/$release" /lib/modules/*; do
		[ -e "$directory/build/include" ] || continue
		[ "$directory" != "/lib/modules/$release" ] || return 0
		mkdir "$WORK/modules"
		mkdir "$WORK/modules/$release"
		cp -P "$directory/build" "$WORK/modules/$release"
		[ ! -e "$directory/source" ] || cp -P "$directory/source" "$WORK/modules/$release"
		mount --bind "$WORK/modules" /lib/modules
		HEADERS="those of ${directory##*/}"
		return
	done
	return 1
}

find_python() {
	if ! "$PYTHON" -c 'import bcc' 2>/dev/null; then
		LEFT_OUT[python]="apt-get install python3-bpfcc"
	elif ! have_headers; then
		LEFT_OUT[python]="no kernel headers: apt-get install linux-headers-$(dpkg --print-architecture)"
	fi
}

find_clang() {
	command -v clang >/dev/null || LEFT_OUT[clang]="apt-get install clang"
	[ -e /usr/include/bpf/bpf_helpers.h ] || LEFT_OUT[clang]="apt-get install libbpf-dev"
}

# There is one kernel for all: a table of a name that nobody else's has.
TABLE=${PREFIX}count
own_table() { sed "s/packet_count/$TABLE/g" "$@"; }

# As anyone compiles for tc.
CLANG=(clang -O2 -g -target bpf -idirafter "/usr/include/$(uname -m)-linux-gnu")

# --- measuring -----------------------------------------------------------------

# The commands run in the script's own namespace: nothing but themselves is between
# the clock and them. Enough traffic that waiting for a packet is not what is measured.
make_network() {
	namespace near
	ip netns attach home $$
	sysctl -q net.ipv6.conf.default.disable_ipv6=1
	pair near out home in
	use near
	start_sending out udp4 5000
	use home
}

# Rows take turns, so a busy machine slows all of them; round 0 only warms the caches. A single
# round only shows that it still runs: nothing is to be warm for it.
# A row of ours that fails is the script's failure: OURS names them.
OURS=()
FAILURE=0
measure_rounds() { # ROUNDS
	local round row
	for ((round = $1 > 1 ? 0 : 1; round <= $1; round++)); do
		for row in "${ROWS[@]}"; do
			[ -z "${LEFT_OUT[$row]:-}" ] || continue
			if "measure_$row" >"$WORK/measured"; then
				[ "$round" = 0 ] || cat "$WORK/measured" >>"$WORK/$row.all"
			else
				LEFT_OUT[$row]="failed: $(tail -n 3 "$WORK/$row.err")"
				case " ${OURS[*]} " in *" $row "*) FAILURE=1 ;; esac
			fi
		done
	done
}

# --- saying it -------------------------------------------------------------------

measured() { [ -s "$WORK/$1.all" ]; }
median() { # ROW [COLUMN]
	sort -n -k "${2:-1},${2:-1}" "$WORK/$1.all" |
		awk -v c="${2:-1}" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
fastest() { sort -n "$WORK/$1.all" | awk 'NR == 1 { print $1 }'; }
slowest() { sort -n "$WORK/$1.all" | awk 'END { print $1 }'; }

machine() {
	echo "$(uname -srm), $(nproc) CPUs, $(date +%F); kernel headers for python3-bpfcc: $HEADERS"
}

ratio() { # SENTENCE A B: A's time over B's
	measured "$2" && measured "$3" || return
	awk -v a="$(median "$2")" -v b="$(median "$3")" -v c="$(fastest "$2")" \
		-v d="$(fastest "$3")" -v s="$1" \
		'BEGIN { printf "%s: %.1f (fastest of each: %.1f)\n", s, a / b, c / d }'
}

say_left_out() {
	local row
	for row in "${ROWS[@]}"; do
		[ -z "${LEFT_OUT[$row]:-}" ] || echo "left out: ${TITLE[$row]}: ${LEFT_OUT[$row]}"
	done
}
