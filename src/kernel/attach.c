/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching a session: every entry function to every interface, or nothing at
 * all. Passive programs go in front of others, to see packets as they arrive, and
 * pass every one of them on; enforced ones go behind, so that they cannot let
 * past what another program would have stopped.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/options.h"
#include "kernel/interfaces.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

static int no_such_interface(const char *interface, bool elsewhere, struct skbscope_error *error)
{
	struct if_nameindex *list = if_nameindex();
	char found[256];
	int r;

	r = fail(error, ENODEV, STAGE, "there is no interface '%s'%s", interface,
		 elsewhere ? " in that network namespace" : "");
	netns_with_interface(interface, found, sizeof(found));
	if (found[0]) {
		r = hint(error, r, "it is in the network namespace %s: use --netns", found);
	} else if (list) {
		const char *names[256];
		size_t count = 0;

		while (count < 256 && list[count].if_name) {
			names[count] = list[count].if_name;
			count++;
		}
		if (!hint_nearest(error, interface, names, count))
			hint(error, r, "\"ip %slink\" lists the interfaces",
			     elsewhere ? "-n NAME " : "");
	}
	if (list)
		if_freenameindex(list);
	return r;
}

static int find_interface(const char *interface, bool elsewhere, struct hook_request *request,
			  struct skbscope_error *error)
{
	struct interface found;
	int r = interface_find(interface, &found);

	if (r == -ENODEV)
		return no_such_interface(interface, elsewhere, error);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot look for the interface '%s'", interface);
	request->ifindex = found.ifindex;
	memcpy(request->interface, found.name, sizeof(request->interface));
	return 0;
}

/* By two of its names, it may be. */
static int check_new(const struct skbscope_session *session, size_t before,
		     const struct hook_request *request, const char *name,
		     struct skbscope_error *error)
{
	for (size_t i = before; i < session->hook_count; i++)
		if (session->hooks[i].ifindex == request->ifindex)
			return fail(error, EINVAL, STAGE,
				    "the interface '%s' is named twice, which would count its "
				    "packets twice",
				    name);
	return 0;
}

static int attach_interface(struct skbscope_session *session, struct hook_request *request,
			    bool paused, struct skbscope_error *error)
{
	for (int direction = SKBSCOPE_INGRESS; direction <= SKBSCOPE_EGRESS; direction++) {
		int r;

		request->direction = (enum skbscope_direction)direction;
		if (!session_entry(session, request->direction, &request->program))
			continue;
		if (paused) {
			request->program.fd = session->placeholder.fd;
			request->program.id = session->placeholder.id;
		}
		r = hook_attach(request, &session->hooks[session->hook_count], error);
		if (r < 0)
			return r;
		session->hook_count++;
	}
	return 0;
}

static int attach_all(struct skbscope_session *session,
		      const struct skbscope_attach_options *options, struct hook_support support,
		      struct skbscope_error *error)
{
	struct hook_request request = {
		.wanted = options->hook,
		.support = support,
		.first = !session->enforce,
	};
	size_t before = session->hook_count;
	int r = netns_identity(&request.netns);

	netns_path(options->netns, &request.netns_path);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot tell which network namespace this is");
	for (size_t i = 0; i < options->interface_count; i++) {
		r = find_interface(options->interfaces[i], options->netns != NULL, &request, error);
		if (r < 0)
			return r;
		r = check_new(session, before, &request, options->interfaces[i], error);
		if (r < 0)
			return r;
		r = attach_interface(session, &request, options->paused, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check(const struct skbscope_session *session,
		 const struct skbscope_attach_options *options, struct skbscope_error *error)
{
	if (session->every_function)
		return fail(error, EINVAL, STAGE,
			    "a session opened for checking cannot be attached");
	if (!options->interface_count)
		return hint(error, fail(error, EINVAL, STAGE, "no interface was named"),
			    "name one with -i");
	return 0;
}

static int attach_in_namespace(struct skbscope_session *session,
			       const struct skbscope_attach_options *options,
			       struct hook_support support, struct skbscope_error *error)
{
	struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int namespace = -1;
	int r, left;

	if (!options->netns)
		return attach_all(session, options, support, error);
	namespace = netns_open(options->netns, error);
	if (namespace < 0)
		return namespace;
	r = netns_enter(&visit, namespace, error);
	if (r < 0)
		return r;
	r = attach_all(session, options, support, error);
	left = netns_leave(&visit);
	if (left < 0)
		return fail_errno(error, left, STAGE,
				  "cannot return from the network namespace '%s'", options->netns);
	return r;
}

int session_attach(struct skbscope_session *session,
		   const struct skbscope_attach_options *caller_options,
		   struct hook_support support, struct skbscope_error *error)
{
	struct skbscope_attach_options options = { 0 };
	size_t before = session->hook_count;
	struct hook *hooks;
	int r;

	r = options_take(&options, sizeof(options), caller_options, STAGE, error);
	if (r < 0)
		return r;
	r = check(session, &options, error);
	if (r == 0 && session->feed)
		r = fail(error, EINVAL, STAGE,
			 "a session that is fed a recording cannot be attached");
	if (r < 0)
		return r;
	r = options.paused ? session_need_placeholder(session, error) : 0;
	if (r < 0)
		return r;
	hooks = realloc(session->hooks, (before + 2 * options.interface_count) * sizeof(*hooks));
	if (!hooks)
		return fail_memory(error, STAGE);
	session->hooks = hooks;
	r = attach_in_namespace(session, &options, support, error);
	if (r == 0)
		return 0;
	while (session->hook_count > before) {
		struct hook *hook = &session->hooks[--session->hook_count];
		struct skbscope_error undone;

		if (hook_leave(hook, &undone) < 0)
			hint(error, r, "and %s: %s", undone.message, undone.hint);
		hook_clear(hook);
	}
	return r;
}

int skbscope_session_attach(struct skbscope_session *session,
			    const struct skbscope_attach_options *options,
			    struct skbscope_error *error)
{
	return session_attach(session, options,
			      (struct hook_support){ .tcx = true, .clsact = true }, error);
}

bool session_has_hook(const struct skbscope_session *session, uint32_t ifindex)
{
	for (size_t i = 0; i < session->hook_count; i++)
		if (session->hooks[i].ifindex == ifindex)
			return true;
	return false;
}

static bool is_gone(struct hook *hook)
{
	char name[IF_NAMESIZE];

	return !hook_is_attached(hook) &&
	       netns_interface_name(&hook->netns, &hook->where, hook->ifindex, name) < 0 &&
	       hook_leave(hook, NULL) == 0 && !hook->filter;
}

void session_forget_gone(struct skbscope_session *session)
{
	size_t kept = 0;

	for (size_t i = 0; i < session->hook_count; i++) {
		if (is_gone(&session->hooks[i]))
			hook_clear(&session->hooks[i]);
		else
			session->hooks[kept++] = session->hooks[i];
	}
	session->hook_count = kept;
}

/* A namespace that is not found is gone, and the filters in it, or only out of sight. The
 * kernel tells when nothing but those filters can hold the programs. */
static int forget_lost(struct skbscope_session *session, struct skbscope_error *error)
{
	int result = 0;

	for (size_t i = 0; session->programs && i < session->image->program_count; i++)
		closep(&session->programs[i].fd);
	for (size_t i = session->hook_count; i-- > 0;) {
		int r = hook_forget(&session->hooks[i], error);

		result = r < 0 ? r : result;
	}
	return result;
}

int skbscope_session_detach(struct skbscope_session *session, struct skbscope_error *error)
{
	bool lost = false;
	int result = 0;

	for (size_t i = session->hook_count; i-- > 0;) {
		int r = hook_leave(&session->hooks[i], error);

		lost = lost || (r == 0 && session->hooks[i].filter);
		result = r < 0 ? r : result;
	}
	return lost && result == 0 ? forget_lost(session, error) : result;
}
