/* SPDX-License-Identifier: Apache-2.0 */
/* One cell of a table, from bytes to a number. */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <skbscope/snapshot.h>

/* A leaf of up to 128 bits as the machine's own number, bit-fields included. */
struct value {
	enum { VALUE_UNSIGNED, VALUE_SIGNED, VALUE_FLOAT, VALUE_BYTES } form;
	unsigned __int128 u;  /* UNSIGNED; SIGNED: sign-extended bits */
	double f;             /* FLOAT */
	const uint8_t *bytes; /* BYTES: arrays; borrowed from the row */
	size_t length;
};

static inline bool type_is_record(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_STRUCT || type->kind == SKBSCOPE_KIND_UNION;
}

static inline bool type_is_number(const struct skbscope_type *type)
{
	return type->kind != SKBSCOPE_KIND_ARRAY && !type_is_record(type);
}

/* Of char[N]: without the NULs at its end if there are none before them, else all. */
size_t value_text_length(const uint8_t *text, size_t length);

/* Of 16 bytes: an IPv4 address is the last 4 of them. */
#define IP_BEFORE_IPV4 96u /* bits */
bool ip_is_ipv4(const uint8_t *address);

/* Of DISPLAY_PREFIX, as it is shown. */
uint32_t value_prefix(const struct skbscope_column *column, const uint8_t *data);

struct value value_read(const struct skbscope_column *column, const uint8_t *data);
/* Of a type that can say so; then there is nothing to be read. */
bool value_is_unknown(const struct skbscope_column *column, const uint8_t *data);
double value_double(const struct value *value); /* NAN for BYTES */
int value_compare(const struct skbscope_column *column, const uint8_t *a, const uint8_t *b);

/* A number that is smaller where value_compare says so, for sorting many; false: it
 * takes more than 64 bits. */
bool value_rank(const struct skbscope_column *column, const uint8_t *data, uint64_t *rank);

#endif
