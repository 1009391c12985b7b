/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers at any bit of a row, in the machine's own byte order. */
#ifndef MODEL_BITS_H
#define MODEL_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 bits_t;

static inline int bits_are_bytes(uint32_t offset, uint32_t size)
{
	return offset % 8 == 0 &&
	       (size == 8 || size == 16 || size == 32 || size == 64 || size == 128);
}

static inline bits_t bits_mask(bits_t value, uint32_t size)
{
	return size < 128 ? value & (((bits_t)1 << size) - 1) : value;
}

/* A million rows are compared some twenty times each: sizes that the compiler knows
 * make a load of what would be a call. */
static inline bits_t bits_load(const uint8_t *data, uint32_t size)
{
	uint16_t two = 0;
	uint32_t four = 0;
	uint64_t eight = 0;
	bits_t all = 0;

	switch (size) {
	case 8:
		return *data;
	case 16:
		memcpy(&two, data, sizeof(two));
		return two;
	case 32:
		memcpy(&four, data, sizeof(four));
		return four;
	case 64:
		memcpy(&eight, data, sizeof(eight));
		return eight;
	default:
		memcpy(&all, data, sizeof(all));
		return all;
	}
}

/* Whole integers are loaded; bit-fields (64 bits at most) go byte by byte. */
static inline bits_t bits_read(const uint8_t *data, uint32_t offset, uint32_t size)
{
	uint32_t first = offset / 8, last = (offset + size + 7) / 8;
	bits_t value = 0;

	if (bits_are_bytes(offset, size))
		return bits_load(data + first, size);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (uint32_t i = last; i > first; i--)
		value = value << 8 | data[i - 1];
	value >>= offset % 8;
#else
	for (uint32_t i = first; i < last; i++)
		value = value << 8 | data[i];
	value >>= (last - first) * 8 - offset % 8 - size;
#endif
	return bits_mask(value, size);
}

static inline void bits_write(uint8_t *data, uint32_t offset, uint32_t size, bits_t value)
{
	if (bits_are_bytes(offset, size)) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		memcpy(data + offset / 8, &value, size / 8);
#else
		memcpy(data + offset / 8, (uint8_t *)&value + sizeof(value) - size / 8, size / 8);
#endif
		return;
	}
	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = offset + i;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		uint8_t mask = (uint8_t)(1u << at % 8);
		uint32_t bit = i;
#else
		uint8_t mask = (uint8_t)(0x80u >> at % 8);
		uint32_t bit = size - 1 - i;
#endif
		if (value >> bit & 1)
			data[at / 8] |= mask;
		else
			data[at / 8] &= (uint8_t)~mask;
	}
}

union float_bits {
	float number;
	uint32_t bits;
};

union double_bits {
	double number;
	uint64_t bits;
};

/* Of 32 bits, a float; of 64, a double. */
static inline double bits_to_double(bits_t bits, uint32_t size)
{
	if (size == 32)
		return (double)(union float_bits){ .bits = (uint32_t)bits }.number;
	return (union double_bits){ .bits = (uint64_t)bits }.number;
}

static inline bits_t bits_of_double(double number, uint32_t size)
{
	if (size == 32)
		return (union float_bits){ .number = (float)number }.bits;
	return (union double_bits){ .number = number }.bits;
}

static inline bool bytes_are_zero(const uint8_t *bytes, size_t length)
{
	return !length || (!bytes[0] && memcmp(bytes, bytes + 1, length - 1) == 0);
}

#endif
