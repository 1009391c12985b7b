/* SPDX-License-Identifier: Apache-2.0 */
/* Which form of file a name stands for. */
#include "run/export.h"

#include <errno.h>

#include "base/error.h"
#include "base/text.h"
#include "run/program_image.h"

int export_form_of(const char *file, enum export_form *out, struct skbscope_error *error)
{
	if (text_ends_with(file, ".o"))
		*out = EXPORT_OBJECT;
	else if (program_is_image(file))
		*out = EXPORT_IMAGE;
	else
		return hint(
			error,
			fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			     "'%s' does not say what to write: its name ends neither in .o nor in "
			     ".skb",
			     file),
			"NAME.o is an ELF object for tc, bpftool and libbpf; NAME.skb a compiled "
			"program for skbscope run");
	return 0;
}
