/* SPDX-License-Identifier: Apache-2.0 */
/* What will surprise about a program that compiles: warnings with lines and advice. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>
#include <skbscope/session.h>

/* With what the kernel knows of the functions that are loaded in SESSION, which may be NULL.
 * *out is the caller's to free. */
int findings_collect(const struct skbscope_image *image, const struct skbscope_session *session,
		     struct skbscope_diagnostics **out, struct skbscope_error *error);

#endif
