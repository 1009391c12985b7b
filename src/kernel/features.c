/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing the kernel. Hooks are tried on the loopback device of a network
 * namespace made for the purpose by a child, which ends with the child.
 */
#include "kernel/features.h"

#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "kernel/abi.h"
#include "kernel/maps.h"
#include "kernel/tc.h"
#include "kernel/tcx.h"

#define LOOPBACK 1 /* ifindex in every new namespace */
#define CHILD_TCX 1
#define CHILD_CLSACT 2
#define CHILD_FAILED 4

enum which {
	TCX,
	CLSACT,
	TEST_RUN,
	JIT,
	HASH_BATCH,
	PERCPU_HASH_BATCH,
	ARRAY_BATCH,
	PERCPU_ARRAY_BATCH,
	RING_BUFFER,
	RUN_STATISTICS,
	FEATURE_COUNT,
};

static struct feature features[FEATURE_COUNT] = {
	[TCX] = { "tcx", FEATURE_UNKNOWN, "attachments that end with their process",
		  "Linux 6.6 with CONFIG_NET_XGRESS" },
	[CLSACT] = { "clsact", FEATURE_UNKNOWN, "attachments on kernels without tcx",
		     "modprobe sch_ingress cls_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)" },
	[TEST_RUN] = { "test run", FEATURE_UNKNOWN, "running a program on a recorded packet",
		       "Linux 4.12 or later" },
	[JIT] = { "JIT", FEATURE_UNKNOWN, "programs as native machine code",
		  "sysctl net.core.bpf_jit_enable=1" },
	[HASH_BATCH] = { "batch: hash", FEATURE_UNKNOWN, "reading large tables quickly",
			 "Linux 5.6 or later; tables are read key by key instead" },
	[PERCPU_HASH_BATCH] = { "batch: percpu hash", FEATURE_UNKNOWN,
				"reading large tables quickly",
				"Linux 5.6 or later; tables are read key by key instead" },
	[ARRAY_BATCH] = { "batch: array", FEATURE_UNKNOWN, "reading large tables quickly",
			  "Linux 5.6 or later; tables are read key by key instead" },
	[PERCPU_ARRAY_BATCH] = { "batch: percpu array", FEATURE_UNKNOWN,
				 "reading large tables quickly",
				 "Linux 5.13 or later; tables are read key by key instead" },
	[RING_BUFFER] = { "ring buffer", FEATURE_UNKNOWN, "tables of type BPF_RINGBUF_OUTPUT",
			  "Linux 5.8 or later; BPF_PERF_OUTPUT works on older kernels" },
	[RUN_STATISTICS] = { "run statistics", FEATURE_UNKNOWN,
			     "what a program costs, in nanoseconds a packet",
			     "Linux 5.8 and CAP_SYS_ADMIN" },
};

static void record(enum which which, bool present)
{
	features[which].state = present ? FEATURE_PRESENT : FEATURE_MISSING;
}

/* EPERM says nothing about the kernel. */
static void record_code(enum which which, int code)
{
	if (code == -EPERM || code == -EACCES)
		features[which].state = FEATURE_UNKNOWN;
	else
		record(which, code >= 0);
}

static int load_probe(void)
{
	static const struct bpf_insn pass_on[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skbscope_probe", "GPL", pass_on,
			       sizeof(pass_on) / sizeof(*pass_on), NULL);

	return fd < 0 ? -errno : fd;
}

static bool try_tcx(int program)
{
	AUTO(closep) int link = tcx_attach(program, LOOPBACK, SKBSCOPE_INGRESS, false);

	return link >= 0;
}

static bool try_clsact(int program)
{
	AUTO(tc_closep) struct tc *tc = NULL;
	const struct tc_filter filter = {
		.ifindex = LOOPBACK,
		.parent = tc_parent(SKBSCOPE_INGRESS),
		.handle = 1,
		.priority = 1,
		.name = "skbscope:probe",
	};

	return tc_open(&tc) == 0 && tc_clsact_add(tc, LOOPBACK) == 0 &&
	       tc_filter_add(tc, &filter, program) == 0;
}

static int child(int program)
{
	if (unshare(CLONE_NEWNET) < 0)
		return CHILD_FAILED;
	return (try_tcx(program) ? CHILD_TCX : 0) | (try_clsact(program) ? CHILD_CLSACT : 0);
}

static void probe_hooks(int program)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(child(program));
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	    (WEXITSTATUS(status) & CHILD_FAILED))
		return;
	record(TCX, WEXITSTATUS(status) & CHILD_TCX);
	record(CLSACT, WEXITSTATUS(status) & CHILD_CLSACT);
	if (WEXITSTATUS(status) == CHILD_CLSACT)
		features[TCX].remedy = "Linux 6.6 with CONFIG_NET_XGRESS; clsact is used instead";
}

static void probe_program(int program)
{
	static const unsigned char frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = 1);
	struct bpf_prog_info info;
	uint32_t length = sizeof(info);

	record_code(TEST_RUN, bpf_prog_test_run_opts(program, &options) < 0 ? -errno : 0);
	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(program, &info, &length) == 0)
		record(JIT, info.jited_prog_len > 0);
}

static void probe_batch(enum which which, enum bpf_map_type type)
{
	const uint32_t cpus = possible_cpus();
	AUTO(freep) uint64_t *values = calloc(cpus, sizeof(*values));
	AUTO(closep) int fd = bpf_map_create(type, "skbscope_probe", 4, 8, 1, NULL);
	uint32_t key = 0, count = 1;
	uint64_t cursor[2] = { 0 };

	if (fd < 0 || !values || !cpus)
		return;
	/* An empty hash answers that there is nothing; that is an answer. */
	if (bpf_lookup_batch(fd, NULL, (uint32_t *)(void *)cursor, &key, values, &count) < 0 &&
	    errno != ENOENT)
		record_code(which, -errno);
	else
		record(which, true);
}

static void probe_ring_buffer(void)
{
	AUTO(closep)
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "skbscope_probe", 0, 0,
				(uint32_t)sysconf(_SC_PAGESIZE), NULL);

	record_code(RING_BUFFER, fd < 0 ? -errno : fd);
}

static void probe_statistics(void)
{
	AUTO(closep) int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	record_code(RUN_STATISTICS, fd < 0 ? -errno : fd);
}

const struct feature *features_probe(size_t *count)
{
	AUTO(closep) int program = load_probe();

	for (size_t i = 0; i < FEATURE_COUNT; i++)
		features[i].state = FEATURE_UNKNOWN;
	if (program >= 0) {
		probe_hooks(program);
		probe_program(program);
	}
	probe_batch(HASH_BATCH, BPF_MAP_TYPE_HASH);
	probe_batch(PERCPU_HASH_BATCH, BPF_MAP_TYPE_PERCPU_HASH);
	probe_batch(ARRAY_BATCH, BPF_MAP_TYPE_ARRAY);
	probe_batch(PERCPU_ARRAY_BATCH, BPF_MAP_TYPE_PERCPU_ARRAY);
	probe_ring_buffer();
	probe_statistics();
	*count = FEATURE_COUNT;
	return features;
}

bool features_can_attach(const struct feature *list, size_t count)
{
	return count > CLSACT &&
	       (list[TCX].state != FEATURE_MISSING || list[CLSACT].state != FEATURE_MISSING);
}
