/* SPDX-License-Identifier: Apache-2.0 */
/* A tcpdump expression by way of the cache or the worker, once for each link layer. */
#include <skbscope/filter.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/options.h"
#include "compile/filter_cache.h"
#include "compile/request_build.h"
#include "compile/worker_client.h"
#include "image/filter.h"

#define STAGE SKBSCOPE_STAGE_USAGE
#define EXPRESSION_MAX 65536u
#define SHOWN 80 /* of an expression in a sentence */

void skbscope_filter_free(struct skbscope_filter *filter)
{
	if (!filter)
		return;
	classic_clear(&filter->ethernet);
	classic_clear(&filter->bare);
	free(filter->bare_interfaces);
	free(filter->expression);
	free(filter);
}

static void filter_freep(struct skbscope_filter **filter)
{
	skbscope_filter_free(*filter);
}

/* libpcap asked for a name that is only in a network, or nowhere. */
static void hint_at_names(const char *said, struct skbscope_error *error, int r)
{
	if (strncmp(said, "unknown host", 12) == 0 || strncmp(said, "unknown network", 15) == 0)
		hint(error, r, "names are not looked up here: write the address");
	else if (strncmp(said, "unknown ether host", 18) == 0)
		hint(error, r, "write the address: 'ether host 02:00:00:00:00:01'");
}

static int refused(const char *expression, enum worker_link link, const char *said,
		   struct skbscope_error *error)
{
	const int length = (int)strnlen(expression, SHOWN);
	int r = fail(error, EINVAL, STAGE, "the expression '%.*s%s' is refused%s: %.300s", length,
		     expression, expression[length] ? "…" : "",
		     link == LINK_BARE ? " for packets without a link-layer header" : "", said);

	hint_at_names(said, error, r);
	return r;
}

static int judge(const struct skbscope_filter_options *options, enum worker_link link,
		 const struct worker_result *result, struct skbscope_error *error)
{
	if (result->end == WORKER_TIMED_OUT)
		return hint(error,
			    fail(error, ETIMEDOUT, STAGE,
				 "the expression takes libpcap more than %u s to compile",
				 options->timeout_ms / 1000),
			    "write networks in the place of many addresses");
	if (result->end == WORKER_EXITED && result->status == WORKER_REFUSED)
		return refused(options->expression, link, buffer_text(&result->log), error);
	if (result->end != WORKER_EXITED || result->status != WORKER_DONE)
		return fail(error, EPROTO, SKBSCOPE_STAGE_WORKER,
			    "the compiler process failed on the expression: %.300s",
			    result->log.length ? buffer_text(&result->log) : "without a message");
	return 0;
}

static int ask_worker(const struct skbscope_filter_options *options, enum worker_link link,
		      struct worker_result *result, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	const struct worker_limits limits = { .timeout_ms = options->timeout_ms };
	int r = request_build_own(&build, "", error);

	if (r < 0)
		return r;
	build.request.expression = options->expression;
	build.request.link = link;
	r = worker_run(&build.request, &limits, result, error);
	return r < 0 ? r : judge(options, link, result, error);
}

static int compile_for(const struct skbscope_filter_options *options, enum worker_link link,
		       struct classic *out, struct skbscope_error *error)
{
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	AUTO(filter_cache_close) struct filter_cache cache;
	struct answer answer;
	int r;

	filter_cache_open(&cache, options->cache_directory, options->expression, link);
	if (filter_cache_find(&cache, out))
		return 0;
	r = ask_worker(options, link, &result, error);
	if (r < 0)
		return r;
	if (answer_read(result.answer.data, result.answer.length, &answer) < 0)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the compiler process returned a truncated answer");
	r = classic_read(answer.image, answer.header.image_length, out, error);
	if (r == 0)
		filter_cache_keep(&cache, &result.answer);
	return r;
}

static int copy_interfaces(const struct skbscope_filter_options *options,
			   struct skbscope_filter *filter)
{
	const size_t count = options->bare_interface_count;

	filter->bare_interfaces = calloc(count + 1, sizeof(*filter->bare_interfaces));
	if (!filter->bare_interfaces)
		return -ENOMEM;
	if (count)
		memcpy(filter->bare_interfaces, options->bare_interfaces,
		       count * sizeof(*filter->bare_interfaces));
	filter->bare_interface_count = count;
	return 0;
}

int skbscope_filter_compile(const struct skbscope_filter_options *caller_options,
			    struct skbscope_filter **out, struct skbscope_error *error)
{
	AUTO(filter_freep) struct skbscope_filter *filter = NULL;
	struct skbscope_filter_options options = { 0 };
	int r = options_take(&options, sizeof(options), caller_options, STAGE, error);

	if (r < 0)
		return r;
	if (!options.expression || (!options.ethernet && !options.bare_interface_count))
		return fail(error, EINVAL, STAGE, "no expression, or no interface for it");
	if (strlen(options.expression) > EXPRESSION_MAX)
		return fail(error, E2BIG, STAGE, "the expression is longer than %u bytes",
			    EXPRESSION_MAX);
	if (!options.timeout_ms)
		options.timeout_ms = WORKER_TIMEOUT_MS;
	filter = calloc(1, sizeof(*filter));
	if (!filter || !(filter->expression = strdup(options.expression)) ||
	    copy_interfaces(&options, filter) < 0)
		return fail_memory(error, STAGE);
	if (options.ethernet)
		r = compile_for(&options, LINK_ETHERNET, &filter->ethernet, error);
	if (r == 0 && options.bare_interface_count)
		r = compile_for(&options, LINK_BARE, &filter->bare, error);
	if (r < 0)
		return r;
	*out = TAKE(filter);
	return 0;
}
