/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of what clang and LLVM print, taken apart: what kind it is, the place it
 * names, the words. Only this file and its source know how these two put things.
 */
#ifndef COMPILE_CLANG_LINE_H
#define COMPILE_CLANG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/diagnostics.h>

#include "base/span.h"

struct place {
	struct span file;
	uint32_t line, column; /* 0: unknown */
};

enum clang_line_kind {
	CLANG_LINE_OTHER,      /* a quotation, a caret, a fix-it */
	CLANG_LINE_INCLUDED,   /* the way to the file of the next FRONT_END */
	CLANG_LINE_FRONT_END,  /* what it says of a place */
	CLANG_LINE_BACK_END,   /* what may have no place */
	CLANG_LINE_LAST_WORDS, /* before abort(): repeats what was said with a place */
};

struct clang_line {
	enum clang_line_kind kind;
	enum skbscope_severity severity;
	struct place place;
	struct span words; /* the message */
	/* Where there is no place: names known to cause this (then NULL), and the function
	 * it is in; empty: not told. */
	const char *const *causes;
	struct span function;
};

/* All of it is borrowed from the line. */
struct clang_line clang_line_parse(struct span line);

/* Whether it is the text of the line that the one before it speaks of. */
bool clang_line_is_quotation(struct span line);
/* That text, without the number that newer ones put before it. */
struct span clang_line_quoted(struct span quotation, uint32_t line);

#endif
