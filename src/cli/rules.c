/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of finding means, for whoever meets its name alone. */
#include "cli/rules.h"

#include <stddef.h>

const struct sarif_rule rules[] = {
	{ RULE_COMPILER_ERROR, SARIF_ERROR, "The program does not compile." },
	{ RULE_COMPILER_WARNING, SARIF_WARNING, "The compiler doubts that this is meant." },
	{ RULE_VERIFIER, SARIF_ERROR, "The kernel's verifier refuses a function." },
	{ RULE_CANNOT_RUN, SARIF_ERROR, "The program compiles and cannot be loaded or run." },
	{ RULE_UNKNOWN_PARAMETER, SARIF_WARNING,
	  "A -D names no parameter of the program, and nearly one." },
	{ RULE_RACY_COUNT, SARIF_WARNING,
	  "Two CPUs that add to a value at once lose one of the counts." },
	{ RULE_RACY_FIRST, SARIF_WARNING,
	  "Two CPUs that meet a new key at once lose one of its first counts." },
	{ RULE_RACY_EXTREME, SARIF_WARNING,
	  "Two CPUs that set a maximum or minimum at once may lose it." },
	{ RULE_CHANGES, SARIF_WARNING,
	  "The program changes packets, and runs with --enforce only." },
	{ RULE_VERDICT, SARIF_WARNING, "A verdict is counted, and applied with --enforce only." },
	{ RULE_NO_VERDICT, SARIF_WARNING, "A function returns nothing, so its verdict is chance." },
	{ RULE_BYTE_ORDER, SARIF_WARNING,
	  "A number is compared with a constant of the other byte order." },
	{ RULE_SHOWN_ORDER, SARIF_WARNING,
	  "A key's column is shown in another byte order than the program writes." },
	{ RULE_NEVER_OUTGOING, SARIF_WARNING, "No packet at tc has the type PACKET_OUTGOING." },
	{ RULE_PAYLOAD, SARIF_WARNING, "Payload is looked for where most packets do not have it." },
	{ RULE_KEY_PADDING, SARIF_WARNING, "Padding in a key makes two rows of one." },
	{ RULE_KEY_UNSET, SARIF_WARNING, "A member of a key is never set." },
	{ RULE_WIDE_INDEX, SARIF_WARNING,
	  "An index can be out of an array's range, and is then not counted." },
	{ RULE_PER_CPU_SET, SARIF_WARNING,
	  "What each CPU sets for itself has no sum that means anything." },
	{ RULE_NEVER_FILLED, SARIF_WARNING,
	  "The program looks something up that nothing has filled." },
	{ RULE_EMPTY_SLOT, SARIF_WARNING, "A tail call through an empty slot does nothing." },
	{ RULE_PRINTS_ELSEWHERE, SARIF_WARNING,
	  "What the program prints goes to the kernel's trace." },
	{ RULE_NO_TYPES, SARIF_WARNING, "A table is shown without typedefs and enumerators." },
	{ RULE_NOT_TC, SARIF_WARNING, "A function belongs to another hook, and is not run." },
	{ NULL, SARIF_NOTE, NULL },
};
