/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the verifier's log: which instruction it stopped at, why, and what the
 * author of the program should write instead. Pure text; knows the dialects from
 * Linux 5.10 to 7.3.
 */
#ifndef KERNEL_VERIFIER_H
#define KERNEL_VERIFIER_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

struct verifier_reading {
	int32_t instruction;  /* where it stopped; -1: before any instruction */
	char reason[480];     /* the verifier's own words on one line; "" if it said nothing */
	char suggestion[300]; /* what it suggests itself (Linux 7.3 and later), or "" */
	const char *hint;     /* static, or the suggestion; NULL where nothing can be said */
};

/* Instructions from limit on were appended (image/rewrite.h): a complaint there is about
 * the instruction that jumped to them. */
void verifier_read(const char *log, uint32_t limit, const struct skbscope_image_program *program,
		   struct verifier_reading *out);

/* Of a log with statistics: the instructions it walked, and the bytes of stack of all functions
 * together, of which no more is in use at once. 0: it does not tell. */
void verifier_count(const char *log, uint32_t *walked, uint32_t *stack);

/* Adds the refusal of a program to the list, at the user's line. */
void verifier_report(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct verifier_reading *reading, enum skbscope_severity severity,
		     struct skbscope_diagnostics *diagnostics);

#endif
