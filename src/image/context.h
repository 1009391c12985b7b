/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of program a function is, by the parameter it takes. */
#ifndef IMAGE_CONTEXT_H
#define IMAGE_CONTEXT_H

#include <skbscope/image.h>

/* Fills each program's context and is_void from the image's types, which were checked. */
int contexts_fill(struct skbscope_image *image);

/* Why a function is no tc program, in words that follow its name ("is an XDP program"), and
 * what to write instead; false for one that is, or may be. Borrowed or static. */
struct foreign {
	const char *is, *instead;
};
bool context_is_foreign(const struct skbscope_image_program *program, struct foreign *out);

#endif
