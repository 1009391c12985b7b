#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check -o sarif: one document for all programs, which the standard's own schema and a tool that
# reads such documents take for valid, and in it what check says on stderr, at its places.
NODE=${SKBSCOPE_BUILD:-$(dirname "$0")/../../build}/test/sarif
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
	{ echo "skipped: python3-jsonschema is not installed"; exit 77; }
command -v npm >/dev/null || { echo "skipped: there is no npm"; exit 77; }
SCHEMA=$NODE/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json
READER=$NODE/node_modules/@microsoft/sarif-multitool-linux/sarif-multitool-linux
if [ -z "${SKBSCOPE_OWN_NETWORK:-}" ] && [ ! -e "$SCHEMA" ]; then # before there is no network
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$NODE" \
		@microsoft/jest-sarif@1.0.0-beta.0 ||
		{ echo "skipped: npm does not get the schema of SARIF"; exit 77; }
fi
# The reader is a program of this processor.
if [ -z "${SKBSCOPE_OWN_NETWORK:-}" ] && [ ! -e "$READER" ] && [ "$(uname -m)" = x86_64 ]; then
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$NODE" \
		@microsoft/sarif-multitool-linux@5 ||
		{ echo "skipped: npm does not get sarif-multitool"; exit 77; }
fi
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: verifying needs root and a namespace"; exit 77; }
SCHEMA=$(realpath "$SCHEMA") READER=$(realpath -m "$READER") # the work is done elsewhere
cd "$WORK" || exit

# checked STATUS ARGUMENT…: found.sarif and errors; the document is valid.
checked() {
	local status=$1
	shift
	"$SKBSCOPE" check -o sarif "$@" >found.sarif 2>errors
	equal "check of $*: exit status" $? "$status" || cat errors
	equal "check of $*: valid by the schema" "$(/usr/bin/python3 -c '
import json, sys
from jsonschema import Draft7Validator
document = json.load(open("found.sarif"))
for error in Draft7Validator(json.load(open(sys.argv[1]))).iter_errors(document):
    print(list(error.absolute_path), error.message[:200])
(run,) = document["runs"]
for result in run["results"]:
    if run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] != result["ruleId"]:
        print("the rule is another:", result["ruleId"])
(invocation,) = run["invocations"]
if invocation["exitCode"] != '"$status"':
    print("the exit status is another:", invocation["exitCode"])' "$SCHEMA" 2>&1)" ""
}

# RULE LEVEL FILE LINE:COLUMN-END of each result.
found() {
	gojq -r '.runs[].results[] | [.ruleId, .level, (.locations[0].physicalLocation |
		.artifactLocation.uri // "-", (.region | "\(.startLine):\(.startColumn)-\(.endColumn)"))] |
		join(" ")' found.sarif
}
asked() { gojq -r ".runs[0]$1" found.sarif; }

cat >racy.c <<'END'
#include <uapi/linux/bpf.h>
BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb)
{
	u32 k = skb->len;
	t.atomic_increment(k);
	return 2;
}
END
cat >"not 100%.c" <<'END'
#include <uapi/linux/bpf.h>
int called(int a);
int f(struct __sk_buff *skb)
{
	/* ü */ called(1, 2);
	return unknown_name + 1;
}
END
cat >refused.c <<'END'
#include <uapi/linux/bpf.h>
BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb)
{
	u32 k = skb->len;
	u64 *v = t.lookup(&k);
	return *v;
}
END
cat >unset.c <<'END'
#include <uapi/linux/bpf.h>
int f(struct __sk_buff *skb)
{
	int k;
	if (skb->len > 500)
		k = 7;
	return k;
}
END
echo 'int f(struct xdp_md *c) { return 0; }' >xdp.c

checked 0 racy.c
equal "what the audit finds" "$(found)" "racy-first-count warning racy.c 6:null-null
verdict-held-back warning racy.c 7:2-8"
contains "the message has the advice" "$(asked '.results[0].message.text')" "lookup_or_try_init"
contains "which is there alone, too" "$(asked '.results[0].properties.hint')" "lookup_or_try_init"
equal "the line is quoted" "$(asked '.results[0].locations[0].physicalLocation.region.snippet.text')" \
	$'\tt.atomic_increment(k);'
contains "stderr has it as before" "$(<errors)" "racy.c:6: warning: counts in 't' can be lost"
equal "all was looked at" "$(asked '.invocations[0].executionSuccessful')" true
equal "names begin here" "$(asked '.originalUriBaseIds.SRCROOT.uri')" "file://$WORK/"

checked 3 "not 100%.c"
equal "what the compiler says, in characters, the name as a URI" "$(found)" \
	"compiler-error error not%20100%25.c 5:20-21
compiler-error error not%20100%25.c 6:9-21"
equal "where it is declared is related" "$(asked '.results[0].relatedLocations[0] |
	[.message.text, .physicalLocation.region.startLine] | join(" ")')" "'called' declared here 2"
equal "the check itself did its work" "$(asked '.invocations[0].executionSuccessful')" true

checked 4 refused.c
equal "what the verifier says" "$(found | cut -d: -f1)" "verifier-refusal error refused.c 7"

checked 0 unset.c
contains "a compiler's warning" "$(found)" "compiler-warning warning unset.c 5:6-"
checked 0 unset.c # from the cache
contains "and of one that was compiled before" "$(found)" "compiler-warning warning unset.c 5:6-"

checked 2 xdp.c
contains "what is not for tc" "$(found)" "cannot-run error xdp.c"

echo 'int f(struct __sk_buff *skb) { return 2; }' | checked 0 -
contains "stdin has no name" "$(found)" "verdict-held-back warning - 1:"
checked 0 -e 'return 2;'
contains "and -e has none" "$(found)" "verdict-held-back warning - 1:"
equal "they are told" "$(asked '.artifacts[0].description.text')" "the program that was given as -e TEXT"

# --- several

checked 1 racy.c nothing_there.c "not 100%.c" refused.c protocols
equal "findings of all" "$(found | cut -d' ' -f1,3 | sort -u)" "compiler-error not%20100%25.c
racy-first-count racy.c
verdict-held-back racy.c
verifier-refusal refused.c"
equal "all are listed" "$(asked '.artifacts[].location.uri' | tr '\n' ' ')" \
	"racy.c not%20100%25.c refused.c file://$(realpath "$SOURCE/programs")/protocols.c "
equal "what was not looked at is told" "$(asked '.invocations[0] |
	"\(.executionSuccessful) \(.toolExecutionNotifications[0] | .level, .message.text)"')" \
	"$(printf 'false error\nfalse %s' "there is no file 'nothing_there.c'")"
checked 3 refused.c "not 100%.c"
if [ -e "$READER" ]; then
	"$SKBSCOPE" check -o sarif racy.c "not 100%.c" refused.c unset.c xdp.c >all.sarif 2>errors
	# It is to be free of errors; that there is no homepage is a warning.
	reader=$(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 TMPDIR=$WORK HOME=$WORK "$READER" validate all.sarif 2>&1)
	contains "a reader of such documents reads it" "$reader" "Analysis completed successfully"
	equal "and has nothing against it" "$(grep -E "error|warning" <<<"$reader" | grep -vc SARIF2005)" 0 ||
		echo "$reader"
fi

"$SKBSCOPE" check -j racy.c refused.c protocols >objects 2>errors
equal "-j of several: the smallest status" $? 4
equal "an object for each that was verified" "$(gojq -r .program objects | tr '\n' ' ')" "racy protocols "
equal "which has the rules, too" "$(gojq -r '.warnings[].rule' objects | tr '\n' ' ')" \
	"racy-first-count verdict-held-back "
refused "CSV of several" 2 "as CSV is of one program, and these are 2" \
	"$SKBSCOPE" check -o csv --table tables racy.c packet_count
refused "-e and a program" 2 "-e is a program, and so is 'racy.c'" "$SKBSCOPE" check -e 'return 0;' racy.c

"$SKBSCOPE" check -o sarif racy.c 2>errors >/dev/full
equal "a full disk: exit status" $? 1
contains "a full disk: is told" "$(<errors)" "cannot write to stdout"

# --- the rules

listed=$(sed -n '/^### SARIF/,/^## /s/^| `\([a-z-]*\)` |.*/\1/p' "$SOURCE/docs/output.md" | sort)
equal "docs/output.md has all rules" "$(asked '.tool.driver.rules[].id' | sort)" "$listed"
finish
