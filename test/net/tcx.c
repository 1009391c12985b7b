/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the installed bpftool and tc are too old for: lists the programs on a tcx
 * hook, and attaches somebody else's object file to one for as long as this
 * process lives. Asks the kernel directly, so it does not share a mistake with
 * the code under test.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_INGRESS 46 /* BPF_TCX_*, BPF_F_BEFORE and _AFTER: newer than some linux/bpf.h */
#define TCX_EGRESS 47
#define PLACE_BEFORE (1u << 3)
#define PLACE_AFTER (1u << 4)
#define PROGRAMS_MAX 64

/* The parts of union bpf_attr used here; the kernel takes any length. */
struct link_create {
	uint32_t program_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd; /* 0 with a flag: before the first, after the last */
	uint32_t padding;
	uint64_t revision;
};

struct prog_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t ids;
	uint32_t count;
	uint32_t padding;
	uint64_t rest[4];
};

static uint32_t attach_type(const char *direction)
{
	return strcmp(direction, "egress") == 0 ? TCX_EGRESS : TCX_INGRESS;
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "tcx: %s: %s\n", what, strerror(error));
	return 1;
}

static int list(const char *interface, const char *direction)
{
	uint32_t ids[PROGRAMS_MAX] = { 0 };
	struct prog_query query = { 0 };

	query.ifindex = if_nametoindex(interface);
	query.attach_type = attach_type(direction);
	query.ids = (uint64_t)(uintptr_t)ids;
	query.count = PROGRAMS_MAX;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) != 0)
		return complain("cannot query the hook", errno);

	for (uint32_t i = 0; i < query.count; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t length = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(ids[i]);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
			printf("tcx %s %u %s\n", direction, ids[i], info.name);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

static int hold(const char *interface, const char *direction, const char *path, const char *place)
{
	struct link_create create = { 0 };
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);
	struct bpf_program *program;
	struct bpf_object *object;
	int fd;

	object = bpf_object__open_file(path, NULL);
	if (!object || bpf_object__load(object) != 0)
		return complain(path, errno);
	program = bpf_object__next_program(object, NULL);
	fd = bpf_program__fd(program);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return complain(path, errno);

	create.program_fd = (uint32_t)fd;
	create.ifindex = if_nametoindex(interface);
	create.attach_type = attach_type(direction);
	create.flags = !place ? 0 : strcmp(place, "before") == 0 ? PLACE_BEFORE : PLACE_AFTER;
	if (syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create)) < 0)
		return complain("cannot attach", errno);

	printf("%u\n", info.id);
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list(argv[2], "ingress") || list(argv[2], "egress");
	if ((argc == 5 || argc == 6) && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : NULL);
	fputs("usage: tcx list INTERFACE\n"
	      "       tcx hold INTERFACE ingress|egress OBJECT [before|after]\n",
	      stderr);
	return 2;
}
