/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line records that speak of the user's file: its name, its line numbers and its
 * text, so that the kernel's verifier quotes what the user wrote.
 */
#ifndef WORKER_LINES_H
#define WORKER_LINES_H

#include <bpf/btf.h>

#include "compile/line_map.h"
#include "compile/protocol.h"

struct line_writer {
	struct btf *btf; /* strings are added to it */
	const struct worker_request *request;
	const struct line_map *map; /* NULL: the compiler's numbers are right already */
	const size_t *line_starts;  /* offsets into the request's text; one more than lines */
	size_t line_count;
};

/* The offsets of a text's lines, and its length, in a new array. */
size_t *lines_index(const char *text, size_t length, size_t *line_count);

/* Rewrites records in place and returns how many are left: consecutive ones for
 * the same place are merged. function_line stands for what has no place of its
 * own; 0 is replaced by the first line there is. Negative on error. */
int lines_rewrite(const struct line_writer *writer, struct bpf_line_info *lines, uint32_t count,
		  uint32_t function_line);

/* Files the user wrote and that libbcc did not rewrite: what came through the descriptors of
 * the program's and the -I directories, or by a path of its own. */
bool lines_users_header(const struct worker_request *request, const char *file);

#endif
