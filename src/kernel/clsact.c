/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching by clsact: a place among the filters that are there, an entry in the
 * ledger, then the qdisc and the filter. Everything under the ledger's lock, so
 * that two of us never argue about one qdisc.
 */
#include "kernel/clsact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/ledger.h"
#include "kernel/leftovers.h"
#include "kernel/permission.h"
#include "kernel/tc.h"
#include "model/names.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

#define HANDLE 0x736b6273u /* "skbs"; each filter has a priority to itself */
/* Where there is no other filter: behind the first hundred or so numbers, which
 * people give by hand, and before 0xc000, from where the kernel counts down. */
#define GONE_TRIES 100
#define GONE_PAUSE_NS 10000000L
#define PRIORITY_FIRST 91
#define PRIORITY_LAST 0xc001

struct clsact_filter {
	struct ledger_entry entry;
	struct netns_guess where;
	bool gone; /* when the kernel was asked last */
};

static bool is_taken(const struct tc_filter *filters, size_t count, uint32_t priority)
{
	for (size_t i = 0; i < count; i++)
		if (filters[i].priority == priority)
			return true;
	return false;
}

/* A priority of our own: sharing one would let its owner's "tc filter del prio N"
 * take ours along, and a kind or protocol of ours refuse theirs. 0 if none. */
static uint16_t choose_priority(const struct tc_filter *filters, size_t count, bool first)
{
	uint32_t lowest = UINT16_MAX, highest = 0, priority;

	for (size_t i = 0; i < count; i++) {
		if (filters[i].priority < lowest)
			lowest = filters[i].priority;
		if (filters[i].priority > highest)
			highest = filters[i].priority;
	}
	if (!count)
		return first ? PRIORITY_FIRST : PRIORITY_LAST;
	if (first && lowest > PRIORITY_FIRST)
		return PRIORITY_FIRST;
	if (first && lowest > 1)
		return (uint16_t)(lowest - 1);
	if (!first && highest < PRIORITY_LAST)
		return PRIORITY_LAST;
	if (!first && highest < UINT16_MAX)
		return (uint16_t)(highest + 1);
	/* Number 1 (or the last one) is someone's: the nearest place to it. */
	for (priority = 1; priority <= UINT16_MAX; priority++) {
		uint32_t candidate = first ? priority : UINT16_MAX + 1u - priority;

		if (!is_taken(filters, count, candidate))
			return (uint16_t)candidate;
	}
	return 0;
}

static int refused(const struct hook_request *request, const struct tc *tc, const char *what,
		   int code, struct skbscope_error *error)
{
	const char *words = tc_message(tc);

	code = fail_errno(error, code, STAGE, "cannot %s on '%s'%s%s%s", what, request->interface,
			  *words ? " (the kernel says: " : "", words, *words ? ")" : "");
	return permission_hint(error, code);
}

static int choose_place(const struct hook_request *request, struct tc *tc,
			struct ledger_entry *entry, struct skbscope_error *error)
{
	AUTO(freep) struct tc_filter *filters = NULL;
	size_t count = 0;
	char kind[16];
	int r = tc_qdisc_find(tc, request->ifindex, kind);

	if (r < 0 && r != -ENOENT)
		return refused(request, tc, "list the qdiscs", r, error);
	entry->qdisc = r == -ENOENT ? QDISC_CHANGING : QDISC_FOUND;
	if (entry->qdisc == QDISC_FOUND && strcmp(kind, "clsact") != 0 &&
	    request->direction == SKBSCOPE_EGRESS)
		return hint(error,
			    fail(error, EBUSY, STAGE,
				 "'%s' already has the qdisc '%s', which has no egress side",
				 request->interface, kind),
			    "someone else put it there; attach to ingress only, or ask its owner "
			    "to use clsact");
	r = tc_filter_list(tc, request->ifindex, request->direction, &filters, &count);
	if (r < 0)
		return refused(request, tc, "list the filters", r, error);
	entry->handle = HANDLE;
	entry->priority = choose_priority(filters, count, request->first);
	if (!entry->priority)
		return fail(error, ENOSPC, STAGE, "every filter priority of '%s' is taken",
			    request->interface);
	return 0;
}

/* ENOENT is the kernel not knowing the kind; EOPNOTSUPP is for the caller. */
static int add_both(const struct hook_request *request, struct tc *tc, struct ledger_entry *entry,
		    struct skbscope_error *error)
{
	struct tc_filter filter = {
		.ifindex = entry->ifindex,
		.parent = tc_parent(entry->direction),
		.handle = entry->handle,
		.priority = entry->priority,
	};
	int r;

	memcpy(filter.name, entry->name, sizeof(filter.name));
	if (entry->qdisc == QDISC_CHANGING) {
		r = tc_clsact_add(tc, entry->ifindex);
		if (r == -EEXIST)
			entry->qdisc = QDISC_FOUND; /* someone was faster: it is theirs */
		else if (r == -ENOENT || r == -EOPNOTSUPP)
			return -EOPNOTSUPP;
		else if (r < 0)
			return refused(request, tc, "add the clsact qdisc", r, error);
	}
	r = tc_filter_add(tc, &filter, request->program.fd);
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return -EOPNOTSUPP;
	return r < 0 ? refused(request, tc, "add the filter", r, error) : 0;
}

static void name_filter(char name[256], const char *function)
{
	snprintf(name, 256, "skbscope:%s", function);
}

static int make_entry(const struct hook_request *request, struct ledger_entry *entry,
		      struct skbscope_error *error)
{
	int r;

	memset(entry, 0, sizeof(*entry));
	r = ledger_owner_self(&entry->owner);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read /proc/self");
	entry->netns = request->netns;
	entry->netns_path = request->netns_path;
	entry->ifindex = request->ifindex;
	entry->direction = request->direction;
	entry->program_id = request->program.id;
	snprintf(entry->interface, sizeof(entry->interface), "%s", request->interface);
	name_filter(entry->name, request->program.function);
	return 0;
}

int clsact_attach(const struct hook_request *request, struct clsact_filter **out,
		  struct skbscope_error *error)
{
	AUTO(freep) struct clsact_filter *filter = calloc(1, sizeof(*filter));
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	AUTO(tc_closep) struct tc *tc = NULL;
	enum ledger_qdisc planned;
	int r;

	if (!filter)
		return fail_memory(error, STAGE);
	r = make_entry(request, &filter->entry, error);
	if (r < 0)
		return r;
	r = ledger_open(LEDGER_DIRECTORY, &ledger, error);
	if (r < 0)
		return r;
	r = tc_open(&tc);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot open a netlink socket");
	leftovers_sweep(ledger, &filter->entry);
	r = choose_place(request, tc, &filter->entry, error);
	if (r < 0)
		return r;
	/* First the record, then the deed: a crash in between leaves a record of
	 * nothing, which is harmless. */
	r = ledger_write(ledger, &filter->entry);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot record the filter in '%s'",
				  LEDGER_DIRECTORY);
	planned = filter->entry.qdisc;
	r = add_both(request, tc, &filter->entry, error);
	if (r == 0 && planned == QDISC_CHANGING) {
		if (filter->entry.qdisc == QDISC_CHANGING)
			filter->entry.qdisc = QDISC_ADDED;
		ledger_write(ledger, &filter->entry);
	}
	if (r < 0) {
		filter_remove(ledger, &filter->entry);
		return r;
	}
	filter->where = filter->entry.netns_path;
	*out = TAKE(filter);
	return 0;
}

/* 1, 0, or -errno where the kernel cannot be asked. */
static int query(void *context)
{
	const struct clsact_filter *filter = context;
	AUTO(tc_closep) struct tc *tc = NULL;
	struct tc_filter found;
	int r = tc_open(&tc);

	return r < 0 ? r : leftover_find(tc, &filter->entry, &found);
}

bool clsact_is_attached(struct clsact_filter *filter)
{
	int there = netns_run(&filter->entry.netns, &filter->where, query, filter);

	if (there >= 0 || there == -ENOENT)
		filter->gone = there <= 0;
	return !filter->gone;
}

struct change {
	const struct ledger_entry *entry;
	int program;
};

static int change(void *context)
{
	const struct change *change = context;
	const struct ledger_entry *entry = change->entry;
	AUTO(tc_closep) struct tc *tc = NULL;
	struct tc_filter filter;
	char name[IF_NAMESIZE];
	int r;

	if (!if_indextoname(entry->ifindex, name))
		return errno == ENXIO ? -ENODEV : -errno;
	r = tc_open(&tc);
	if (r < 0)
		return r;
	r = leftover_find(tc, entry, &filter);
	if (r <= 0)
		return r < 0 ? r : -ENODEV;
	memcpy(filter.name, entry->next_name, sizeof(filter.name));
	r = tc_filter_change(tc, &filter, change->program);
	return r < 0 && leftover_find(tc, entry, &filter) == 0 ? -ENODEV : r;
}

int clsact_replace(struct clsact_filter *filter, const char *function, int program,
		   uint32_t program_id)
{
	struct ledger_entry *entry = &filter->entry;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct skbscope_error ignored;
	int r = ledger_open(LEDGER_DIRECTORY, &ledger, &ignored);

	if (r < 0)
		return r;
	ledger_reload(ledger, entry);
	/* A crash may come before the change or after it: both programs are ours. */
	entry->next_program_id = program_id;
	name_filter(entry->next_name, function);
	r = ledger_write(ledger, entry);
	if (r == 0) {
		struct change next = { entry, program };

		r = netns_run(&entry->netns, &filter->where, change, &next);
		r = r == -ENOENT ? -ENODEV : r;
	}
	if (r == 0) {
		entry->program_id = program_id;
		memcpy(entry->name, entry->next_name, sizeof(entry->name));
	}
	entry->next_program_id = 0;
	entry->next_name[0] = '\0';
	ledger_write(ledger, entry);
	return r;
}

static int not_removed(const struct ledger_entry *entry, int code, struct skbscope_error *error)
{
	return hint(error,
		    fail_errno(error, code, STAGE, "cannot remove the filter '%s' from %s of '%s'",
			       entry->name, direction_name(entry->direction), entry->interface),
		    "if it is still there, \"skbscope detach\" removes it");
}

int clsact_detach(struct clsact_filter **filter, struct skbscope_error *error)
{
	struct ledger_entry *entry = &(*filter)->entry;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct skbscope_error unlocked = { 0 };
	int r, locked = ledger_open(LEDGER_DIRECTORY, &ledger, &unlocked);

	r = locked == 0 ? filter_remove(ledger, entry) : filter_remove_alone(entry);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return not_removed(entry, r, error);
	if (locked < 0)
		return hint(
			error,
			fail(error, locked, STAGE,
			     "the filter '%s' is removed from '%s', but not from the ledger: %s",
			     entry->name, entry->interface, unlocked.message),
			"\"skbscope detach\" does it once that is mended");
	free(TAKE(*filter));
	return 0;
}

/* A namespace is taken down in the background, and its filters with it. */
int clsact_forget(struct clsact_filter *filter, struct skbscope_error *error)
{
	const struct timespec pause = { .tv_nsec = GONE_PAUSE_NS };
	int r = filter ? -ENOENT : 0;

	for (int tries = 0; tries < GONE_TRIES && r == -ENOENT; tries++) {
		AUTO(ledger_closep) struct ledger *ledger = NULL;

		if (tries)
			nanosleep(&pause, NULL);
		r = ledger_open(LEDGER_DIRECTORY, &ledger, NULL);
		if (r == 0)
			r = filter_remove(ledger, &filter->entry);
	}
	if (r < 0)
		leftover_not_removed(&filter->entry, r, error);
	free(filter);
	return r < 0 ? r : 0;
}
