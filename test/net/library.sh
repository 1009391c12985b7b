#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library as others use it: the examples of docs/library.md are compiled with pkg-config alone
# and do what they say; a user in C++ gets no warning; and the ABI is the committed one, or has grown.
. "$(dirname "$0")/lib.sh"
ip link set lo up
cd "$WORK" || exit

cmake --install "$BUILD" --prefix "$WORK/prefix" >"$WORK/install.log" 2>&1 ||
	{ failed "the library is installed" "$(<"$WORK/install.log")"; finish; }
pc=$(find prefix -name skbscope.pc)
PKG_CONFIG_PATH=$(realpath "$(dirname "$pc")")
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(pkg-config --variable=libdir skbscope)
export LD_LIBRARY_PATH
flags=(-Wall -Wextra -Wshadow -Werror)
nm -D "$LD_LIBRARY_PATH/libskbscope.so" | grep -q __asan && flags+=(-fsanitize=address,undefined)
build() { # NAME MORE…
	# shellcheck disable=SC2046
	"${CC:-cc}" "${flags[@]}" -o "$1" "$SOURCE/examples/$1.c" $(pkg-config --cflags --libs skbscope) "${@:2}"
}

for example in "$SOURCE"/examples/*.c; do
	name=${example##*/} name=${name%.c}
	contains "docs/library.md speaks of $name" "$(<"$SOURCE/docs/library.md")" "examples/$name.c"
	check "$name is compiled without a warning" build "$name" $([ "$name" != replay_test ] || echo -lpcap)
done

attached() { grep -qs "attached to" "$1"; }
./count lo 600 >killed.out 2>killed.err &
counting=$!
check "count attaches" within 20 attached killed.err
kill "$counting"
wait "$counting" 2>/dev/null
check "what is killed leaves nothing" within 5 unhooked lo
./count lo 2 >count.out 2>count.err &
counting=$!
check "count attaches again" within 20 attached count.err
datagrams 127.0.0.1 23
wait "$counting"
equal "count ends well" "$?" 0
# 23 datagrams, and 23 answers that there is nobody.
contains "what was sent is in its table" "$(tr -s " " " " <count.out | sed "s,^ ,,")" "2048 46"

./events lo 46 >events.out 2>events.err &
watching=$!
check "events attaches" within 20 attached events.err
datagrams 127.0.0.1 23
wait "$watching"
equal "events ends well" "$?" 0
equal "an event for each packet" "$(wc -l <events.out)" 46
equal "numbered" "$(tail -n 1 events.out | cut -d : -f 1)" "watch 46"
equal "received and lost are what there was" "$(tail -n 1 events.err)" "seen: 46 received, 0 lost"
./events lo >signal.out 2>signal.err &
watching=$!
check "events attaches again" within 20 attached signal.err
kill -INT "$watching" 2>/dev/null
datagrams 127.0.0.1 1
wait "$watching"
equal "a signal ends its loop" "$?" 0

tcpdump -i lo -Q in -s 96 --immediate-mode -U -Z root -w made.pcap udp 2>tcpdump.err &
capturing=$!
check "tcpdump listens" within 5 grep -q listening tcpdump.err
datagrams 127.0.0.1 23
has_captured() { [ "$(stat -c %s made.pcap)" = $((24 + 23 * (16 + 45))) ]; } # pcap's header and each frame's
check "tcpdump has all" within 10 has_captured
kill "$capturing"
wait "$capturing"
check "replay_test passes" ./replay_test made.pcap 23
refute "and fails where it should" ./replay_test made.pcap 24
equal "nothing is attached by it" "$(hooked lo)" ""

if type "${CXX:-c++}" >/dev/null 2>&1; then
	# shellcheck disable=SC2046
	check "a user in C++ gets no warning" "${CXX:-c++}" -std=c++17 -Wall -Wextra "${flags[@]:3}" -o user \
		"$HERE/library/user.cpp" $(pkg-config --cflags --libs skbscope)
	equal "and compiles BPF" "$(./user 2>&1)" "f t"
else
	echo "skipped: there is no compiler of C++"
fi

# A symbol that is gone, or a struct that is another one, is a new ABI. Made anew by UPDATE_ABI=1.
abi=$HERE/library/libskbscope.abi
library=$LD_LIBRARY_PATH/libskbscope.so
if ! type abidiff >/dev/null 2>&1 || [ "$(uname -m)" != x86_64 ] || [[ ${flags[*]} == *sanitize* ]] ||
	! readelf -SW "$library" | grep -q debug_info; then
	echo "skipped: the ABI is compared where there is abidiff, on x86_64, with debug information"
else
	if [ -n "${UPDATE_ABI:-}" ]; then
		abidw --headers-dir "$SOURCE/include" --exported-interfaces-only --drop-private-types \
			--no-comp-dir-path --no-corpus-path --no-show-locs "$library" |
			sed "s@ path='$SOURCE/@ path='@" >"$abi"
	fi
	check "the ABI is the committed one, or has grown" abidiff --no-added-syms --drop-private-types \
		--headers-dir2 "$SOURCE/include" --suppressions "$HERE/library/growth.suppr" "$abi" "$library"
fi
symbols=$(sed -n 's/^ \(skbscope_[a-z0-9_]*\)@.*/\1/p' "$SOURCE/debian/libskbscope0.symbols")
gone=$(comm -23 <(sort <<<"$symbols") <(nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort))
equal "no symbol of debian/libskbscope0.symbols is gone" "$gone" ""
declared=$(grep -ohE 'skbscope_[a-z0-9_]+' "$SOURCE/docs/libskbscope.3.scd" | sort -u)
for name in $declared; do
	check "libskbscope(3): $name is declared" grep -rqw "$name" "$SOURCE/include"
done

finish
