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

const char *ip_protocol_name(uint32_t protocol); /* NULL: none that is common */
const char *ethertype_name(uint32_t ethertype);  /* NULL: none that is common */

/* "SYN|ACK"; "0" for none; a number for bits above the nine of TCP. */
void tcp_flags_format(uint32_t flags, struct buffer *out);

const char *verdict_name(int32_t verdict); /* "SHOT", …; "other" for INT32_MIN */
const char *direction_name(enum skbscope_direction direction);
const char *hook_name(enum skbscope_hook hook);

#endif
