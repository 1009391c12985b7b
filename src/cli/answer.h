/* SPDX-License-Identifier: Apache-2.0 */
/* What a command answers on stdout, in the format that was asked for. */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <skbscope/image.h>
#include <skbscope/session.h>

#include "render/document.h"
#include "run/settings.h"

struct document answer_start(const struct output_settings *output);
int answer_end(struct document *document); /* gives an exit status */

/* An image's tables: type, columns with the types they were written with, room; of a session,
 * which may be NULL, the kernel memory that they hold. */
void answer_tables(struct document *document, const struct skbscope_image *image,
		   const struct skbscope_session *session);

#endif
