/* SPDX-License-Identifier: Apache-2.0 */
/* Taking filters back out of the kernel: our own at the end, dead processes' later. */
#include "kernel/leftovers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/tc.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

static bool is_ours(const struct tc_filter *filter, const struct ledger_entry *entry)
{
	bool is_place = filter->priority == entry->priority && filter->handle == entry->handle &&
			strcmp(filter->kind, "bpf") == 0;
	bool is_program =
		filter->program_id == entry->program_id && strcmp(filter->name, entry->name) == 0;
	bool is_next = entry->next_program_id && filter->program_id == entry->next_program_id &&
		       strcmp(filter->name, entry->next_name) == 0;

	return is_place && (is_program || is_next);
}

int leftover_find(struct tc *tc, const struct ledger_entry *entry, struct tc_filter *out)
{
	AUTO(freep) struct tc_filter *filters = NULL;
	size_t count = 0;
	int r = tc_filter_list(tc, entry->ifindex, entry->direction, &filters, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (is_ours(&filters[i], entry)) {
			*out = filters[i];
			return 1;
		}
	return 0;
}

/* 1, 0, or a negative errno where that cannot be told. */
static int has_filters(struct tc *tc, uint32_t ifindex)
{
	for (int direction = SKBSCOPE_INGRESS; direction <= SKBSCOPE_EGRESS; direction++) {
		AUTO(freep) struct tc_filter *filters = NULL;
		size_t count = 0;
		int r = tc_filter_list(tc, ifindex, (enum skbscope_direction)direction, &filters,
				       &count);

		if (r < 0 || count)
			return r < 0 ? r : 1;
	}
	return 0;
}

/* While another filter of ours uses the qdisc, the duty to remove it is handed to
 * that one; while only strangers do, it is theirs from now on. */
static int give_up_qdisc(struct ledger *ledger, struct tc *tc, const struct ledger_entry *entry)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	size_t count = 0;
	int r = has_filters(tc, entry->ifindex);

	if (r < 0)
		return r;
	if (r == 0) {
		r = tc_clsact_delete(tc, entry->ifindex);
		return r == -ENOENT || r == -EINVAL ? 0 : r;
	}
	r = ledger ? ledger_list(ledger, &entries, &count) : 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (!ledger_same_interface(&entries[i], entry) ||
		    ledger_same_filter(&entries[i], entry))
			continue;
		entries[i].qdisc = QDISC_ADDED;
		return ledger_write(ledger, &entries[i]);
	}
	return 0;
}

struct visit {
	struct ledger *ledger; /* NULL: could not be opened */
	struct ledger_entry *entry;
};

/* From here on that the filter is not there means nothing about the qdisc. */
static int announce(const struct visit *visit)
{
	if (visit->entry->qdisc != QDISC_ADDED)
		return 0;
	visit->entry->qdisc = QDISC_CHANGING;
	return visit->ledger ? ledger_write(visit->ledger, visit->entry) : 0;
}

/* Where somebody took away the filter that has the duty to remove the qdisc, that is still
 * ours while the same process has another filter on it, which came with that one, and the
 * duty goes there; else a qdisc that is there now may be another's. */
static int keep_duty(struct ledger *ledger, struct tc *tc, struct ledger_entry *entry)
{
	struct ledger_entry *heir = NULL, *lost = NULL;
	AUTO(freep) struct ledger_entry *entries = NULL;
	struct tc_filter filter;
	size_t count = 0;
	int r = ledger ? ledger_list(ledger, &entries, &count) : 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		int found;

		if (!ledger_same_interface(&entries[i], entry) ||
		    !ledger_same_owner(&entries[i].owner, &entry->owner))
			continue;
		found = leftover_find(tc, &entries[i], &filter);
		if (found > 0)
			heir = &entries[i];
		else if (found == 0 && entries[i].qdisc == QDISC_ADDED)
			lost = &entries[i];
	}
	if (!heir || !lost)
		return r;
	heir->qdisc = QDISC_ADDED;
	lost->qdisc = QDISC_FOUND;
	r = ledger_write(ledger, heir);
	r = r < 0 ? r : ledger_write(ledger, lost);
	ledger_reload(ledger, entry);
	return r;
}

static int remove_here(void *context)
{
	const struct visit *visit = context;
	struct ledger_entry *entry = visit->entry;
	AUTO(tc_closep) struct tc *tc = NULL;
	char name[IF_NAMESIZE];
	struct tc_filter filter;
	int r, found;

	if (!if_indextoname(entry->ifindex, name))
		return errno == ENXIO || errno == ENODEV ? 0 : -errno;
	r = tc_open(&tc);
	if (r < 0)
		return r;
	r = keep_duty(visit->ledger, tc, entry);
	found = r < 0 ? r : leftover_find(tc, entry, &filter);
	if (found < 0)
		return found;
	if (found) {
		r = announce(visit);
		if (r == 0)
			r = tc_filter_delete(tc, &filter);
		if (r < 0 && r != -ENOENT)
			return r;
		r = 0;
	}
	/* If it says ADDED still, our filter was not found: that says nothing of the qdisc. */
	if (entry->qdisc == QDISC_CHANGING)
		r = give_up_qdisc(visit->ledger, tc, entry);
	return r < 0 ? r : found;
}

static bool is_gone(uint32_t program_id)
{
	AUTO(closep) int fd = program_id ? bpf_prog_get_fd_by_id(program_id) : -1;

	return !program_id || (fd < 0 && errno == ENOENT);
}

/* Does something in the entry's namespace. One that is not found may be gone, and the
 * kernel took everything with it (0), or be where we do not look (-ENOENT): the filter
 * is gone for certain when its program is. */
static int visit(struct ledger *ledger, struct ledger_entry *entry, int (*function)(void *context))
{
	struct visit visit = { ledger, entry };
	struct netns_guess where = entry->netns_path;
	int r = netns_run(&entry->netns, &where, function, &visit);

	if (r == -ENOENT && is_gone(entry->program_id) && is_gone(entry->next_program_id))
		return 0;
	return r;
}

int filter_remove(struct ledger *ledger, struct ledger_entry *entry)
{
	int r, removed;

	/* One that was removed before may have handed its qdisc to this one. */
	ledger_reload(ledger, entry);
	r = visit(ledger, entry, remove_here);
	if (r < 0)
		return r;
	removed = ledger_remove(ledger, entry);
	return removed < 0 && removed != -ENOENT ? removed : r;
}

int filter_remove_alone(struct ledger_entry *entry)
{
	return visit(NULL, entry, remove_here);
}

static int query_here(void *context)
{
	const struct visit *visit = context;
	AUTO(tc_closep) struct tc *tc = NULL;
	struct tc_filter filter;
	int r = tc_open(&tc);

	return r < 0 ? r : leftover_find(tc, visit->entry, &filter);
}

/* By the name it has now; by the one it had where that is not to be found out. */
static bool is_named(const struct ledger_entry *entry, const char *interface)
{
	struct netns_guess where = entry->netns_path;
	char now[IF_NAMESIZE];

	if (netns_interface_name(&entry->netns, &where, entry->ifindex, now) < 0)
		return strcmp(entry->interface, interface) == 0;
	return strcmp(now, interface) == 0;
}

static bool is_wanted(const struct ledger_entry *entry, const char *interface)
{
	return !interface || is_named(entry, interface);
}

static int open_ledger(struct ledger **ledger, struct skbscope_error *error)
{
	struct stat status;

	if (stat(LEDGER_DIRECTORY, &status) < 0 && errno == ENOENT)
		return 0;
	return ledger_open(LEDGER_DIRECTORY, ledger, error);
}

int leftovers_list(const char *interface, struct leftover **out, size_t *count,
		   struct skbscope_error *error)
{
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(freep) struct leftover *leftovers = NULL;
	size_t total = 0, kept = 0;
	int r = open_ledger(&ledger, error);

	if (r < 0)
		return r;
	if (ledger)
		r = ledger_list(ledger, &entries, &total);
	leftovers = calloc(total + 1, sizeof(*leftovers));
	if (r < 0 || !leftovers)
		return fail_errno(error, r < 0 ? r : -ENOMEM, STAGE, "cannot read '%s'",
				  LEDGER_DIRECTORY);
	for (size_t i = 0; i < total; i++) {
		int lives = ledger_owner_lives(&entries[i].owner);

		if (lives > 0 || !is_wanted(&entries[i], interface))
			continue;
		leftovers[kept].entry = entries[i];
		leftovers[kept].present =
			lives < 0 ? lives : visit(ledger, &entries[i], query_here);
		kept++;
	}
	*out = TAKE(leftovers);
	*count = kept;
	return 0;
}

int leftover_not_removed(const struct ledger_entry *entry, int code, struct skbscope_error *error)
{
	if (code != -ENOENT)
		return fail_errno(error, code, STAGE, "cannot remove the filter '%s' from '%s'",
				  entry->name, entry->interface);
	return hint(error,
		    fail(error, code, STAGE,
			 "the filter '%s' of '%s' is still in the kernel, but its network "
			 "namespace is not to be found",
			 entry->name, entry->interface),
		    "it is looked for %s%sunder " NETNS_DIRECTORY " and among all processes",
		    entry->netns_path.path, entry->netns_path.path[0] ? ", " : "");
}

int leftovers_remove(const char *interface, size_t *removed, struct skbscope_error *error)
{
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	AUTO(freep) struct ledger_entry *entries = NULL;
	size_t total = 0, gone = 0;
	int result = 0, r = open_ledger(&ledger, error);

	if (r < 0)
		return r;
	if (ledger)
		r = ledger_list(ledger, &entries, &total);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read '%s'", LEDGER_DIRECTORY);
	for (size_t i = 0; i < total; i++) {
		if (ledger_owner_lives(&entries[i].owner) != 0 ||
		    !is_wanted(&entries[i], interface))
			continue;
		r = filter_remove(ledger, &entries[i]);
		if (r < 0)
			result = leftover_not_removed(&entries[i], r, error);
		gone += r > 0;
	}
	if (removed)
		*removed = gone;
	return result;
}

int leftovers_sweep(struct ledger *ledger, const struct ledger_entry *same_interface)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	size_t count = 0;
	int r = ledger_list(ledger, &entries, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if ((ledger_same_interface(&entries[i], same_interface) ||
		     (is_gone(entries[i].program_id) && is_gone(entries[i].next_program_id))) &&
		    ledger_owner_lives(&entries[i].owner) == 0)
			filter_remove(ledger, &entries[i]); /* what resists is listed by doctor */
	return 0;
}
