/* SPDX-License-Identifier: Apache-2.0 */
/* How every renderer begins and ends. */
#include "render/common.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"

int render_options_take(const struct skbscope_render_options *options,
			struct skbscope_render_options *full, struct skbscope_error *error)
{
	int r;

	memset(full, 0, sizeof(*full));
	r = options_take(full, sizeof(*full), options, SKBSCOPE_STAGE_RENDER, error);
	full->size = sizeof(*full);
	return r;
}

int render_difference_options_take(const struct skbscope_render_options *options,
				   struct skbscope_render_options *full,
				   struct skbscope_error *error)
{
	int r = render_options_take(options, full, error);

	if (r < 0 || !full->sort)
		return r;
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_RENDER,
			 "differences cannot be sorted by '%s'", full->sort),
		    "rows are sorted by the difference in the @sort column, or else the first "
		    "counter");
}

int render_finish(int r, FILE *stream, struct skbscope_error *error)
{
	int code = errno; /* of the write that failed first, if one did */

	if (r == -ENOMEM)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	if (r < 0 && r != -EIO)
		return r;
	if (r == 0) {
		errno = 0;
		if (fflush(stream) == 0 && !ferror(stream))
			return 0;
		code = errno;
	}
	return fail_errno(error, code ? code : EIO, SKBSCOPE_STAGE_RENDER,
			  "cannot write the output");
}
