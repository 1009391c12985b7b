/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warning.h"

#include <errno.h>

#include "base/buffer.h"
#include "base/cleanup.h"

int warning_add(struct skbscope_diagnostics *out, const struct image_place *place, const char *rule,
		const char *hint, const char *format, va_list arguments)
{
	AUTO(buffer_free) struct buffer message = { 0 };
	struct skbscope_diagnostic diagnostic = {
		.severity = SKBSCOPE_SEVERITY_WARNING,
		.file = place ? place->file : NULL,
		.line = place ? place->line : 0,
		.column = place ? place->column : 0,
		.source = place ? place->source : NULL,
		.hint = hint,
		.rule = rule,
	};

	buffer_vprintf(&message, format, arguments);
	if (message.failed)
		return -ENOMEM;
	diagnostic.message = buffer_text(&message);
	return skbscope_diagnostics_add(out, &diagnostic);
}
