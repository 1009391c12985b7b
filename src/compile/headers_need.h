/* SPDX-License-Identifier: Apache-2.0 */
/* Telling from a failed compilation whether other headers would help. */
#ifndef COMPILE_HEADERS_NEED_H
#define COMPILE_HEADERS_NEED_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>

/* What may make a program compile that the small tree refused. */
enum headers_need {
	HEADERS_NEED_NOTHING,      /* the program itself is at fault */
	HEADERS_NEED_KERNEL_TYPES, /* it may be a kernel struct that BTF has, or a rarer uapi name
				    */
	HEADERS_NEED_KERNEL,       /* a header that only the kernel's own tree has */
};
enum headers_need headers_need(const struct skbscope_diagnostics *diagnostics);

/* The error that the kernel's own tree should be tried for, once kernel types are no help or
 * cannot be; borrowed. NULL: there is none. */
const struct skbscope_diagnostic *
headers_need_kernel(const struct skbscope_diagnostics *diagnostics);

/* Whether an error is about what may be an inline function or a member's macro of a kernel
 * header, of which BTF knows nothing, and clang knows no similar name. */
bool headers_may_help(const struct skbscope_diagnostics *diagnostics);

#endif
