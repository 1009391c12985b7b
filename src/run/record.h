/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live packets become a file of tests: what a program saw, and what came of it. The parts, a
 * file each: the packets (record_live.c), the file's text (record_text.c), whether a replay comes
 * to the same (record_compare.c), and what is done with all that (record.c).
 */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "base/arena.h"
#include "expect/outcome.h"
#include "run/program.h"
#include "run/targets.h"

struct record_settings {
	const char *file, *program;
	const struct compile_settings *compiling;
	const struct traffic_settings *traffic;
	const struct table_settings *tables;
	const struct talk_settings *talk;
	uint64_t count, duration_ns; /* 0: neither was said */
};

/* Gives an exit status; EXIT_DIFFERENT: a replay came to something else, and there is no
 * file. */
int record(const struct record_settings *settings);

struct recorded_packet {
	uint64_t time_ns;
	enum skbscope_direction direction;
	uint32_t size, mark, segments, cpu;
	bool has_tag;
	uint16_t tag, tag_protocol;
	const uint8_t *bytes;
};

/* All that the program saw, in the order of their times. */
struct recorded {
	struct arena *arena;
	struct recorded_packet *packets;
	size_t count, room, bytes;
	uint64_t missed;   /* that were neither recorded nor shown to the program */
	const char *ended; /* why, in words; NULL: as it was asked for */
	struct skbscope_snapshot *snapshot; /* of the program's tables when it had ended */
};
void recorded_clear(struct recorded *recorded); /* for AUTO() too */

/* functions: the program's, by direction; NULL: it has none for that. */
int record_live(const struct record_settings *settings, const struct targets *targets,
		const char *const functions[2], struct recorded *out, struct skbscope_error *error);

/* All but what is expected. */
void record_text_packets(const struct record_settings *settings, const struct targets *targets,
			 const struct recorded *recorded, struct buffer *out);
void record_text_expected(const struct outcome *outcome, struct buffer *out);

/* Appends lines about what came otherwise, each table with rows; none: it is all the same. */
int record_compare(const struct skbscope_image *image, const struct skbscope_snapshot *live,
		   const struct skbscope_snapshot *replayed, struct buffer *out,
		   struct skbscope_error *error);
/* What these packets had that a file of tests has no word for. */
void record_reasons(const struct recorded *recorded, struct buffer *out);

/* A tag with more than a number, or of another kind: a file of tests has no word for that. */
bool record_tag_is_unsaid(const struct recorded_packet *packet);

/* Whether it is the recorder's own, or nobody sees it. */
bool record_leaves_out(const struct skbscope_schema *schema);

#endif
