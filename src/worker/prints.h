/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_trace_printk() without the kernel's trace: a text in front of the user's makes records
 * of it in a ring of the program's own.
 */
#ifndef WORKER_PRINTS_H
#define WORKER_PRINTS_H

#include "base/buffer.h"
#include "base/print_record.h"
#include "compile/protocol.h"

enum prints {
	PRINTS_NONE,   /* the text has no such word */
	PRINTS_CALLS,  /* it is a function's name in the first pass, which libbcc rewrites */
	PRINTS_MACROS, /* it is a macro's: it is used in macros or in headers */
};

/* As far as the text shows. */
enum prints prints_of(const struct worker_request *request);
/* Whether a header of the user's own that was opened has the word. */
bool prints_in_headers(const struct worker_request *request);

/* What comes before the user's text, "" for PRINTS_NONE. */
void prints_put(enum prints prints, struct buffer *out);

/* Where an image's instructions hold the place of a print: lines come from the rewritten
 * text. map: NULL, they are right already. */
struct line_map;
void prints_place(struct skbscope_image *image, const struct worker_request *request,
		  const struct line_map *map);

/* Parts of the text. */
extern const char prints_begin[], prints_of_calls[], prints_of_macros[], prints_end[];

#endif
