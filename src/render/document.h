/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command answers that is no reading: named facts, lists of things that have
 * them, and sentences. A command says all of it once; every form takes what is for it. A
 * key names a fact for scripts, a label for people: NULL hides it from them. Nothing
 * fails before the end.
 */
#ifndef RENDER_DOCUMENT_H
#define RENDER_DOCUMENT_H

#include "render/document_csv.h"
#include "render/json_writer.h"
#include "render/listing.h"

struct fact {
	enum {
		FACT_UNKNOWN,
		FACT_TEXT,
		FACT_NUMBER,
		FACT_BOOLEAN,
		FACT_BYTES,
		FACT_NS,
		FACT_TIME, /* nanoseconds of CLOCK_REALTIME */
	} kind;
	const char *text;
	uint64_t number;
};

static inline struct fact fact_text(const char *text) /* NULL: unknown */
{
	return (struct fact){ .kind = text ? FACT_TEXT : FACT_UNKNOWN, .text = text };
}

static inline struct fact fact_number(uint64_t number)
{
	return (struct fact){ .kind = FACT_NUMBER, .number = number };
}

static inline struct fact fact_boolean(bool value)
{
	return (struct fact){ .kind = FACT_BOOLEAN, .number = value };
}

static inline struct fact fact_bytes(uint64_t bytes)
{
	return (struct fact){ .kind = FACT_BYTES, .number = bytes };
}

static inline struct fact fact_ns(uint64_t ns)
{
	return (struct fact){ .kind = FACT_NS, .number = ns };
}

static inline struct fact fact_time(uint64_t wall_ns)
{
	return (struct fact){ .kind = FACT_TIME, .number = wall_ns };
}

static inline struct fact fact_known(bool known, struct fact fact)
{
	return known ? fact : (struct fact){ .kind = FACT_UNKNOWN };
}

struct document {
	FILE *stream;
	bool for_people;
	bool is_csv;
	struct document_csv csv; /* one of the lists, */
	const char *table;       /* of this name; NULL: the only one */
	struct skbscope_error error;
	struct json_writer json; /* for scripts; all that follows is for people */
	uint32_t width;          /* of the terminal; 0: none. Lines are broken at blanks there */
	bool is_list;            /* one is being filled */
	struct listing list;
	const char *title;    /* its */
	struct buffer asides; /* what was said between its rows */
	unsigned int hidden;  /* lists around us that people do not see */
	bool any;             /* something was written */
	bool failed;          /* no memory */
};

/* WIDTH is for people. */
struct document document_start(bool for_people, uint32_t width, FILE *stream);
struct document document_start_pretty(FILE *stream);
struct document document_start_csv(const char *table, FILE *stream);
/* Writes what is left, and frees. 0, -ENOMEM, -EIO with errno, or -EINVAL with document->error:
 * there is no such list, or not one alone. */
int document_end(struct document *document);

/* In a list: its next item, which for people is a line. Elsewhere: facts that belong
 * together. */
void document_begin_object(struct document *document, const char *key);
void document_end_object(struct document *document);

/* A list of objects. People see their facts in columns under the title ("": none), and
 * nothing at all where there are none. */
void document_begin_list(struct document *document, const char *key, const char *title);
void document_end_list(struct document *document);

/* In a list the label heads a column; one that begins with '>' stands on the right. */
void document_fact(struct document *document, const char *key, const char *label, struct fact fact);

/* For people alone: whole lines. In a list they stand between its items. */
__attribute__((format(printf, 2, 3))) void document_say(struct document *document,
							const char *format, ...);

#endif
