/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at the user's text as tokens, for the few things libbcc forgets to say:
 * where a function or table stands, and which tables are histograms.
 */
#ifndef WORKER_SCAN_H
#define WORKER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* The line of the function's definition; 0 if the text does not show it (it
 * came out of a macro). */
uint32_t scan_function_line(const char *text, size_t length, const char *name);

/* The first line that names it outside comments and strings; UINT32_MAX if none. */
uint32_t scan_first_line(const char *text, size_t length, const char *name);

/* How many lines of the preprocessor name it; the names of those that define a macro, as many
 * as there is room for, are put into an array (empty spans for the others). */
size_t scan_directives(const char *text, size_t length, const char *name, struct span *macros,
		       size_t room);

/* Where a call begins that reaches over a line, or ends there; 0 if there is none. */
uint32_t scan_call_line(const char *text, size_t length, struct span name, uint32_t line);

/* The first line with name.method( on it; 0 if there is none. */
uint32_t scan_method_line(const char *text, size_t length, const char *name, const char *method);

/* BPF_HISTOGRAM(name… or BPF_TABLE("histogram", key, leaf, name… */
bool scan_is_histogram(const char *text, size_t length, const char *name);

/* Whether its buckets are logarithms, as far as the text shows: what is handed to its methods
 * is, or comes from, something with log2 in its name. */
bool scan_is_log2(const char *text, size_t length, const char *name);

#endif
