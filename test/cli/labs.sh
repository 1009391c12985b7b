#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope lab: what is handed out, what is said of what is handed in, and the network to look at.
# In test/labs are, for each lab, solutions, and wrong answers whose second line has the words
# that they are to be told.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1
LABS=$SOURCE/docs/labs
lab() { "$SKBSCOPE" lab "$@" 2>&1; }
# The first line of a folder's part of the output, until the next folder's.
part() { # OUTPUT FOLDER
	awk -v folder="$2/" '/^lab / { on = index($0, folder) } on' <<<"$1"
}

# --- each lab: the solutions pass, the skeleton does not, a wrong answer gets the word that helps

declare -A SKELETON=(
	[01]="Nothing was counted yet" [02]="To add is three steps: read, add, write"
	[03]="nothing was read from the packet yet" [04]="The histogram is empty"
	[05]="service.port was not set yet" [06]="let ETH_P_IPV6 pass, too" [07]="Nothing was found"
	[08]="The event came with nothing in it" [09]="Nothing is dropped yet" [10]="It was not found"
)
for folder in "$LABS"/[0-9]*; do
	name=${folder##*/} number=${name:0:2}
	check "$name is started" lab start "$((10#$number))"
	equal "$name: page and skeleton are what is there" \
		"$(diff -r "$folder" "$name" 2>&1)" "Only in $folder: grade.test"
	answers=("$SOURCE/test/labs/$number"/*)
	OUTPUT=$(lab grade -v "$((10#$number))" "${answers[@]}" "$name")
	wrong=0
	for answer in "${answers[@]}"; do
		said=$(part "$OUTPUT" "$answer")
		words=$(sed -n 's/^\/\* says: \(.*\) \*\/$/\1/p' "$answer"/*.c)
		if [[ ${answer##*/} == solution* ]]; then
			contains "$name: ${answer##*/} passes" "$said" " are right"
			lacks "$name: ${answer##*/} passes" "$said" "not yet"
		else
			wrong=$((wrong + 1))
			contains "$name: ${answer##*/} is not right yet" "$said" "not yet"
			contains "$name: ${answer##*/} gets the word that helps" \
				"$(tr -s ' \n' ' ' <<<"$said")" "${words:-no words in the answer}"
		fi
	done
	check "$name has a solution and three wrong answers" test "$wrong" -ge 3 -a -e "$SOURCE/test/labs/$number/solution"
	said=$(part "$OUTPUT" "$name")
	contains "$name: a skeleton handed in unchanged is told so" "$said" "is the skeleton as it was handed out"
	contains "$name: ... and what is missing first" "$(tr -s ' \n' ' ' <<<"$said")" "${SKELETON[$number]}"
done
equal "lab list has all of them" "$(lab list -j | gojq -r '.[].name')" "$(cd "$LABS" && printf '%s\n' [0-9]*)"

# --- what is told

cp "$SOURCE/test/labs/01/adds-length/count.c" 01-count-packets/
OUTPUT=$(lab grade 1)
equal "what is not right yet: status" $? 5
equal "what is shown in the labs' page is what is told" "$OUTPUT" \
	"$(awk '/^```/ { on = 0 } /^lab 1, / { on = 1 } on' "$LABS/README.md")"
cp "$SOURCE/test/labs/01/solution/count.c" 01-count-packets/
check "what is right: status" lab grade 1
(cd 01-count-packets && check "the folder one is in needs no name" lab grade 1)
mkdir -p student
mv 01-count-packets student/
contains "a folder may have the lab's folder in it" "$(lab grade 1 student)" "all 4 are right"

# Two CPUs: by the instructions, whatever became of it, and by trying where there are two.
OUTPUT=$(lab grade 2 "$SOURCE/test/labs/02/plus-plus")
contains "a lost update is told with its line" "$OUTPUT" "'packets' is read, changed and written back"
contains "... and with what came of trying, or why not" "$OUTPUT" "tried"

# --- a class

mkdir -p class/{ada,ben,eve,ian,joe,zoe}
cp "$SOURCE/test/labs/01/solution/count.c" class/ada
cp "$SOURCE/test/labs/01/adds-length/count.c" class/ben
cp "$LABS/01-count-packets/count.c" class/eve
sed 's/(\*value)++/(*valeu)++/' class/ada/count.c >class/ian/count.c
# One whose verification does not end: as long as the counter is not 0.
sed 's/(\*value)++;/while (*value) packets.increment(slot);/' class/ada/count.c >class/zoe/count.c
OUTPUT=$("$SKBSCOPE" lab grade -o csv 1 class/* 2>said)
equal "a class: the smallest status of all" $? 1
equal "a class: a line for each" "$OUTPUT" \
	"$(awk '/^```/ { on = 0 } /^lab,folder/ { on = 1 } on' "$LABS/README.md")
1,class/zoe,refused,0,4,a packet adds 1"
equal "... and what has no program, on stderr" "$(<said)" "skbscope: there is no count.c in 'class/joe'
  skbscope lab start 1 makes a folder with it"
equal "in JSON as well" "$(lab grade -j 1 class/{ada,ben} | gojq -c '[.folder, .result, .right, (.cases | length), .cases[0].right]')" \
	'["class/ada","passed",4,4,true]
["class/ben","not yet",1,4,false]'
contains "... with the hint" "$(lab grade -j 1 class/ben | gojq -r '.cases[0].hint')" "length in bytes"
OUTPUT=$(lab grade 1 class/ian)
equal "what does not compile: status" $? 3
contains "... is told with its line" "$OUTPUT" "it does not compile, line 14: use of undeclared identifier 'valeu'"
equal "... once" "$(grep -c 'not yet' <<<"$OUTPUT")" 1
mkdir broken
sed 's/ntohs(udp.dest);/ntohs(udp.dest)/' "$SOURCE/test/labs/05/solution/ports.c" >broken/ports.c
lacks "... and with no hint about what came, as nothing did" "$(lab grade 5 broken)" "no port of this packet"
OUTPUT=$(lab grade 1 class/zoe)
equal "what never ends to be verified: status" $? 4
contains "... is told so" "$OUTPUT" "the verifier refuses it, line 14"
equal "... once" "$(grep -c 'not yet' <<<"$OUTPUT")" 1
mkdir long
sed 's/(\*value)++;/for (u64 i = 0; i < 100000000; i++) if (i * skb->len % 7 == 3) (*value)++;/' class/ada/count.c >long/count.c
OUTPUT=$(lab grade 1 long)
equal "what takes the verifier too long: status" $? 4
contains "... is told so" "$OUTPUT" "the verifier refuses it"

mkdir endless huge
sed 's/(\*value)++;/(*value)++; while (1) ;/' class/ada/count.c >endless/count.c
{ cat class/ada/count.c && head -c 3000000 /dev/zero | tr '\0' ' '; } >huge/count.c
declare -A WHY=([endless]="function 'count' never returns" [huge]="is larger than 1024 KiB")
for folder in endless huge; do
	OUTPUT=$("$SKBSCOPE" lab grade -o csv 1 "$folder" 2>said)
	equal "what cannot be graded: status, $folder" $? 1
	contains "... is so in the class's line" "$OUTPUT" "1,$folder,not graded,0,"
	contains "... and why is on stderr" "$(<said)" "skbscope: '$folder/count.c' is not graded: "
	contains "... in words" "$(<said)" "${WHY[$folder]}"
	equal "... once" "$(wc -l <said)" 1
done
contains "in JSON, too, is what the compiler says" "$(lab grade -j 1 class/ian | gojq -r '.cases[].findings[].actual[]')" \
	"it does not compile, line 14: use of undeclared identifier 'valeu'"
OUTPUT=$(lab grade -j 1 class/ben endless | gojq -r '.cases[].findings[] | .what, .actual[]')
contains "... what came" "$OUTPUT" "key=0 value=47"
contains "... and why it could not be run" "$OUTPUT" "${WHY[endless]}"

# --- bad input

refused "no such lab" 2 "there is no lab '11': they are 1 to 10" "$SKBSCOPE" lab grade 11
refused "no lab at all" 2 "there is no lab 'one'" "$SKBSCOPE" lab start one
refused "a lab, but which" 2 "which lab?" "$SKBSCOPE" lab grade
refused "a folder without the file" 1 "there is no count.c in 'class'" "$SKBSCOPE" lab grade 1 class
refused "no such folder" 1 "there is no count.c in 'nowhere'" "$SKBSCOPE" lab grade 1 nowhere
refused "what is there already" 2 "'class/ben/count.c' is there already, and nothing was written over it" \
	"$SKBSCOPE" lab start 1 class/ben
equal "... and is what it was" "$(diff "$SOURCE/test/labs/01/adds-length/count.c" class/ben/count.c; ls class/ben)" count.c
refused "a folder that cannot be made" 1 "cannot make the folder 'no/such'" "$SKBSCOPE" lab start 1 no/such
refused "two folders" 2 "lab start makes one folder" "$SKBSCOPE" lab start 1 a b
refused "a network, but what" 2 "what is the network to do?" "$SKBSCOPE" lab net
refused "another word" 2 "what is the network to do?" "$SKBSCOPE" lab net sideways
check "another folder" lab start 1 elsewhere
contains "... with its page" "$(<elsewhere/README.md)" "# Lab 1: Count packets"

# A disk that is full: what is written is whole, or is not there.
mkdir full
mount -t tmpfs -o size=12k skbscope-test full
head -c 8k /dev/zero >full/much
refused "a full disk" 1 "No space left on device" "$SKBSCOPE" lab start 1 full/lab
equal "... has nothing of it" "$(ls -A full)" much
mkdir full/mine
refused "a full disk, and a folder that is there" 1 "No space left on device" "$SKBSCOPE" lab start 1 full/mine
equal "... which stays, with nothing in it" "$(ls -A full full/mine)" "full:
mine
much

full/mine:"
mount -o remount,size=1m full
check "... and with space again it is made" lab start 1 full/mine
equal "... whole" "$(diff -r "$LABS/01-count-packets" full/mine)" "Only in $LABS/01-count-packets: grade.test"
umount full

# --- the network

interfaces() { ip -br link; ls /run/netns 2>/dev/null; }
sends() { local before; before=$(packets) && sleep 0.1 && [ "$(packets)" -gt "$before" ]; }
packets() { cat "/proc/self/net/dev" | sed -n 's/^ *lab0: *[0-9]* *\([0-9]*\).*/\1/p'; }
idle() { ! ps -eo comm= | grep -qx skbscope-lab; }
check "no labs' network of somebody else's runs" within 10 idle
before=$(interfaces)
refused "a machine without ip" 1 "there is no ip on this machine" env PATH=/nonexistent "$SKBSCOPE" lab net up
contains "one that is not up can go down" "$(lab net down)" "is not up"
refused "a burst without a network" 1 "the labs' network is not up" "$SKBSCOPE" lab net burst
ip link add lab0 type veth peer name other
refused "somebody else's lab0" 1 'there is a lab0 that is not the labs' "$SKBSCOPE" lab net up
check "... stays" ip link show lab0
ip link delete lab0
equal "... and nothing is left of ours" "$(interfaces)" "$before"
contains "up" "$(lab net up)" "lab0 is up: 100 packets a second"
check "packets come in" within 10 sends
equal "who sends them is nobody" "$(ps -eo user=,comm= | awk '$2 == "skbscope-lab" { print $1 }')" nobody
refused "twice" 1 "is up already" "$SKBSCOPE" lab net up
"$SKBSCOPE" run "$SOURCE/test/labs/06/solution/headers.c" -i lab0 -j --interval 100ms >seen 2>/dev/null &
kinds() { gojq -r '.tables.kinds.rows[] | "\(.vlan) \(.version) \(.protocol)"' < <(tail -n 1 seen); }
has_kinds() { local kind; for kind in "0 4 6" "0 4 17" "0 6 17" "100 4 17" "100 6 6"; do kinds | grep -qx "$kind" || return; done 2>/dev/null; }
check "of all kinds, VLANs and IPv6 among them" within 20 has_kinds
kill -INT $!
wait $!
before_burst=$(packets)
contains "a burst" "$(lab net burst)" "packets came in at once"
check "... comes in" test $(($(packets) - before_burst)) -ge 200000
contains "down" "$(lab net down)" "is gone"
equal "down leaves nothing" "$(interfaces)" "$before"
check "... and nobody who sends" within 10 idle
lab net up >/dev/null
for word in up burst down; do
	refused "$word in another network namespace" 1 "the labs' network is up in another network namespace" \
		unshare --net "$SKBSCOPE" lab net "$word"
done
check "... and it stays" ip link show lab0
equal "... with its traffic" "$(ps -eo comm= | grep -cx skbscope-lab)" 1
ip link delete lab0
check "whose interface is removed, ends" within 10 idle
refused "a burst without it" 1 "nothing can come in: lab0 was removed" "$SKBSCOPE" lab net burst
contains "... and can go down" "$(lab net down)" "is gone"
equal "... and leaves nothing" "$(interfaces)" "$before"

# Twice at once, as often as may show it: one makes it, and the other leaves it alone.
for round in 1 2 3 4 5; do
	lab net up >first & first=$!
	lab net up >second & second=$!
	wait "$first"; statuses=$?
	wait "$second"; statuses=$((statuses + $?))
	equal "up, twice at once, $round: one is fine" "$statuses" 1
	contains "... and says so" "$(cat first second)" "lab0 is up: "
	contains "... the other says that it is up already" "$(cat first second)" "the labs' network is up already"
	check "... packets come in" within 10 sends
	lab net down >down
	equal "... down leaves nothing" "$(<down) $(interfaces)" "the labs' network is gone $before"
	check "... and nobody who sends" within 10 idle
done

if ANYBODY="setpriv --reuid 65534 --clear-groups --inh-caps=-all" && $ANYBODY test -x "$SKBSCOPE"; then
	contains "without privilege, what it takes is told" "$($ANYBODY "$SKBSCOPE" lab net up 2>&1)" "CAP_SYS_ADMIN"
	chmod 755 class class/ada
	mkdir -m 700 closed
	contains "a folder that one may not look into" "$($ANYBODY "$SKBSCOPE" lab grade 1 closed 2>&1)" \
		"cannot look into 'closed': Permission denied"
	contains "so it is of a grade" "$($ANYBODY "$SKBSCOPE" lab grade 1 class/ada 2>&1)" "CAP_BPF"
fi
finish
