/* SPDX-License-Identifier: Apache-2.0 */
/* All tests once. */
#include "run/test_run.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "run/test_suite.h"

int test_run(const struct test_settings *settings, const struct test_listener *listener)
{
	AUTO(suite_close) struct suite suite = { 0 };
	struct skbscope_error error = { 0 };

	suite_open(&suite, settings, listener);
	if (suite_read(&suite) < 0)
		return suite.status;
	if (suite_run(&suite, &error) < 0)
		return report_error(&error, NULL, settings->talk.verbose);
	if (coverage_tell(&suite.coverage, listener->covered, listener->context, &error) < 0)
		return report_error(&error, NULL, false);
	return suite.status;
}
