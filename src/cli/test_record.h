/* SPDX-License-Identifier: Apache-2.0 */
/* What "skbscope test --record" is asked with: options of a run, in place of files of tests. */
#ifndef CLI_TEST_RECORD_H
#define CLI_TEST_RECORD_H

#include "cli/options.h"
#include "run/test_run.h"

struct recording_settings {
	struct traffic_settings traffic;
	struct table_settings tables;
	const char *file; /* to be made; NULL: files of tests are run */
	uint64_t count, duration_ns;
};

extern const struct option_group recording_options; /* of that struct, but for the groups in it */

/* Where --record was asked for, or options that only go with it: *status is how that ended. The
 * tests' paths are PROGRAM and a filter then. */
bool test_record(const struct test_settings *tests, const struct recording_settings *settings,
		 int *status);

#endif
