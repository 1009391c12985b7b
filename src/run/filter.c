/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind PROGRAM: which packets it is to see. */
#include "run/filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/filter.h"
#include "kernel/netns.h"
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

/* Interfaces that are not there are told when attaching. */
static int sort_out(const struct targets *targets, struct skbscope_filter_options *options,
		    uint32_t *bare, struct skbscope_error *error)
{
	for (size_t i = 0; i < targets->count; i++) {
		const struct interface *item = &targets->items[i];

		if (item->ifindex && interface_is_bare(item))
			bare[options->bare_interface_count++] = item->ifindex;
		else if (!item->ifindex || interface_is_ethernet(item))
			options->ethernet = true;
		else
			return fail(error, ENOTSUP, STAGE,
				    "packets of %s have another link-layer header than Ethernet: "
				    "there is no filter for them",
				    item->name);
	}
	options->bare_interfaces = bare;
	return 0;
}

int filter_make(const struct traffic_settings *traffic, const struct targets *targets,
		struct skbscope_filter **filter, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer expression = { 0 };
	AUTO(freep) uint32_t *bare = calloc(targets->count + 1, sizeof(*bare));
	struct skbscope_filter_options options = { .size = sizeof(options) };
	int r;

	if (!traffic->filter.count)
		return 0;
	join(&traffic->filter, &expression);
	if (!bare || expression.failed)
		return fail_memory(error, STAGE);
	options.expression = buffer_text(&expression);
	r = sort_out(targets, &options, bare, error);
	if (r < 0)
		return r;
	r = skbscope_filter_compile(&options, filter, error);
	if (r < 0)
		hint_at_word(traffic, error);
	return r;
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
