/* SPDX-License-Identifier: Apache-2.0 */
/* A warning about a place in a program. */
#ifndef CLI_WARNING_H
#define CLI_WARNING_H

#include <skbscope/diagnostics.h>
#include <stdarg.h>

#include "image/image.h"

/* RULE is one of rules.h; PLACE and HINT may be NULL. 0 or -ENOMEM. */
int warning_add(struct skbscope_diagnostics *out, const struct image_place *place, const char *rule,
		const char *hint, const char *format, va_list arguments);

#endif
