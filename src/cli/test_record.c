/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_record.h"

#include <errno.h>

#include "base/error.h"
#include "run/record.h"
#include "run/report.h"

#define AT(member) MEMBER(struct recording_settings, member)
static const struct option_row rows[] = {
	{ 0, COMMON, "record", "FILE", "make FILE of what PROGRAM, in place of PATH, sees live",
	  AT(file) },
	{ 'c', RARE, "count", "N", "with --record: stop after N packets (most: 10000)", AT(count) },
	{ 0, RARE, "duration", "TIME", "stop after this long",
	  DURATION(struct recording_settings, duration_ns) },
	{ 0 },
};
const struct option_group recording_options = { "Recording", rows };

static bool has_others(const struct recording_settings *settings)
{
	const struct traffic_settings *traffic = &settings->traffic;

	return traffic->interfaces.count || traffic->local.count || traffic->ingress ||
	       traffic->egress || traffic->netns || traffic->direction || traffic->hook ||
	       traffic->recording || traffic->numbers || traffic->buffer_bytes ||
	       settings->tables.set.count || settings->count || settings->duration_ns;
}

static int misuse(const char *what, const char *instead)
{
	struct skbscope_error error = { 0 };

	hint(&error, fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s", what), "%s", instead);
	return report_error(&error, NULL, false);
}

static int run(const struct test_settings *tests, const struct recording_settings *settings)
{
	const struct list *paths = &tests->paths;
	struct traffic_settings traffic = settings->traffic;
	const struct record_settings asked = {
		.file = settings->file,
		.program = paths->count ? paths->items[0] : NULL,
		.compiling = &tests->compiling,
		.traffic = &traffic,
		.tables = &settings->tables,
		.talk = &tests->talk,
		.count = settings->count,
		.duration_ns = settings->duration_ns,
	};

	if (!asked.program)
		return misuse("--record needs a program, whose packets are recorded",
			      "as in: skbscope test --record mine.test ./mine.c -i lo");
	if (traffic.recording)
		return misuse(
			"--record takes live packets, and -r those of a capture",
			"a file of tests takes a capture as it is: write \"capture FILE\" there");
	traffic.filter = (struct list){ paths->items + 1, paths->count - 1 };
	return record(&asked);
}

bool test_record(const struct test_settings *tests, const struct recording_settings *settings,
		 int *status)
{
	if (settings->file)
		*status = run(tests, settings);
	else if (has_others(settings))
		*status = misuse("packets, time and tables of a test are what its file says",
				 "interfaces and the like go with --record FILE, which makes one");
	return settings->file || has_others(settings);
}
