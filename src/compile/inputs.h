/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went into an image: the program, the files that the compiler read, and the names
 * that it looked for in vain; what each was, and whether it still is. The cache and the
 * edit loop both ask here whether anything changed.
 */
#ifndef COMPILE_INPUTS_H
#define COMPILE_INPUTS_H

#include <stdbool.h>

#include <skbscope/compile.h>

#include "base/buffer.h"
#include "compile/clang_log.h"
#include "compile/input.h"

struct skbscope_inputs {
	struct input *items; /* once taken: by role, then path */
	size_t count, capacity;
	bool complete; /* the compiler said what it read, at every attempt */
	bool lost;     /* at one it could not */
};

/* With the program, unless it came from no file, or there is none: then source is NULL, here
 * and below. In an arena of its own: arena_of(). */
int inputs_new(const struct skbscope_source *source, struct skbscope_inputs **out);
void inputs_freep(struct skbscope_inputs **inputs);

void inputs_add(struct skbscope_inputs *inputs, enum input_role role, bool users, const char *path);

/* Where an attempt at compiling searched. */
struct inputs_origin {
	const char *const *paths; /* all directories, real names */
	size_t path_count;
	const struct clang_log_directory *directories; /* those with the user's own headers */
	size_t directory_count;
};
/* Of a program that was read and not compiled, as if that had read nothing. -ENOMEM. */
int inputs_new_unread(const struct skbscope_source *source, uint64_t since_ns,
		      struct skbscope_inputs **out);
/* Of another file of the same program, both taken; where they differ the earlier is kept, so
 * that the file is not taken for unchanged. -ENOMEM. */
int inputs_join(struct skbscope_inputs *inputs, const struct skbscope_inputs *more);

/* What a worker listed in its answer; one that is none leaves them incomplete. */
void inputs_add_listed(struct skbscope_inputs *inputs, const struct inputs_origin *origin,
		       const struct buffer *answer);

/* After the last attempt, each once: what they are, and whether they can have changed
 * since the compilation began. What is the same file as in others, taken before (known, may
 * be NULL), is not read again. -ENOMEM. */
int inputs_take(struct skbscope_inputs *inputs, const struct skbscope_source *source,
		uint64_t since_ns, const struct skbscope_inputs *known);

/* Instead of adding and taking: all but the program were taken down another time, and
 * still hold. */
int inputs_recall(struct skbscope_inputs *inputs, const struct skbscope_source *source,
		  uint64_t since_ns, const struct input *items, size_t count);

const struct input *inputs_program(const struct skbscope_inputs *inputs); /* NULL: no file */

/* Whether a later compilation can be told to be the same by them. */
bool inputs_are_certain(const struct skbscope_inputs *inputs);

/* For whoever watches the user's own files: */

struct inputs_state {
	bool same;
	bool unsettled; /* one is gone or was just emptied, often only for a moment */
};
struct inputs_state inputs_look(struct skbscope_inputs *inputs);
/* Takes down what they are now. */
void inputs_renew(struct skbscope_inputs *inputs);
/* Whether the compiler saw all of them as they were taken down; before (may be NULL): what
 * was there when it was started. */
bool inputs_are_known(const struct skbscope_inputs *inputs, const struct skbscope_inputs *before);
/* Whether a file of the program held another text, just after compiling, than was compiled. A file
 * that is saved in place is nothing, then a part, for as long as the writing takes. */
bool inputs_misread(const struct skbscope_inputs *inputs);
/* Of names and contents: what does not differ in it compiles to the same. */
void inputs_digest(const struct skbscope_inputs *inputs, uint8_t digest[CACHE_HASH_BYTES]);

#endif
