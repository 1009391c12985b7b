/* SPDX-License-Identifier: Apache-2.0 */
/* Members of keys whose type says another byte order than what the program puts there has. */
#ifndef RUN_KEY_ORDER_H
#define RUN_KEY_ORDER_H

#include <skbscope/snapshot.h>

#include "image/audit.h"

struct key_order {
	const struct skbscope_column *column;
	bool is_host;        /* what it gets */
	const char *instead; /* what to write */
};

/* The first of an AUDIT_KEY's, as far as it is certain; false: there is none. */
bool key_order_find(const struct skbscope_schema *schema, const struct audit_finding *finding,
		    struct key_order *out);

/* Whether a mask of a key's first 64 bytes has all of a column's. */
bool key_order_has_all(uint64_t bytes, const struct skbscope_column *column);

#endif
