/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of program a function is, by the parameter it takes. */
#include "image/context.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/image.h"

#define TC_CONTEXT "__sk_buff"

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

/* Behind typedefs, const and the like. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The struct that the first parameter points to; "" where it takes none, or says void *. */
static const char *context_of(const struct btf *btf, const struct btf_type *prototype)
{
	const struct btf_type *type;

	if (!btf_vlen(prototype))
		return "";
	type = resolve(btf, btf_params(prototype)[0].type);
	if (!type || !btf_is_ptr(type))
		return type && btf_kind(type) ? "int" : "";
	type = resolve(btf, type->type);
	return type && (btf_is_composite(type) || btf_is_fwd(type))
		       ? btf__name_by_offset(btf, type->name_off)
		       : "";
}

int contexts_fill(struct skbscope_image *image)
{
	struct skbscope_image_program *programs = (struct skbscope_image_program *)image->programs;
	AUTO(btf_freep) struct btf *btf = image->btf ? btf__new(image->btf, image->btf_size) : NULL;

	if (image->btf && !btf)
		return -errno;
	for (size_t i = 0; btf && i < image->program_count; i++) {
		const struct btf_type *type;

		if (!programs[i].function_count)
			continue;
		type = btf__type_by_id(btf, programs[i].functions[0].type_id);
		type = type ? btf__type_by_id(btf, type->type) : NULL;
		if (!type || !btf_is_func_proto(type))
			continue;
		programs[i].context = arena_string(arena_of(image), context_of(btf, type));
		programs[i].is_void = type->type == 0;
	}
	return arena_failed(arena_of(image)) ? -ENOMEM : 0;
}

static const char write_tc[] = "a tc program is written: int name(struct __sk_buff *skb)";

/* By the struct's name, or by its beginning where it ends in '*'. */
static const struct {
	const char *context;
	struct foreign foreign;
} kinds[] = {
	{ "xdp_md",
	  { "is an XDP program",
	    "for tc write int name(struct __sk_buff *skb), TC_ACT_UNSPEC for XDP_PASS and "
	    "TC_ACT_SHOT for XDP_DROP: the numbers mean other things, XDP_PASS is TC_ACT_SHOT" } },
	{ "pt_regs", { "is a kprobe, uprobe or USDT program", write_tc } },
	{ "bpf_perf_event_data", { "is a perf event program", write_tc } },
	{ "bpf_raw_tracepoint_args", { "is a raw tracepoint program", write_tc } },
	{ "tracepoint__*", { "is a tracepoint program", write_tc } },
	{ "bpf_sock_ops", { "is a sock_ops program", write_tc } },
	{ "sk_msg_md", { "is an sk_msg program", write_tc } },
	{ "bpf_sock", { "is a cgroup socket program", write_tc } },
	{ "bpf_sock_addr", { "is a cgroup socket address program", write_tc } },
	{ "bpf_sockopt", { "is a cgroup socket option program", write_tc } },
	{ "bpf_sysctl", { "is a cgroup sysctl program", write_tc } },
	{ "bpf_cgroup_dev_ctx", { "is a cgroup device program", write_tc } },
	{ "bpf_sk_lookup", { "is an sk_lookup program", write_tc } },
	{ "sk_reuseport_md", { "is an sk_reuseport program", write_tc } },
	{ "int", { "takes a number where a tc program gets the packet", write_tc } },
};

/* bcc attaches these by themselves; their parameters may be of any type. */
static const char *const probes[] = { "kprobe__", "kretprobe__", "tracepoint__", "raw_tracepoint__",
				      "kfunc__",  "kretfunc__",  "kmod_ret__",   "lsm__" };

static bool is_like(const char *context, const char *pattern)
{
	size_t length = strcspn(pattern, "*");

	return strncmp(context, pattern, length) == 0 && (pattern[length] || !context[length]);
}

bool context_is_foreign(const struct skbscope_image_program *program, struct foreign *out)
{
	const char *context = program->context;

	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++)
		if (strncmp(program->name, probes[i], strlen(probes[i])) == 0) {
			*out = (struct foreign){ "is a probe, by its name", write_tc };
			return true;
		}
	if (!context || !*context || strcmp(context, TC_CONTEXT) == 0)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is_like(context, kinds[i].context)) {
			*out = kinds[i].foreign;
			return true;
		}
	*out = (struct foreign){ "does not take the struct __sk_buff that tc gives it", write_tc };
	return true;
}
