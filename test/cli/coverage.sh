#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope test --coverage: which lines no packet ran, over all cases of a program.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cat >mine.h <<'END'
static inline u32 half(struct __sk_buff *skb)
{
	u32 found = 0;

	if (skb->len > 1000)
		found = bpf_get_prandom_u32();
	return found;
}
END
cat >halves.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/cursor.h>
#include "mine.h"

BPF_HASH(lengths, u32, u64, 16);
BPF_ARRAY(marks, u64, 2);

int halves(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	u8 first;

	if (cursor_read(&cursor, &first, sizeof(first)) < 0)
		return TC_ACT_SHOT;
	if (skb->len > 100)
		marks.atomic_increment(first & 1);
	lengths.atomic_increment(half(skb));
	return TC_ACT_OK;
}

int other(struct __sk_buff *skb)
{
	u32 length = skb->len;

	lengths.delete(&length);
	return TC_ACT_OK;
}
END
sed -i '1i /* halves - of all\n *\n * @ingress halves\n * @egress other\n */' halves.c
cases() { # SIZE…: a case for each
	printf 'program ./halves.c\n'
	for size; do
		printf 'case of %s bytes\npacket length %s\n\t02:00:00:00:00:01 02:00:00:00:00:02 88:b5 00\nexpect packets 1\n' "$size" "$size"
	done
}
line() { # FILE TEXT
	grep -nF -- "$2" "$1" | cut -d: -f1
}
coverage() { # sets SHOWN
	SHOWN=$(limited 60 "$SKBSCOPE" test --coverage "$@" 2>"$WORK/stderr")
	equal "test --coverage $*: exit status" $? 0 || cat "$WORK/stderr"
}

cases 60 80 >some.test
coverage some.test
contains "a line that no packet ran" "$SHOWN" "halves.c:$(line halves.c marks.atomic): no packet ran: marks.atomic_increment(first & 1);"
contains "a function that no packet ran" "$SHOWN" "halves.c:$(line halves.c lengths.delete): no packet ran: "
lacks "a line that one did" "$SHOWN" "lengths.atomic_increment"
contains "a line of the program's own header" "$SHOWN" "mine.h:$(line mine.h prandom): no packet ran: "
lacks "nothing is said of headers that come with skbscope" "$SHOWN" "cursor.h:"
contains "how much it is" "$SHOWN" "lines with code ran, "
contains "the cases are told as ever" "$SHOWN" "some.test: 2 passed"

cases 60 80 200 >more.test
coverage more.test
lacks "another case runs it" "$SHOWN" "no packet ran: marks"
coverage some.test more.test
lacks "it is over all files that test the program" "$SHOWN" "no packet ran: marks"
equal "which is told once" "$(grep -c 'lines with code ran' <<<"$SHOWN")" 1

cases 60 >case.test
printf 'case out\npacket out length 2000\n\t02:00:00:00:00:01 02:00:00:00:00:02 88:b5 00\nexpect packets 1\n' >>case.test
JSON=$("$SKBSCOPE" test --coverage -j case.test)
equal "an object behind those of the cases" "$(gojq -r 'select(.coverage) | .coverage' <<<"$JSON")" halves
check "what did not run" gojq -e "select(.coverage) | .not_run | any(.line == $(line halves.c marks.atomic) and (.text | startswith(\"marks.\")))" <<<"$JSON"
check "a condition that went one way alone" gojq -e "select(.coverage) | .one_way | any(.line == $(line halves.c 'skb->len > 100') and .never_to[0].line == $(line halves.c marks.atomic))" <<<"$JSON"
check "figures that are less than all" gojq -e 'select(.coverage) | .lines_ran < .lines and .branches_ran < .branches' <<<"$JSON"
check "without --coverage there is none" [ -z "$("$SKBSCOPE" test -j case.test | gojq 'select(.coverage)')" ]

sed 's/half(skb)/hlaf(skb)/' halves.c >broken.c
printf 'program ./broken.c\nexpect compile error "hlaf"\n' >broken.test
coverage broken.test
lacks "of a program that does not compile there is nothing to tell" "$SHOWN" "lines with code"
refused "coverage is no CSV" 2 "--coverage has no form as CSV" "$SKBSCOPE" test --coverage -o csv case.test
sed 's/expect packets 1/expect packets 2/' case.test >wrong.test
"$SKBSCOPE" test --coverage wrong.test >"$WORK/wrong"
equal "a test that fails fails" $? 5
contains "and its lines ran" "$(cat "$WORK/wrong")" "lines with code ran"

finish
