/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of tests as it was written: cases, what each of them feeds to which program, and
 * what it expects. docs/testing-programs.md has the form. Nothing here knows a kernel: columns and
 * values are text until there is a schema.
 */
#ifndef EXPECT_TESTS_H
#define EXPECT_TESTS_H

#include <skbscope/diagnostics.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum relation {
	RELATION_EQUAL,
	RELATION_UNEQUAL,
	RELATION_LESS,
	RELATION_MORE,
	RELATION_AT_MOST,
	RELATION_AT_LEAST,
};
extern const char *const relation_signs[]; /* by relation: "=", "!=", … */

/* Lists grow while they are read; room is the reader's. */
struct test_words {
	const char **items;
	size_t count, room;
};

struct test_packet {
	uint32_t line;
	const uint8_t *bytes; /* an Ethernet frame */
	uint32_t size;
	uint32_t length; /* on the wire; at least size */
	uint64_t after_ns, times;
	uint32_t mark;
	bool has_tag; /* beside the frame, as a card that takes it off leaves it */
	uint16_t tag;
	enum test_direction { TEST_EITHER, TEST_IN, TEST_OUT } direction;
};

/* A capture file, or a packet. */
struct test_feed {
	uint32_t line;
	const char *capture; /* NULL: it is the packet */
	struct test_packet packet;
};

struct expected_cell {
	const char *column;
	enum relation relation;
	const char *text;
	uint32_t at; /* its column in the line, from 1 */
};

/* A row of a table, or an event. */
struct expected_row {
	uint32_t line;
	struct span place; /* its cells, in the text of the file */
	struct expected_cell *cells;
	size_t count, room;
};

struct expected_count {
	bool given;
	enum relation relation;
	uint64_t number;
};

struct expected_verdict {
	int32_t verdict; /* as in struct skbscope_verdict_count */
	enum relation relation;
	uint64_t packets;
};

struct expectation {
	enum {
		EXPECT_PACKETS,       /* count: that the program saw */
		EXPECT_VERDICTS,      /* verdicts, and none but those */
		EXPECT_VERDICT_LIST,  /* verdicts: packet by packet */
		EXPECT_TABLE,         /* count or rows */
		EXPECT_EVENTS,        /* count or rows, in order */
		EXPECT_PRINTS,        /* count or texts, in order */
		EXPECT_LOSSES,        /* count, or some */
		EXPECT_COMPILE_ERROR, /* at error_line, and with text in it */
		EXPECT_REFUSED,       /* the same of the verifier */
		EXPECT_EXACT,         /* no CPU loses what another counts */
	} kind;
	uint32_t line;
	const char *table;
	bool among; /* there may be other rows, events or prints */
	struct expected_count count;
	struct expected_row *rows;
	size_t row_count, row_room;
	struct expected_verdict *verdicts;
	size_t verdict_count, verdict_room;
	struct test_words texts;
	struct span *text_places; /* as they are written, in the text of the file */
	size_t text_place_count, text_place_room;
	struct span head;    /* of its line, what is before rows and texts */
	struct span place;   /* of its line, the number or the verdicts */
	uint32_t error_line; /* 0: wherever */
	const char *error_text;
};

/* What is told of a case that fails, where its condition holds. */
struct test_hint {
	const char *text;
	const struct expectation *where; /* NULL: it always does */
};

struct test_case {
	const char *name;
	uint32_t line;
	/* As the options of "skbscope run" with these names; NULL: not given. */
	const char *program, *ingress, *egress, *direction, *filter;
	uint32_t program_line, filter_line;
	struct test_words with, defines, local;
	struct test_words sets; /* "TABLE[KEY]=VALUE", in their order */
	uint32_t *set_lines;    /* of each of them */
	size_t set_line_count, set_line_room;
	struct test_feed *feeds;
	size_t feed_count, feed_room;
	struct expectation *expectations;
	size_t expectation_count, expectation_room;
	struct test_hint *hints;
	size_t hint_count, hint_room;
};

struct test_file {
	const char *path;
	struct test_case *cases;
	size_t case_count, case_room;
};

#define TEST_FILE_MAX (8u << 20) /* bytes */

/* Places point into the text, and are of no use after it. All mistakes are among the diagnostics,
 * and then it fails with SKBSCOPE_STAGE_USAGE. */
int test_file_parse(const char *path, const char *text, size_t length,
		    struct skbscope_diagnostics *diagnostics, struct test_file **out,
		    struct skbscope_error *error);
void test_file_free(struct test_file *file); /* accepts NULL */
void test_file_freep(struct test_file **file);

/* Whether it is about a program that does not get as far as running. */
static inline bool expectation_is_error(const struct expectation *expectation)
{
	return expectation->kind == EXPECT_COMPILE_ERROR || expectation->kind == EXPECT_REFUSED;
}

#endif
