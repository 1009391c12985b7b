/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to a source and an image: what run, check and show share. */
#ifndef RUN_PROGRAM_H
#define RUN_PROGRAM_H

#include <skbscope/compile.h>

#include "base/buffer.h"
#include "run/settings.h"

struct program {
	struct skbscope_source *source;
	struct skbscope_source **with; /* its other files */
	size_t with_count;
	char *unread; /* the one of them that could not be read; else NULL */
	struct skbscope_image *image;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_compile_times times;
	struct skbscope_inputs *inputs; /* what went into it; NULL: nothing is known */
	bool is_image; /* it was compiled elsewhere: there is no source but its comment */
};

struct compile_with {
	struct skbscope_compiler *compiler; /* NULL: none waits */
	int cancel_fd;                      /* -1: nothing cancels */
};

/* What --headers takes besides a directory; by enum skbscope_headers, NULL last. */
extern const char *const program_header_names[];

/* Its value, or NULL. */
int program_choose_headers(const char *headers, struct skbscope_compile_options *options,
			   struct skbscope_error *error);

/* Colon-separated: --program-path, SKBSCOPE_PROGRAM_PATH, the bundled programs. */
void program_search_path(const struct compile_settings *settings, struct buffer *out);

/* name: "-" is stdin, which is read once; NULL: the program is in the settings. With the
 * other files that the settings or tags name, and those that these name. */
int program_read(const struct compile_settings *settings, const char *name, struct program *program,
		 struct skbscope_error *error);
/* After program_read. with: NULL for none of it. */
int program_compile(const struct compile_settings *settings, const struct compile_with *with,
		    struct program *program, struct skbscope_error *error);
void program_clear(struct program *program); /* also for AUTO() */

/* "the small tree", "the small tree with kernel types from BTF", … */
void program_headers_text(const struct skbscope_image *image, struct buffer *out);

/* "start 20 ms, compile 55 ms, total 75 ms" */
void program_times_text(const struct skbscope_compile_times *times, struct buffer *out);
/* "\ncache: not used, its file system is full"; nothing where the cache did its work. */
void program_trouble_text(const struct skbscope_compile_times *times, struct buffer *out);
/* The same on stderr, where -v asks for it. */
void program_say_trouble(const struct talk_settings *talk, const struct program *program);

#endif
