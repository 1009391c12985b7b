/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs that may be older or newer than this library. */
#include "base/options.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

int options_take(void *full, size_t full_size, const void *caller, enum skbscope_stage stage,
		 struct skbscope_error *error)
{
	const unsigned char *bytes = caller;
	size_t size;

	if (!caller)
		return 0;
	memcpy(&size, caller, sizeof(size));
	if (size < sizeof(size))
		return fail(error, EINVAL, stage, "the options' size member is not set");
	for (size_t i = full_size; i < size; i++)
		if (bytes[i])
			return fail(error, E2BIG, stage,
				    "an option was set that this version of the library does not "
				    "have");
	memcpy(full, caller, size < full_size ? size : full_size);
	return 0;
}
