/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/session.h"
#include "run/attach.h"
#include "run/filter.h"

#define OPEN_MAX 8u /* of a program, at a time */

static void test_session_free(struct test_session *session)
{
	skbscope_session_close(session->session);
	skbscope_filter_free(session->filter);
	free(session->how);
	free(session);
}

static void add_part(struct buffer *text, const char *part)
{
	buffer_printf(text, "%c%s\n", part ? '=' : '-', part ? part : "");
}

static void how_text(const struct test_case *test, struct buffer *out)
{
	add_part(out, test->ingress);
	add_part(out, test->egress);
	add_part(out, test->direction);
	add_part(out, test->filter);
}

void test_session_drop(struct test_session **list)
{
	struct test_session *first = *list;

	*list = first->next;
	test_session_free(first);
}

void test_sessions_close(struct test_session **list)
{
	while (*list)
		test_session_drop(list);
}

/* The one that was used longest ago. */
static void make_room(struct test_session **list)
{
	size_t count = 0;

	while (*list && ++count < OPEN_MAX)
		list = &(*list)->next;
	test_sessions_close(list);
}

static bool take_first(struct test_session **list, const char *how)
{
	for (struct test_session **at = list; *at; at = &(*at)->next) {
		struct test_session *found = *at;

		if (strcmp(found->how, how) != 0)
			continue;
		*at = found->next;
		found->next = *list;
		*list = found;
		return true;
	}
	return false;
}

static int open(struct test_session *session, struct program *program,
		const struct test_session_wanted *wanted, struct skbscope_error *error)
{
	const struct test_case *test = wanted->test;
	const char *expression = test->filter;
	const struct traffic_settings traffic = {
		.filter = { &expression, expression ? 1 : 0 },
		.ingress = test->ingress,
		.egress = test->egress,
		.direction = test->direction,
		.recording = test->name, /* packets are not live */
		.points = wanted->points,
	};
	struct targets none = { 0 };
	int r = filter_make(&traffic, wanted->compiling, &none, &session->filter, error);

	if (r < 0) {
		if (expression)
			*wanted->at = test->filter_line;
		return r;
	}
	return open_session(&traffic, session->filter, program, false, &session->session, error);
}

int test_session_get(struct test_session **list, struct program *program,
		     const struct test_session_wanted *wanted, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer how = { 0 };
	struct test_session *session;
	int r;

	how_text(wanted->test, &how);
	if (how.failed)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	while (take_first(list, buffer_text(&how))) {
		if (!wanted->anew)
			return 0;
		test_session_drop(list);
	}
	make_room(list);
	session = calloc(1, sizeof(*session));
	if (!session)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	session->next = *list;
	*list = session;
	session->how = strdup(buffer_text(&how));
	r = session->how ? open(session, program, wanted, error)
			 : fail_memory(error, SKBSCOPE_STAGE_LOAD);
	if (r < 0)
		test_session_drop(list);
	return r;
}

int test_session_ended(struct test_session **list, struct skbscope_error *error)
{
	struct test_session *first = *list;
	const bool was_used = first->was_used;
	const int r = session_reset(first->session, error);

	first->was_used = true;
	if (r == 0)
		return 0;
	test_session_drop(list);
	return r < 0 ? r : was_used;
}
