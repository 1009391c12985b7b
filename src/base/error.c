/* SPDX-License-Identifier: Apache-2.0 */
/* Making errors: one code, one sentence, one hint. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int fill(struct skbscope_error *error, int code, enum skbscope_stage stage,
		const char *format, va_list arguments)
{
	if (code > 0)
		code = -code;
	if (code == 0)
		code = -EINVAL;
	if (error) {
		error->code = code;
		error->stage = stage;
		error->hint[0] = '\0';
		vsnprintf(error->message, sizeof(error->message), format, arguments);
	}
	return code;
}

int fail(struct skbscope_error *error, int code, enum skbscope_stage stage, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	code = fill(error, code, stage, format, arguments);
	va_end(arguments);
	return code;
}

/* What helps whichever call found no descriptor left. */
static const char *remedy(int code)
{
	switch (code) {
	case -EMFILE:
		return "raise the limit on open files: ulimit -n 1024";
	case -ENFILE:
		return "the whole machine has too many files open: raise sysctl fs.file-max";
	default:
		return NULL;
	}
}

int fail_errno(struct skbscope_error *error, int code, enum skbscope_stage stage,
	       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	code = fill(error, code, stage, format, arguments);
	va_end(arguments);
	if (error) {
		size_t used = strlen(error->message);

		snprintf(error->message + used, sizeof(error->message) - used, ": %s",
			 strerror(-code));
		if (remedy(code))
			hint(error, code, "%s", remedy(code));
	}
	return code;
}

int hint(struct skbscope_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	vsnprintf(error->hint, sizeof(error->hint), format, arguments);
	va_end(arguments);
	return code;
}

bool hint_nearest(struct skbscope_error *error, const char *written, const char *const *candidates,
		  size_t count)
{
	const char *nearest = text_nearest(written, candidates, count);

	if (nearest)
		hint(error, 0, "did you mean '%s'?", nearest);
	return nearest;
}

int fail_memory(struct skbscope_error *error, enum skbscope_stage stage)
{
	return fail(error, ENOMEM, stage, "out of memory");
}
