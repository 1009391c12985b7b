/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source: one C file in BCC's dialect, with the documentation comment that is
 * its manual and its wiring. See docs/writing-programs.md for the tags.
 */
#ifndef SKBSCOPE_SOURCE_H
#define SKBSCOPE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skbscope_tail { /* @tail MAP[INDEX] FN */
	const char *map;
	uint32_t index;
	const char *function;
};

struct skbscope_parameter { /* @param NAME=DEFAULT text */
	const char *name;
	const char *value;
	const char *text;
};

struct skbscope_table_tag { /* @sort TABLE COLUMN, @event TABLE struct, @hide, @histogram */
	const char *table;
	const char *argument; /* NULL for @hide; of @histogram "log2" or "linear" */
};

struct skbscope_documentation {
	const char *summary; /* the first line, without a leading "name - "; "" if none */
	const char *text;    /* the comment without decoration and tags; "" if none */
	const char *ingress; /* function, or NULL */
	const char *egress;  /* function, or NULL */
	const char *enforce; /* why this program is meant to be enforced, or NULL */
	const char *group;   /* @group: among which programs "list" shows it, or NULL */
	const struct skbscope_tail *tails;
	size_t tail_count;
	const struct skbscope_parameter *parameters;
	size_t parameter_count;
	const struct skbscope_table_tag *sorts;
	size_t sort_count;
	const struct skbscope_table_tag *hidden;
	size_t hidden_count;
	const struct skbscope_table_tag *events;
	size_t event_count;
	const struct skbscope_table_tag *histograms;
	size_t histogram_count;
	const char *const *with; /* @with FILE, as written: other files of the program */
	size_t with_count;
};

struct skbscope_source {
	const char *path;      /* as the user gave it, or where the name was found */
	const char *directory; /* of that path; relative includes start here */
	const char *name;      /* the file's name without ".c" */
	const char *text;      /* NUL after length bytes */
	size_t length;
	const char *comment; /* the first block comment, verbatim; "" if none */
	struct skbscope_documentation documentation;
	/* Of a text that was made into a program: its lines, and how many were put before it.
	 * They are in text twice, with a line between: what stands first in a program, then the
	 * function's body, each with blanks for the other. 0: text is as it was written. */
	uint32_t typed_lines, lead_lines;
};

/* The largest source that is read, in bytes. */
#define SKBSCOPE_SOURCE_MAX (1u << 20)

/* Reads PROGRAM: a path if it holds a slash or ends in ".c", else the name of a
 * bundled program, looked for in search_path (colon-separated directories).
 * Refuses directories, binary data, empty and oversized files, and tags that
 * cannot be understood. Pure data; free with skbscope_source_free. */
SKBSCOPE_API int skbscope_source_read(const char *program, const char *search_path,
				      struct skbscope_source **out, struct skbscope_error *error);
/* The same from text already in memory; path is used in messages and for
 * relative includes and is copied. */
SKBSCOPE_API int skbscope_source_from_text(const char *path, const char *text, size_t length,
					   struct skbscope_source **out,
					   struct skbscope_error *error);
/* The same from what somebody typed in place of a file. Without any function in it, it is
 * the body of one, f(struct __sk_buff *skb), that ends with TC_ACT_UNSPEC: lines that begin
 * with #, BPF_...(...); and definitions of types go before it, behind the headers that most
 * programs include. */
SKBSCOPE_API int skbscope_source_from_typed(const char *path, const char *text, size_t length,
					    struct skbscope_source **out,
					    struct skbscope_error *error);
SKBSCOPE_API void skbscope_source_free(struct skbscope_source *source);

#ifdef __cplusplus
}
#endif

#endif
