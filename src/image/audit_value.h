/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one register or stack slot may hold: a set of kinds, and what more is known of it.
 * Sets only grow where two are joined.
 */
#ifndef IMAGE_AUDIT_VALUE_H
#define IMAGE_AUDIT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum abstract_kind {
	ABSTRACT_SCALAR = 1 << 0,
	ABSTRACT_CONTEXT = 1 << 1,   /* struct __sk_buff */
	ABSTRACT_PACKET = 1 << 2,    /* data, data_meta and what is reached from there */
	ABSTRACT_STACK = 1 << 3,     /* this frame's; amount is from r10 */
	ABSTRACT_MAP = 1 << 4,       /* a map itself */
	ABSTRACT_MAP_VALUE = 1 << 5, /* inside an entry of one */
	ABSTRACT_OTHER = 1 << 6,     /* a pointer that leads neither to packet nor context */
	ABSTRACT_LOST = 1 << 7,      /* a pointer of unknown origin */
};

#define ABSTRACT_KIND_POINTERS (0xff & ~ABSTRACT_SCALAR)

/* Verdicts a scalar may be in its low half: bit v + 1 for -1 to 8, and this one
 * for all others. */
#define ABSTRACT_OTHER_VERDICT (1u << 15)

#define ABSTRACT_NO_MAP (-1)
#define ABSTRACT_NO_OFFSET INT32_MIN

struct abstract {
	uint8_t kinds;
	bool known;         /* amount is exact */
	uint8_t host_order; /* bytes of a word of the packet that it is for certain; or 0 */
	bool changed;       /* computed from what was loaded at origin, if it has one */
	bool counted;       /* and not by setting or clearing bits alone */
	bool cleared;       /* or not by setting bits alone */
	bool scaled;        /* by more than additions and subtractions */
	bool partly;        /* on another path it is something else */
	bool mixed;         /* something of another origin, or of any, may be in it as well */
	uint8_t wide;       /* bytes of the packet that it is, in either order, 2 or 4; or 0 */
	uint8_t raw;        /* the same, and in the order in which they are there */
	bool instant : 1;   /* what a clock said */
	/* On one way here it was picked because it was that, compared with a value of a map. */
	bool picked_smaller : 1, picked_larger : 1;
	uint16_t verdicts;
	int32_t amount;        /* a scalar's value, a pointer's offset */
	int16_t map;           /* of MAP and MAP_VALUE; ABSTRACT_NO_MAP: one of several */
	int16_t origin_map;    /* the map whose entry it was loaded from; ABSTRACT_NO_MAP: none */
	int32_t origin_offset; /* where in the entry; ABSTRACT_NO_OFFSET: unknown */
	/* 1 + the offset in the context of what it is, or one of those; 0: something else */
	uint16_t field;
	/* The same in two places: they hold the same number, but for how it was extended. By the
	 * instruction that made it; 0: not known. */
	uint16_t born;
};

/* Loaded from a packet, where headers of usual length have ended. */
#define ABSTRACT_FIELD_PAYLOAD UINT16_MAX
/* The type of Ethernet as load_half() and cursors give it, in host order. */
#define ABSTRACT_FIELD_TYPE (UINT16_MAX - 1)
/* Two bytes of a header, where none has the type of what follows. */
#define ABSTRACT_FIELD_NO_TYPE (UINT16_MAX - 2)
/* One byte of a header, by its offset: what Clang makes of the members of a packed struct, to
 * put them together again. And one shifted to its place in front of another. */
#define ABSTRACT_FIELD_BYTE 0x4000
#define ABSTRACT_FIELD_SHIFTED 0x8000

struct abstract abstract_scalar(void);
struct abstract abstract_constant(int64_t constant);
struct abstract abstract_pointer(enum abstract_kind kind, int16_t map);
struct abstract abstract_anything(void);

static inline bool abstract_is_constant(const struct abstract *value)
{
	return value->kinds == ABSTRACT_SCALAR && value->known;
}

static inline bool abstract_has_pointer(const struct abstract *value)
{
	return value->kinds & ABSTRACT_KIND_POINTERS;
}

/* Either of two. */
struct abstract abstract_join(struct abstract a, struct abstract b);
bool abstract_join_into(struct abstract *into, const struct abstract *from); /* whether it grew */
/* Only which entries of maps it may come from. */
void abstract_join_origins(struct abstract *a, const struct abstract *b);

#endif
