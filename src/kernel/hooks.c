/* SPDX-License-Identifier: Apache-2.0 */
/* One program on one direction of one interface: tcx if the kernel has it, else clsact. */
#include "kernel/hooks.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/clsact.h"
#include "kernel/permission.h"
#include "kernel/tcx.h"
#include "model/names.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

static int refused(const struct hook_request *request, const char *hook, int code,
		   struct skbscope_error *error)
{
	code = fail_errno(error, code, STAGE, "cannot attach '%s' to %s of '%s' by %s",
			  request->program.function, direction_name(request->direction),
			  request->interface, hook);
	return permission_hint(error, code);
}

/* -EOPNOTSUPP, with no error reported, where the kernel has no tcx. */
static int attach_tcx(const struct hook_request *request, struct hook *hook,
		      struct skbscope_error *error)
{
	int link = request->support.tcx ? tcx_attach(request->program.fd, request->ifindex,
						     request->direction, request->first)
					: -EOPNOTSUPP;

	if (link < 0)
		return link == -EOPNOTSUPP ? link : refused(request, "tcx", link, error);
	hook->kind = SKBSCOPE_HOOK_TCX;
	hook->link = link;
	return 0;
}

static int attach_clsact(const struct hook_request *request, struct hook *hook,
			 struct skbscope_error *error)
{
	hook->kind = SKBSCOPE_HOOK_CLSACT;
	return request->support.clsact ? clsact_attach(request, &hook->filter, error) : -EOPNOTSUPP;
}

static int attach(const struct hook_request *request, struct hook *hook,
		  struct skbscope_error *error)
{
	int r = -EOPNOTSUPP;

	if (request->wanted != SKBSCOPE_HOOK_CLSACT)
		r = attach_tcx(request, hook, error);
	if (r != -EOPNOTSUPP)
		return r;
	if (request->wanted == SKBSCOPE_HOOK_TCX)
		return hint(error,
			    fail(error, r, STAGE, "this kernel has no tcx hook for '%s'",
				 request->interface),
			    "tcx came with Linux 6.6; --hook clsact works on older kernels");
	r = attach_clsact(request, hook, error);
	if (r == -EOPNOTSUPP)
		return hint(error,
			    fail(error, r, STAGE, "this kernel has no hook to attach to: %s",
				 request->wanted == SKBSCOPE_HOOK_CLSACT
					 ? "no clsact qdisc"
					 : "neither tcx nor clsact"),
			    "it needs CONFIG_NET_XGRESS (Linux 6.6), or CONFIG_NET_SCH_INGRESS and "
			    "CONFIG_NET_CLS_BPF (modules sch_ingress and cls_bpf)");
	return r;
}

int hook_attach(const struct hook_request *request, struct hook *out, struct skbscope_error *error)
{
	AUTO(freep) char *function = strdup(request->program.function);
	struct hook hook = {
		.ifindex = request->ifindex,
		.netns = request->netns,
		.where = request->netns_path,
		.direction = request->direction,
		.program_id = request->program.id,
		.link = -1,
	};
	int r = function ? attach(request, &hook, error) : fail_memory(error, STAGE);

	if (r < 0)
		return r;
	memcpy(hook.interface, request->interface, sizeof(hook.interface));
	hook.function = TAKE(function);
	*out = hook;
	return 0;
}

bool hook_is_attached(const struct hook *hook)
{
	if (hook->kind == SKBSCOPE_HOOK_TCX)
		return tcx_is_attached(hook->link);
	return hook->filter && clsact_is_attached(hook->filter);
}

void hook_rename(struct hook *hook)
{
	char name[IF_NAMESIZE];

	if (netns_interface_name(&hook->netns, &hook->where, hook->ifindex, name) == 0)
		memcpy(hook->interface, name, sizeof(name));
}

int hook_leave(struct hook *hook, struct skbscope_error *error)
{
	closep(&hook->link);
	return hook->filter ? clsact_detach(&hook->filter, error) : 0;
}

int hook_forget(struct hook *hook, struct skbscope_error *error)
{
	return clsact_forget(TAKE(hook->filter), error);
}

void hook_clear(struct hook *hook)
{
	closep(&hook->link);
	hook_forget(hook, NULL);
	free(TAKE(hook->function));
}

bool hook_is_foreign(const struct hook *hook)
{
	/* A clsact filter that is not ours is no filter of ours: we are detached. */
	return hook->kind == SKBSCOPE_HOOK_TCX && tcx_is_foreign(hook->link, hook->program_id);
}

int hook_taken(const struct hook *hook, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EBUSY, STAGE, "another program has replaced '%s' on %s of '%s'",
			 hook->function, direction_name(hook->direction), hook->interface),
		    "\"bpftool link show\" and \"bpftool net\" show which");
}

static int not_replaced(const struct hook *hook, const struct hook_program *to, int code,
			struct skbscope_error *error)
{
	code = fail_errno(error, code, STAGE, "cannot replace '%s' with '%s' on %s of '%s'",
			  hook->function, to->function, direction_name(hook->direction),
			  hook->interface);
	return permission_hint(error, code);
}

int hook_replace(struct hook *hook, const struct hook_program *from, const struct hook_program *to,
		 struct skbscope_error *error)
{
	AUTO(freep) char *function = strdup(to->function);
	int r;

	if (!function)
		return fail_memory(error, STAGE);
	if (hook->kind == SKBSCOPE_HOOK_TCX)
		r = tcx_replace(hook->link, from->fd, to->fd, from->id);
	else
		r = clsact_replace(hook->filter, to->function, to->fd, to->id);
	if (r == -ENODEV)
		return r;
	if (r == -EBUSY)
		return hook_taken(hook, error);
	if (r < 0)
		return not_replaced(hook, to, r, error);
	free(hook->function);
	hook->function = TAKE(function);
	hook->program_id = to->id;
	return 0;
}
