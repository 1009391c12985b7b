/* SPDX-License-Identifier: Apache-2.0 */
/* tcx links. Whether the kernel has them is found out by asking for one. */
#include "kernel/tcx.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/abi.h"

int tcx_attach(int program, uint32_t ifindex, enum skbscope_direction direction, bool first)
{
	LIBBPF_OPTS(bpf_link_create_opts, options);
	uint32_t type = direction == SKBSCOPE_INGRESS ? ABI_TCX_INGRESS : ABI_TCX_EGRESS;
	int fd;

	options.flags = first ? ABI_F_BEFORE : 0;
	fd = bpf_link_create(program, (int)ifindex, (enum bpf_attach_type)type, &options);
	if (fd >= 0)
		return fd;
	/* A kernel without tcx does not know the attach type, or the command. */
	if (errno == EINVAL || errno == ABI_ENOTSUPP || errno == EOPNOTSUPP)
		return -EOPNOTSUPP;
	return -errno;
}

static bool query(int link, struct abi_link_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(link, info, &length) == 0;
}

int tcx_replace(int link, int from, int to, uint32_t from_id)
{
	LIBBPF_OPTS(bpf_link_update_opts, options);
	struct abi_link_info info;
	int r;

	options.flags = BPF_F_REPLACE;
	options.old_prog_fd = (uint32_t)from;
	if (bpf_link_update(link, to, &options) == 0)
		return 0;
	r = -errno;
	if (!query(link, &info))
		return r;
	if (!info.ifindex)
		return -ENODEV;
	return info.program_id != from_id ? -EBUSY : r;
}

bool tcx_is_foreign(int link, uint32_t program_id)
{
	struct abi_link_info info;

	return query(link, &info) && info.ifindex && info.program_id != program_id;
}

bool tcx_is_attached(int link)
{
	struct abi_link_info info;

	return query(link, &info) && info.ifindex != 0;
}
