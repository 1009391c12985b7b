/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/clang_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/align.h"
#include "compile/hints.h"

int clang_log_parse(const struct clang_log *context, const char *log, size_t length,
		    struct skbscope_diagnostics *diagnostics, size_t *errors)
{
	AUTO(buffer_free) struct buffer readable = { 0 };
	struct rewritten_text rewritten = { 0 };
	int r;

	*errors = 0;
	if (!rewritten_find(log, length, &rewritten))
		rewritten.block_start = rewritten.block_end = length;
	r = request_real_names(context->request, log, rewritten.block_start, &readable);
	if (r == 0)
		r = request_real_names(context->request, log + rewritten.block_end,
				       length - rewritten.block_end, &readable);
	return r < 0 ? r
		     : skbscope_diagnostics_set_log(diagnostics, readable.data, readable.length);
}
