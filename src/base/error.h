/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that makes error codes: fail() takes the code before it
 * formats, so errno cannot be lost, and fixes its sign, so a positive errno
 * cannot slip past a "< 0".
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <skbscope/error.h>
#include <stdbool.h>
#include <stddef.h>

/* Fills *error (which may be NULL), clears its hint, and returns the negative
 * code; a code of 0 becomes -EINVAL. The message is one sentence without a full
 * stop; the caller who prints it adds strerror where that says more. */
__attribute__((format(printf, 4, 5))) int fail(struct skbscope_error *error, int code,
					       enum skbscope_stage stage, const char *format, ...);

/* The same with ": strerror(code)" at the end, and a hint where the code alone says what
 * would help: too many open files. */
__attribute__((format(printf, 4, 5))) int fail_errno(struct skbscope_error *error, int code,
						     enum skbscope_stage stage, const char *format,
						     ...);

/* Adds what to do about the failure just reported; returns code, so that
 * "return hint(error, fail(…), …)" reads as one statement. */
__attribute__((format(printf, 3, 4))) int hint(struct skbscope_error *error, int code,
					       const char *format, ...);

/* Makes "did you mean '…'?" the hint, in place of any other, and returns true, where one
 * of the candidates is near to what was written. */
bool hint_nearest(struct skbscope_error *error, const char *written, const char *const *candidates,
		  size_t count);

/* -ENOMEM with the sentence everybody uses. */
int fail_memory(struct skbscope_error *error, enum skbscope_stage stage);

#endif
