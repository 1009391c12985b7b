/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind PROGRAM: which packets it is to see. */
#include "run/filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "compile/cache.h"
#include "image/filter.h"
#include "kernel/netns.h"
#include "run/report.h"
#include "source/source.h"

#define STAGE SKBSCOPE_STAGE_USAGE

static void join(const struct list *words, struct buffer *out)
{
	for (size_t i = 0; i < words->count; i++)
		buffer_printf(out, "%s%s", i ? " " : "", words->items[i]);
}

static bool is_interface(const struct traffic_settings *traffic, const char *word)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int netns = -1;
	struct interface found;

	if (traffic->netns) {
		netns = netns_open(traffic->netns, NULL);
		if (netns < 0 || netns_enter(&visit, netns, NULL) < 0)
			return false;
	}
	return interface_find(word, &found) == 0;
}

/* "skbscope run PROGRAM eth0": an interface is no expression, nor is another program. */
static void hint_at_word(const struct traffic_settings *traffic, struct skbscope_error *error)
{
	const char *word = traffic->filter.items[0];

	if (error->stage != STAGE)
		return;
	if (is_interface(traffic, word))
		hint(error, error->code, "write -i %s", word);
	else if (source_is_path(word))
		hint(error, error->code,
		     "one program is run; the words behind it are a tcpdump expression");
}

static int refuse(const struct interface *interface, struct skbscope_error *error)
{
	return fail(
		error, ENOTSUP, STAGE,
		"packets of %s have another link-layer header than Ethernet: there is no filter "
		"for them",
		interface->name);
}

/* Interfaces that are not there are told when attaching. */
static int sort_out(const struct targets *targets, struct skbscope_filter_options *options,
		    uint32_t *bare, struct skbscope_error *error)
{
	options->bare_interfaces = bare;
	options->bare_interface_count = 0;
	/* Others will come, or a recording. */
	options->ethernet = targets->any || !targets->count;
	for (size_t i = 0; i < targets->count; i++) {
		const struct interface *item = &targets->items[i];

		if (item->ifindex && interface_is_bare(item))
			bare[options->bare_interface_count++] = item->ifindex;
		else if (!item->ifindex || interface_is_ethernet(item))
			options->ethernet = true;
		else
			return refuse(item, error);
	}
	return 0;
}

typedef bool is_kind(const struct interface *interface);

static bool is_of_another_kind(const struct interface *interface)
{
	return !interface_is_ethernet(interface) && !interface_is_bare(interface);
}

static void leave_out(struct targets *targets, is_kind *is, const char *why)
{
	for (size_t i = targets->count; i-- > 0;) {
		if (!targets->items[i].ifindex || !is(&targets->items[i]))
			continue;
		report_say("%s is left out: %s", targets->items[i].name, why);
		targets_drop(targets, i);
	}
}

static int compile(struct targets *targets, const char *expression, const char *cache,
		   struct skbscope_filter **filter, struct skbscope_error *error)
{
	AUTO(freep) uint32_t *bare = calloc(targets->count + 1, sizeof(*bare));
	struct skbscope_filter_options options = { .size = sizeof(options),
						   .expression = expression,
						   .cache_directory = cache };
	int r = bare ? sort_out(targets, &options, bare, error) : fail_memory(error, STAGE);

	if (r == 0)
		r = skbscope_filter_compile(&options, filter, error);
	if (r != -EINVAL || !targets->any || !options.bare_interface_count)
		return r;
	/* "arp" and "vlan" are no words for packets that begin with the IP header. */
	options.bare_interface_count = 0;
	if (skbscope_filter_compile(&options, filter, error) < 0)
		return r;
	leave_out(targets, interface_is_bare,
		  "there is no such expression for packets without a link-layer header");
	return 0;
}

int filter_make(const struct traffic_settings *traffic, const struct compile_settings *compiling,
		struct targets *targets, struct skbscope_filter **filter,
		struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer expression = { 0 };
	AUTO(buffer_free) struct buffer cache = { 0 };
	bool is_cached;
	int r;

	if (!traffic->filter.count)
		return 0;
	join(&traffic->filter, &expression);
	if (expression.failed)
		return fail_memory(error, STAGE);
	if (targets->any)
		leave_out(targets, is_of_another_kind,
			  "its packets have another link-layer header than Ethernet, and there is "
			  "no filter for them");
	is_cached = !compiling->no_cache && cache_directory_default(&cache) == 0;
	r = compile(targets, buffer_text(&expression), is_cached ? buffer_text(&cache) : NULL,
		    filter, error);
	if (r < 0)
		hint_at_word(traffic, error);
	return r;
}

bool filter_takes(const struct skbscope_filter *filter, const struct interface *interface)
{
	if (!filter || interface_is_ethernet(interface))
		return !filter || filter->ethernet.count;
	for (size_t i = 0; i < filter->bare_interface_count; i++)
		if (filter->bare_interfaces[i] == interface->ifindex)
			return true;
	return false;
}

void filter_say(const struct skbscope_filter *filter, bool verbose, struct buffer *out)
{
	if (!filter)
		return;
	buffer_printf(out, ", only packets that match '%s'", filter->expression);
	if (verbose)
		buffer_printf(out, " (%u instructions by libpcap)",
			      filter->ethernet.count + filter->bare.count);
}
