/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field's own names for numbers: IANA protocols, EtherTypes, TCP flags,
 * verdicts, hooks. Kept here because the C library's tables (/etc/protocols, …) are
 * missing in small containers and would read files, or ask a directory service,
 * for every cell.
 */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include <skbscope/snapshot.h>

#include "base/buffer.h"
#include "base/span.h"

const char *ip_protocol_name(uint32_t protocol); /* NULL: none that is common */
const char *ethertype_name(uint32_t ethertype);  /* NULL: none that is common */

/* "SYN|ACK"; "0" for none; a number for bits above the nine of TCP. */
void tcp_flags_format(uint32_t flags, struct buffer *out);

const char *verdict_name(int32_t verdict); /* "SHOT", …; "other" for INT32_MIN */

/* The other way, in any case; false: no such name. A verdict's may begin with TC_ACT_. */
bool ip_protocol_named(struct span name, uint32_t *out);
bool ethertype_named(struct span name, uint32_t *out);
bool verdict_named(struct span name, int32_t *out);
bool tcp_flag_named(struct span name, uint32_t *out); /* one of them */

/* "SHOT", "shot", "TC_ACT_SHOT", "other": as TC_ACT_*, INT32_MIN for other. */
int verdict_parse(const char *name, int32_t *out, struct skbscope_error *error);
const char *direction_name(enum skbscope_direction direction);
const char *hook_name(enum skbscope_hook hook);

#endif
