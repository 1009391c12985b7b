/* SPDX-License-Identifier: Apache-2.0 */
/* What a header is: fields at their bits, and what follows them. One table for building and for
 * describing. */
#ifndef PACKET_HEADERS_H
#define PACKET_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/rest.h"

enum field_kind {
	FIELD_NUMBER,
	FIELD_HEX,
	FIELD_ETHERTYPE,
	FIELD_PROTOCOL,
	FIELD_TCP_FLAGS,
	FIELD_IP_FLAGS,
	FIELD_MAC,
	FIELD_IP4,
	FIELD_IP6,
};

/* Worked out where it is not said. */
enum automatic {
	AUTOMATIC_NOT,
	AUTOMATIC_NEXT,       /* what tells the header behind it */
	AUTOMATIC_LENGTH,     /* bytes from this header to the end */
	AUTOMATIC_PAYLOAD,    /* bytes from behind this header to the end */
	AUTOMATIC_WORDS,      /* of this header, 4 bytes each */
	AUTOMATIC_BLOCKS,     /* of this header, 8 bytes each, without the first */
	AUTOMATIC_RECORDS,    /* of this header, behind its fields: 0 or 1 */
	AUTOMATIC_SUM_HEADER, /* checksum of this header */
	AUTOMATIC_SUM,        /* ... to the end */
	AUTOMATIC_SUM_PSEUDO, /* ... with the addresses of the header below */
	AUTOMATIC_SUM_UDP,    /* the same; 0 would mean that there is none */
};

struct field_word {
	const char *word;
	uint32_t number;
};

struct packet_field {
	const char *name; /* NULL: behind the last */
	enum field_kind kind;
	uint16_t bit, bits;
	uint64_t initial; /* of an IPv6 address: its last bytes */
	enum automatic automatic;
	bool shown;                     /* described whatever its value */
	const struct field_word *words; /* for some values; NULL: none */
	/* Of several fields in the same bits, which is described; NULL: always. */
	bool (*when)(const uint8_t *header);
};

#define PACKET_FIELDS_MAX 32 /* a bit each in packet_layer.said */

/* A number in the field that is automatically AUTOMATIC_NEXT, and the header it tells; of several
 * for one header, the first is written. */
struct packet_chain {
	uint32_t number;
	const char *header; /* NULL: behind the last */
};

struct packet_header {
	const char *name;
	const char *below; /* which one is put below it where none is said; NULL: nothing */
	uint16_t size;     /* of its fields */
	uint8_t protocol;  /* of IP; for checksums */
	const struct packet_field *fields;
	const struct packet_chain *chain; /* NULL: nothing is known to follow */
	const struct packet_rest *rest;   /* what is behind the fields; NULL: nothing */
	/* Whether bytes are such a header at all; NULL: always. */
	bool (*is)(const uint8_t *header);
	/* Whether what follows is a header as the chain tells, and no part of one; NULL: always. */
	bool (*leads_on)(const uint8_t *header);
};

#define HEADER_HAS_PAD "eth" /* its pad= is about the frame, not a field in it */

extern const struct packet_header packet_headers[];
extern const size_t packet_header_count;

const struct packet_header *packet_header_named(const char *name, size_t length); /* or NULL */
const struct packet_field *packet_next_field(const struct packet_header *header); /* or NULL */
/* The header behind it as its bytes tell; NULL: none that is known. */
const struct packet_header *packet_header_next(const struct packet_header *header,
					       const uint8_t *bytes);

#endif
