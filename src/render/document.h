/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command answers that is no reading: named facts, lists of things that have
 * them, and sentences. A command says all of it once; every form takes what is for it. A
 * key names a fact for scripts, a label for people: NULL hides it from them. Nothing
 * fails before the end.
 */
#ifndef RENDER_DOCUMENT_H
#define RENDER_DOCUMENT_H

#include "render/json_writer.h"
#include "render/layout.h"

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
	const struct document_form *form;
	FILE *stream;
	struct json_writer json; /* of document_json; the rest is of document_text */
	struct layout *list;     /* the one that is being filled */
	const char *title;       /* its */
	size_t rows;             /* that it has */
	bool headed;             /* some column has a heading */
	struct buffer asides;    /* what was said between its rows */
	unsigned int hidden;     /* lists around us that people do not see */
	bool any;                /* something was written */
	bool failed;             /* no memory */
};

/* One for each kind of format; see registry.h. */
struct document_form {
	void (*begin_object)(struct document *document, const char *key);
	void (*end_object)(struct document *document);
	void (*begin_list)(struct document *document, const char *key, const char *title);
	void (*end_list)(struct document *document);
	void (*fact)(struct document *document, const char *key, const char *label,
		     struct fact fact);
	void (*say)(struct document *document, const char *text, size_t length);
	int (*end)(struct document *document);
};
extern const struct document_form document_text, document_json;

static inline struct document document_start(const struct document_form *form, FILE *stream)
{
	return (struct document){ .form = form, .stream = stream, .json.stream = stream };
}

/* In a list: its next item, which for people is a line. Elsewhere: facts that belong
 * together. */
static inline void document_begin_object(struct document *document, const char *key)
{
	document->form->begin_object(document, key);
}

static inline void document_end_object(struct document *document)
{
	document->form->end_object(document);
}

/* A list of objects. People see their facts in columns under the title ("": none), and
 * nothing at all where there are none. */
static inline void document_begin_list(struct document *document, const char *key,
				       const char *title)
{
	document->form->begin_list(document, key, title);
}

static inline void document_end_list(struct document *document)
{
	document->form->end_list(document);
}

/* In a list the label heads a column; one that begins with '>' stands on the right. */
static inline void document_fact(struct document *document, const char *key, const char *label,
				 struct fact fact)
{
	document->form->fact(document, key, label, fact);
}

/* For people alone: whole lines. In a list they stand between its items. */
__attribute__((format(printf, 2, 3))) void document_say(struct document *document,
							const char *format, ...);

/* Writes what is left, and frees. 0, -ENOMEM, or -EIO with errno. */
int document_end(struct document *document);

#endif
