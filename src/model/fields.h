/* SPDX-License-Identifier: Apache-2.0 */
/* A struct of our own as a type: for tables and events that no BPF program has. */
#ifndef MODEL_FIELDS_H
#define MODEL_FIELDS_H

#include <stddef.h>

#include <skbscope/snapshot.h>

#include "base/arena.h"

/* Of those that can be unknown, a text without a letter and a number of all ones stand for it. */
enum field_form {
	FIELD_TEXT,   /* char[N], NULs behind the text; can be unknown */
	FIELD_NUMBER, /* of 1 to 8 bytes, that stands for itself; can be unknown */
	FIELD_NS,     /* uint64_t; can be unknown */
	FIELD_BYTES,  /* uint64_t; can be unknown */
	FIELD_TRUTH,  /* uint8_t: 0 or 1; can be unknown */
	FIELD_REAL,   /* double; can be unknown */
	FIELD_COUNT,  /* uint64_t, an amount */
	FIELD_BYTE_COUNT,
	FIELD_NS_COUNT,
	FIELD_WHEN,    /* uint64_t of CLOCK_MONOTONIC; 0: never */
	FIELD_NS_LOG2, /* uint64_t[N]: a histogram of durations */
};

struct field {
	const char *name;
	enum field_form form;
	uint32_t offset, size; /* bytes */
};
#define FIELD(form, type, member)                                                                  \
	{                                                                                          \
#member, FIELD_##form, offsetof(type, member), sizeof(((type *)0)->member)         \
	}

/* In the arena, as are the names. NULL: no memory. */
const struct skbscope_type *fields_type(struct arena *arena, const struct field *fields,
					size_t count, size_t size);

#endif
