/* SPDX-License-Identifier: Apache-2.0 */
/* What capture.c shares with the readers of the two formats, and nobody else sees. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <stddef.h>

#include "capture/capture.h"
#include "capture/stream.h"

/* How the ticks of an interface become nanoseconds: × multiply / divide, or / 2^shift. */
struct capture_clock {
	uint64_t multiply, divide;
	uint8_t shift; /* if not 0 */
	int64_t offset_s;
};

/* Of an interface, or of a pcap file. */
struct capture_source {
	struct capture_interface shown;
	struct capture_clock clock;
	char *name; /* owned */
};

#define CAPTURE_INTERFACES_MAX 65536u

struct capture {
	struct stream stream;
	struct capture_facts facts;
	struct skbscope_error failure; /* of a call before, and of every one after it */
	bool packing_known;
	/* 1, 0, or negative, as capture_next(). NULL until the format is known. */
	int (*next)(struct capture *capture, struct capture_packet *packet,
		    struct skbscope_error *error);

	struct capture_source *sources;
	size_t source_count, source_capacity;
	bool big_endian; /* this file, or this section */

	/* pcap */
	size_t header_size; /* of a packet */
	bool lengths_swapped;
	bool lengths_maybe_swapped;

	/* pcapng */
	size_t first_source; /* of this section */
	uint64_t skip;       /* bytes of a block that says nothing to us */
	uint32_t skipped;    /* and what its length was */
};

/* Appends one with the clock of microseconds. */
int capture_add_source(struct capture *capture, struct capture_source **out,
		       struct skbscope_error *error);
/* False: it does not fit, and *ns is as near as can be. */
bool capture_time(const struct capture_clock *clock, uint64_t ticks, uint64_t *ns);
/* What a packet of this link type may have, in a file cut at so many bytes. */
uint32_t capture_packet_limit(uint16_t link, uint32_t snapshot);

/* "NAME is damaged at byte N, after P packets: …"; -EBADMSG. */
__attribute__((format(printf, 3, 4))) int capture_damaged(const struct capture *capture,
							  struct skbscope_error *error,
							  const char *format, ...);
/* It ends before so many bytes; what is "a packet". -ENODATA. */
int capture_cut(const struct capture *capture, const char *what, uint64_t needed,
		struct skbscope_error *error);

/* Each looks at the beginning (of which 24 bytes, or all there are, are in the window): 1 and
 * capture->next set, 0 if it is none of its own, or an error. */
int pcap_begin(struct capture *capture, struct skbscope_error *error);
int pcapng_begin(struct capture *capture, struct skbscope_error *error);
/* What else the bytes may be: the error for it. */
int foreign_refuse(const struct capture *capture, struct skbscope_error *error);

#endif
