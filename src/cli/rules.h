/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of findings, by the names that SARIF and JSON have for them. A name stays what it
 * is: people silence findings by it. docs/output.md lists them all.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "render/sarif.h"

#define RULE_COMPILER_ERROR "compiler-error"
#define RULE_COMPILER_WARNING "compiler-warning"
#define RULE_VERIFIER "verifier-refusal"
#define RULE_CANNOT_RUN "cannot-run"
#define RULE_UNKNOWN_PARAMETER "unknown-parameter"
#define RULE_RACY_COUNT "racy-count"
#define RULE_RACY_FIRST "racy-first-count"
#define RULE_RACY_EXTREME "racy-extreme"
#define RULE_CHANGES "changes-packets"
#define RULE_VERDICT "verdict-held-back"
#define RULE_NO_VERDICT "no-verdict"
#define RULE_BYTE_ORDER "byte-order"
#define RULE_SHOWN_ORDER "shown-byte-order"
#define RULE_NEVER_OUTGOING "never-outgoing"
#define RULE_PAYLOAD "payload-unreachable"
#define RULE_KEY_PADDING "key-padding"
#define RULE_KEY_UNSET "key-unset"
#define RULE_WIDE_INDEX "index-out-of-range"
#define RULE_PER_CPU_SET "per-cpu-set"
#define RULE_NEVER_FILLED "table-never-filled"
#define RULE_EMPTY_SLOT "tail-call-empty"
#define RULE_PRINTS_ELSEWHERE "prints-elsewhere"
#define RULE_NO_TYPES "no-type-information"
#define RULE_NOT_TC "not-tc"

extern const struct sarif_rule rules[]; /* one without an id last */

#endif
