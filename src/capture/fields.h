/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers out of bytes in a stated order, each read within its bounds: after the first that
 * is not there, all are 0 and bad is set.
 */
#ifndef CAPTURE_FIELDS_H
#define CAPTURE_FIELDS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fields {
	const uint8_t *next;
	size_t left;
	bool big_endian;
	bool bad;
};

/* NULL if there are not so many. */
static inline const uint8_t *fields_take(struct fields *fields, size_t length)
{
	const uint8_t *taken = fields->next;

	if (fields->bad || length > fields->left) {
		fields->bad = true;
		return NULL;
	}
	fields->next += length;
	fields->left -= length;
	return taken;
}

static inline uint8_t fields_u8(struct fields *fields)
{
	const uint8_t *at = fields_take(fields, 1);

	return at ? *at : 0;
}

static inline uint16_t fields_u16(struct fields *fields)
{
	const uint8_t *at = fields_take(fields, sizeof(uint16_t));
	uint16_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return fields->big_endian ? be16toh(value) : le16toh(value);
}

static inline uint32_t fields_u32(struct fields *fields)
{
	const uint8_t *at = fields_take(fields, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return fields->big_endian ? be32toh(value) : le32toh(value);
}

static inline uint64_t fields_u64(struct fields *fields)
{
	const uint8_t *at = fields_take(fields, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return fields->big_endian ? be64toh(value) : le64toh(value);
}

#endif
