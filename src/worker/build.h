/* SPDX-License-Identifier: Apache-2.0 */
/* From a module that libbcc compiled, and what was recorded of it, to an image. */
#ifndef WORKER_BUILD_H
#define WORKER_BUILD_H

#include "compile/protocol.h"
#include "image/image.h"

/* log holds what libbcc printed, the rewritten text among it. Complaints go to
 * stderr, which is the log. -ENOENT: the module has no function; -ECANCELED: what it does
 * has no meaning, and the log says where. */
int build_image(void *module, const struct worker_request *request, const char *log,
		size_t log_length, struct skbscope_image **out);

#endif
