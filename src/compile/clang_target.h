/* SPDX-License-Identifier: Apache-2.0 */
/* Where the user should look, for a place that clang names. */
#ifndef COMPILE_CLANG_TARGET_H
#define COMPILE_CLANG_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "compile/clang_line.h"
#include "compile/clang_log.h"
#include "compile/line_map.h"

struct clang_log_texts {
	const struct clang_log *context;
	struct line_map *map; /* from the rewritten text to the user's; or NULL */
	bool rewritten;       /* lines of the user's file are lines of the rewritten text */
};

struct clang_target {
	char *file, *source; /* of the line; NULL where not known */
	uint32_t line, column;
	bool users;
};

void clang_target_clear(struct clang_target *target);
/* QUOTATION: what clang printed behind the diagnostic. -ENOMEM. */
int clang_target_of(const struct clang_log_texts *texts, const struct place *place,
		    struct span quotation, struct clang_target *out);
bool clang_is_source(struct span file); /* the program itself */
/* With the names of files as the user has them; to be freed; NULL: no memory. */
char *clang_real_text(const struct clang_log_texts *texts, struct span span);
/* Where no place is named: a word that is known to cause this, or else the function. */
struct place clang_nearest_place(const struct clang_log_texts *texts,
				 const struct clang_line *line);

#endif
