/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope http --verify: the files of an audit, in the order of their lines. */
#include "cli/http_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "calls/verify.h"
#include "run/calls_key.h"
#include "run/people.h"
#include "run/report.h"

struct audit_file {
	const char *path;
	FILE *file;
	uint64_t first;
};

struct audit_files {
	struct audit_file *list;
	size_t count;
};

static void audit_files_clear(struct audit_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->list[i].file)
			fclose(files->list[i].file);
	free(files->list);
}

static int open_one(const char *path, struct audit_file *out, struct skbscope_error *error)
{
	const int fd = open_regular(path, true);

	out->path = path;
	out->file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!out->file)
		return fail_errno(error, fd < 0 ? -fd : errno, SKBSCOPE_STAGE_USAGE,
				  "cannot read '%s'", path);
	out->first = verify_first(out->file);
	if (!out->first)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no file of an audit",
				 path),
			    "its first line is none that 'skbscope http --audit' writes, or was "
			    "changed");
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct audit_file *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int open_files(const struct list *paths, struct audit_files *out,
		      struct skbscope_error *error)
{
	int r = 0;

	if (!paths->count)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "--verify of which files?"),
			    "skbscope http --verify FILE.* FILE");
	out->list = calloc(paths->count, sizeof(*out->list));
	if (!out->list)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	for (; out->count < paths->count && r == 0; out->count++)
		r = open_one(paths->items[out->count], &out->list[out->count], error);
	if (r == 0)
		qsort(out->list, out->count, sizeof(*out->list), compare);
	return r;
}

static void problem(void *context, const char *file, uint64_t number, const char *text)
{
	(void)context;
	if (number)
		fprintf(people_stderr(), "%s:%" PRIu64 ": %s\n", file, number, text);
	else
		fprintf(people_stderr(), "%s: %s\n", file, text);
}

static void conclude(const struct verify *verify)
{
	printf("%" PRIu64 " lines, %" PRIu64 " to %" PRIu64 ", the last one's hash is %s\n",
	       verify->lines, verify->first, verify->last, verify->chain.before);
	if (verify->first > 1)
		printf("lines 1 to %" PRIu64 " are not in these files\n", verify->first - 1);
	if (verify->seams)
		printf("%" PRIu64 " times a run did not end by itself, and the next one went on\n",
		       verify->seams);
	if (verify->lost)
		printf("%" PRIu64 " lines could not be written, as the audit says\n", verify->lost);
	if (verify->losses)
		printf("%" PRIu64 " lines say that something was not seen\n", verify->losses);
	if (verify->problems)
		printf("%" PRIu64 " problem%s\n", verify->problems,
		       verify->problems == 1 ? "" : "s");
	else
		printf("no line was changed, removed or moved%s\n",
		       verify->chain.keyed ? ""
					   : "; without a key that is said of damage, and not of "
					     "forgery");
}

static bool key_fits(const struct audit_files *files, const struct verify *verify)
{
	for (size_t i = 0; i < files->count; i++)
		if (verify_key_fits(verify, files->list[i].file))
			return true;
	return false;
}

static int read_files(const struct audit_files *files, struct verify *verify,
		      struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++) {
		r = verify_file(verify, files->list[i].file, files->list[i].path);
		if (r < 0)
			return fail_errno(error, r, SKBSCOPE_STAGE_USAGE, "cannot read '%s'",
					  files->list[i].path);
	}
	verify_end(verify, files->list[files->count - 1].path);
	return 0;
}

int http_verify(const struct list *paths, const char *key_path, const char *expect)
{
	AUTO(audit_files_clear) struct audit_files files = { 0 };
	uint8_t key[CHAIN_KEY_BYTES];
	struct skbscope_error error;
	struct verify verify;
	int r = key_path ? key_file_read(key_path, "--audit-key", key, &error) : 0;

	verify_open(&verify, key_path && r == 0 ? key : NULL);
	verify.problem = problem;
	if (r == 0 && expect && !verify_expect(&verify, expect))
		r = hint(
			&error,
			fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no SEQ:HASH", expect),
			"a line's number, and the 64 digits of its hash, as a run says at its end");
	if (r == 0)
		r = open_files(paths, &files, &error);
	if (r == 0 && !key_fits(&files, &verify)) {
		verify_no_key(&verify, files.list[0].path);
		return EXIT_DIFFERENT;
	}
	if (r == 0)
		r = read_files(&files, &verify, &error);
	if (r < 0)
		return report_error(&error, NULL, false);
	conclude(&verify);
	return verify.problems ? EXIT_DIFFERENT : EXIT_FINE;
}
