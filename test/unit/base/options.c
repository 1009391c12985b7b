/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs of callers older and newer than the library. */
#include "base/options.h"

#include <errno.h>

#include "harness.h"

struct now {
	size_t size;
	long number;
};
struct later {
	struct now now;
	long more;
};

TEST(no_options_are_the_defaults)
{
	struct now full = { 0 };

	CHECK_NUMBER(options_take(&full, sizeof(full), NULL, SKBSCOPE_STAGE_LOAD, NULL), 0);
	CHECK_NUMBER(full.number, 0);
}

TEST(an_older_callers_missing_fields_are_the_defaults)
{
	const size_t older = sizeof(older);
	struct now full = { 0 };

	CHECK_NUMBER(options_take(&full, sizeof(full), &older, SKBSCOPE_STAGE_LOAD, NULL), 0);
	CHECK_NUMBER(full.number, 0);
}

TEST(a_newer_callers_unknown_field_is_refused_only_where_it_is_used)
{
	struct later newer = { { sizeof(newer), 23 }, 0 };
	struct skbscope_error error;
	struct now full = { 0 };

	CHECK_NUMBER(options_take(&full, sizeof(full), &newer, SKBSCOPE_STAGE_LOAD, &error), 0);
	CHECK_NUMBER(full.number, 23);
	newer.more = 1;
	CHECK_NUMBER(options_take(&full, sizeof(full), &newer, SKBSCOPE_STAGE_LOAD, &error),
		     -E2BIG);
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_LOAD);
}

TEST(a_forgotten_size_is_an_error)
{
	const struct now forgotten = { .number = 23 };
	struct now full = { 0 };

	CHECK_NUMBER(options_take(&full, sizeof(full), &forgotten, SKBSCOPE_STAGE_LOAD, NULL),
		     -EINVAL);
}
