/* SPDX-License-Identifier: Apache-2.0 */
/* What will surprise about a program that compiles: warnings with lines and advice. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

/* *out is the caller's to free. */
int findings_collect(const struct skbscope_image *image, struct skbscope_diagnostics **out,
		     struct skbscope_error *error);

#endif
