/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks of a swap, in an order that can be undone until the end: replace what
 * stays, attach what is new, and last detach what is no longer wanted, which does
 * not fail.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/swap.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

struct exchange {
	struct skbscope_session *before, *after;
	struct hook *hooks; /* room for both directions of every interface */
	size_t old, count;  /* the first OLD are the session's, those up to COUNT are new */
	bool *replaced;     /* of the old ones */
	size_t alive;
};

/* What can be known to fail must not fail half-way: the packets between would be in
 * the tables of a program that is taken back. */
static int check(const struct exchange *exchange, struct skbscope_error *error)
{
	for (size_t i = 0; i < exchange->old; i++) {
		const struct hook *hook = &exchange->hooks[i];

		if (hook_is_foreign(hook))
			return hook_taken(hook, error);
	}
	return 0;
}

static int replace(struct exchange *exchange, struct skbscope_error *error)
{
	for (size_t i = 0; i < exchange->old; i++) {
		struct hook *hook = &exchange->hooks[i];
		struct hook_program from = { .fd = -1 }, to;
		int r;

		if (!session_entry(exchange->after, hook->direction, &to))
			continue;
		/* A direction that had no function since its interface went away. */
		if (!session_entry(exchange->before, hook->direction, &from))
			continue;
		r = hook_replace(hook, &from, &to, error);
		if (r == -ENODEV)
			continue;
		if (r < 0)
			return r;
		exchange->replaced[i] = true;
		exchange->alive++;
	}
	return 0;
}

static bool same_interface(const struct hook *a, const struct hook *b)
{
	return a->ifindex == b->ifindex && netns_same(&a->netns, &b->netns);
}

static bool has_hook(const struct exchange *exchange, const struct hook *like,
		     enum skbscope_direction direction)
{
	for (size_t i = 0; i < exchange->count; i++)
		if (same_interface(&exchange->hooks[i], like) &&
		    exchange->hooks[i].direction == direction)
			return true;
	return false;
}

/* -ENODEV, with no error reported, where the interface or its namespace is gone. */
static int attach_beside(struct exchange *exchange, const struct hook *like,
			 enum skbscope_direction direction, const struct hook_program *program,
			 struct skbscope_error *error)
{
	struct hook_request request = {
		.ifindex = like->ifindex,
		.netns = like->netns,
		.netns_path = like->where,
		.direction = direction,
		.wanted = like->kind,
		.support = { .tcx = true, .clsact = true },
		.program = *program,
		.first = !exchange->after->enforce,
	};
	AUTO(closep) int namespace = netns_find(&like->netns, NULL);
	struct netns_visit visit = NETNS_VISIT_INIT;
	char name[IF_NAMESIZE];
	int r, left;

	memcpy(request.interface, like->interface, sizeof(request.interface));
	if (namespace < 0)
		return namespace == -ENOENT
			       ? -ENODEV
			       : fail_errno(error, namespace, STAGE,
					    "cannot find the network namespace of '%s'",
					    like->interface);
	r = netns_enter(&visit, namespace, error);
	if (r < 0)
		return r;
	r = hook_attach(&request, &exchange->hooks[exchange->count], error);
	if (r < 0 && !if_indextoname(like->ifindex, name))
		r = -ENODEV;
	left = netns_leave(&visit);
	if (r == 0)
		exchange->count++;
	return left < 0 ? fail_errno(error, left, STAGE, "cannot return to our network namespace")
			: r;
}

static int attach_new(struct exchange *exchange, struct skbscope_error *error)
{
	for (int side = SKBSCOPE_INGRESS; side <= SKBSCOPE_EGRESS; side++) {
		enum skbscope_direction direction = (enum skbscope_direction)side;
		struct hook_program program;

		if (!session_entry(exchange->after, direction, &program))
			continue;
		for (size_t i = 0; i < exchange->old; i++) {
			const struct hook *like = &exchange->hooks[i];
			int r;

			if (has_hook(exchange, like, direction) || !hook_is_attached(like))
				continue;
			r = attach_beside(exchange, like, direction, &program, error);
			if (r == -ENODEV)
				continue;
			if (r < 0)
				return r;
			exchange->alive++;
		}
	}
	return 0;
}

static void undo(struct exchange *exchange)
{
	while (exchange->count > exchange->old)
		hook_clear(&exchange->hooks[--exchange->count]);
	for (size_t i = exchange->old; i-- > 0;) {
		struct hook *hook = &exchange->hooks[i];
		struct hook_program from, to;

		if (exchange->replaced[i] &&
		    session_entry(exchange->after, hook->direction, &from) &&
		    session_entry(exchange->before, hook->direction, &to))
			hook_replace(hook, &from, &to, NULL);
	}
}

/* A hook whose interface is gone stays in the list, to be shown as detached; one that
 * could not be left does, to be tried again at the end. */
static void detach_old(struct exchange *exchange)
{
	size_t kept = 0;

	for (size_t i = 0; i < exchange->count; i++) {
		struct hook *hook = &exchange->hooks[i];
		struct hook_program program;
		bool wanted = session_entry(exchange->after, hook->direction, &program);

		if (!wanted && hook_is_attached(hook) && hook_leave(hook, NULL) == 0)
			hook_clear(hook);
		else
			exchange->hooks[kept++] = *hook;
	}
	exchange->count = kept;
}

static int exchange_all(struct exchange *exchange, struct skbscope_error *error)
{
	int r = check(exchange, error);

	if (r == 0)
		r = replace(exchange, error);
	if (r == 0)
		r = attach_new(exchange, error);
	if (r == 0 && exchange->old && !exchange->alive)
		r = hint(error,
			 fail(error, ENODEV, STAGE,
			      "no hook is left: the interfaces are gone, or someone detached us"),
			 "stop, and start again when they are back");
	return r;
}

int swap_hooks(struct skbscope_session *before, struct skbscope_session *after,
	       struct skbscope_error *error)
{
	struct exchange exchange = {
		.before = before,
		.after = after,
		.old = before->hook_count,
		.count = before->hook_count,
	};
	AUTO(freep) bool *replaced = calloc(before->hook_count + 1, sizeof(*replaced));
	struct hook *hooks = realloc(before->hooks, (2 * before->hook_count + 1) * sizeof(*hooks));
	int r;

	if (hooks)
		before->hooks = hooks;
	if (!hooks || !replaced)
		return fail_memory(error, STAGE);
	exchange.hooks = hooks;
	exchange.replaced = replaced;
	r = exchange_all(&exchange, error);
	if (r < 0) {
		undo(&exchange);
		return r;
	}
	detach_old(&exchange);
	after->hooks = TAKE(before->hooks);
	after->hook_count = exchange.count;
	before->hook_count = 0;
	return 0;
}
