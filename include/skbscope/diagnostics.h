/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that point at lines of the user's program: from the compiler, from
 * the kernel's verifier, or from skbscope's own look at the bytecode.
 */
#ifndef SKBSCOPE_DIAGNOSTICS_H
#define SKBSCOPE_DIAGNOSTICS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <skbscope/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum skbscope_severity {
	SKBSCOPE_SEVERITY_NOTE,
	SKBSCOPE_SEVERITY_WARNING,
	SKBSCOPE_SEVERITY_ERROR,
};

struct skbscope_diagnostic {
	enum skbscope_severity severity;
	const char *file;    /* the user's file name; NULL where no place is known */
	uint32_t line;       /* from 1; 0 where unknown */
	uint32_t column;     /* from 1; 0 where unknown */
	const char *message; /* one sentence */
	const char *source;  /* that line's text, without its newline; NULL where unknown */
	const char *hint;    /* what to write instead; NULL where there is nothing to say */
	const char *rule;    /* what kind of finding it is, the same in every release; NULL: none */
};

/* A growing list, owned by whoever made it. */
struct skbscope_diagnostics;

SKBSCOPE_API int skbscope_diagnostics_new(struct skbscope_diagnostics **out);
SKBSCOPE_API void skbscope_diagnostics_free(struct skbscope_diagnostics *diagnostics);
SKBSCOPE_API void skbscope_diagnostics_clear(struct skbscope_diagnostics *diagnostics);

SKBSCOPE_API size_t skbscope_diagnostics_count(const struct skbscope_diagnostics *diagnostics);
/* Borrowed until the list changes; NULL past the end. */
SKBSCOPE_API const struct skbscope_diagnostic *
skbscope_diagnostics_get(const struct skbscope_diagnostics *diagnostics, size_t index);

/* The raw words of whoever complained: clang's stderr, or the whole verifier
 * log. Borrowed; never NULL, may be empty. */
SKBSCOPE_API const char *skbscope_diagnostics_log(const struct skbscope_diagnostics *diagnostics);

/* Copies its arguments. NULL strings and zero numbers mean unknown. */
SKBSCOPE_API int skbscope_diagnostics_add(struct skbscope_diagnostics *diagnostics,
					  const struct skbscope_diagnostic *diagnostic);
SKBSCOPE_API int skbscope_diagnostics_set_log(struct skbscope_diagnostics *diagnostics,
					      const char *log, size_t length);

/* Prints them as compilers do: file:line:column: severity: message, the source
 * line, a caret, the hint. */
SKBSCOPE_API int skbscope_diagnostics_print(const struct skbscope_diagnostics *diagnostics,
					    int colour, FILE *stream);

#ifdef __cplusplus
}
#endif

#endif
