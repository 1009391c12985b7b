#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope test --watch: whatever is saved is run, and nothing else; and what tests are told as to
# readers of TAP.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cp "$SOURCE/programs/packet_count.c" one.c
cp one.c two.c
sed -i '1i#include "shared.h"' two.c
touch shared.h
printf 'program ./one.c\npacket ip / tcp\nexpect packets 1\n' >one.test
printf 'program ./two.c\nset packet_count=@rows.txt\npacket ip / tcp\nexpect table packet_count key=0 value=5\n' >two.test
echo "0 = 4" >rows.txt

"$SKBSCOPE" test --watch one.test two.test >out 2>&1 &
WATCHER=$!
trap 'kill "$WATCHER" 2>/dev/null; wait; rm -rf "$WORK"' EXIT
SAID=0
said() { [ "$(wc -l <out)" -ge "$LINES_WANTED" ]; }
# comes SENTENCE TEXT: the next lines are these.
comes() {
	LINES_WANTED=$((SAID + $(wc -l <<<"$2")))
	within 30 said
	equal "$1" "$(tail -n +$((SAID + 1)) out)" "$2"
	SAID=$(wc -l <out)
}
# An editor's way: a new file in the place of the old one.
save() { # FILE SED
	sed "$2" "$1" >"$1.new"
	mv "$1.new" "$1"
}

comes "all run at first" "one.test: 1 passed
two.test: 1 passed
2 files: 2 tests passed, 0 failed"
save one.test 's/packets 1/packets 2/'
comes "a file of tests that is saved runs, and no other" "
one.test was saved
one.test:3: one.test: packets
  - 2 packets
  + 1 packet
one.test: 1 failed"
sed -i 's/packets 2/packets 1 # again/' one.test
comes "... in place as well" "
one.test was saved
one.test: 1 passed"
echo "0 = 5" >rows.txt
comes "a file that it reads" "
rows.txt was saved
two.test:4: two.test: packet_count: 1 row differs
  - key=0 value=5
  + key=0 value=6
two.test: 1 failed"
save two.test 's/value=5/value=6/'
comes "... until the test is right again" "
two.test was saved
two.test: 1 passed"
save two.c 's/packet_count/renamed/'
comes "a program" "
two.c was saved
two.test:2: two.test: --set 'packet_count=@rows.txt': two has no table 'packet_count'
  its first table is 'renamed'
two.test: 1 failed"
save two.c 's/renamed/packet_count/'
comes "... and back, from what is compiled" "
two.c was saved
two.test: 1 passed"
echo 'typo' >shared.h
LINES_WANTED=$((SAID + 4))
within 30 said
contains "what a program includes" "$(tail -n +$((SAID + 1)) out)" "it does not compile"
SAID=$(wc -l <out)
: >shared.h
comes "... and again" "
shared.h was saved
two.test: 1 passed"
save one.test 's/program/porgram/'
LINES_WANTED=$((SAID + 3))
within 30 said
contains "a mistake is told" "$(tail -n +$((SAID + 1)) out)" "one.test:1:1: error: 'porgram' begins no statement"
settled() { local now; now=$(wc -l <out); [ "$now" = "$SAID" ] && return; SAID=$now; return 1; }
within 30 settled
save one.test 's/porgram/program/'
comes "... until it is none" "
one.test was saved
one.test: 1 passed"
kill -INT "$WATCHER"
wait "$WATCHER"
equal "a signal ends it, with the status of the last round" $? 0
equal "nothing is left of it" "$(ls /run/skbscope 2>/dev/null)" ""

# --- TAP

cat >some.test <<'END'
program packet_count
case it counts
packet ip / tcp
expect packets 1
case it "counts" \ more
packet ip / tcp
expect packets 2
expect table packet_count key=0 value=2
END
OUTPUT=$("$SKBSCOPE" test -o tap some.test)
equal "a test failed: status" $? 5
equal "TAP" "$OUTPUT" 'TAP version 13
ok 1 - some.test:2: it counts
not ok 2 - some.test:5: it "counts" \\ more
  ---
  findings:
    - line: 7
      what: "packets"
      expected:
        - "2 packets"
      actual:
        - "1 packet"
    - line: 8
      what: "packet_count: 1 row differs"
      expected:
        - "key=0 value=2"
      actual:
        - "key=0 value=1"
  ...
1..2'
if command -v prove >/dev/null; then
	tap() { prove --exec "$SKBSCOPE test -o tap" "$@" 2>&1; }
	contains "prove counts what passed" "$(tap one.test)" "Result: PASS"
	contains "... and what failed" "$(tap some.test)" "Failed 1/2 subtests"
	equal "... and finds nothing to complain about" "$(tap some.test | grep -c 'Parse errors')" 0
	echo 'expect' >broken.test
	contains "... and what could not be run" "$(tap broken.test)" "Further testing stopped: the tests could not be run"
fi
refused "TAP again and again" 2 "TAP is about tests that are run once" "$SKBSCOPE" test --watch -o tap one.test
refused "TAP of lines" 2 "--coverage has no form as TAP" "$SKBSCOPE" test --coverage -o tap one.test
finish
