/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiler handle: when the waiting worker compiles, when one of its own does,
 * and when a new one is started in the place of one that died.
 */
#include "compile/prewarmed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "compile/kernel_types.h"
#include "compile/request_build.h"
#include "compile/warm_client.h"

/* Warming up takes some 75 ms, then a compilation 36; a worker of its own takes 60.
 * So whoever asks in the first 50 ms is served sooner by that, later by waiting. */
#define WAIT_PAYS_NS UINT64_C(50000000)
#define WARM_UP_NS UINT64_C(1000000000) /* longer is stuck, or a machine under load */
#define MAX_FAILURES 3                  /* in a row; then something is wrong for good */

struct skbscope_compiler {
	atomic_flag busy; /* one compilation at a time; others use workers of their own */
	struct warm warm;
	unsigned int failures; /* of waiting workers, since one compiled */
	_Atomic int types;     /* kernel types, sealed; -1: not made yet */
	_Atomic uint64_t errors_in_vain;
};

/* What makes clang and LLVM do once all that they do only once: a table, packet
 * headers, a branch, an atomic add. */
static const char warm_up_text[] =
	"#include <uapi/linux/bpf.h>\n"
	"#include <uapi/linux/if_ether.h>\n"
	"#include <uapi/linux/ip.h>\n"
	"struct key { u32 address; u16 protocol; u16 zero; };\n"
	"BPF_HASH(table, struct key, u64);\n"
	"int count(struct __sk_buff *skb)\n"
	"{\n"
	"	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;\n"
	"	struct iphdr *ip = data + sizeof(struct ethhdr);\n"
	"	struct key key = {};\n"
	"	u64 zero = 0, *value;\n"
	"	if ((void *)(ip + 1) > end)\n"
	"		return 0;\n"
	"	key.address = ip->saddr;\n"
	"	key.protocol = ip->protocol;\n"
	"	value = table.lookup_or_try_init(&key, &zero);\n"
	"	if (value)\n"
	"		lock_xadd(value, 1);\n"
	"	table.increment(key);\n"
	"	return 0;\n"
	"}\n";

static int start_warm(struct skbscope_compiler *compiler, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	int r = request_build_own(&build, warm_up_text, error);

	return r < 0 ? r : warm_start(&compiler->warm, &build.request, build.path_fds, error);
}

int skbscope_compiler_new(struct skbscope_compiler **out, struct skbscope_error *error)
{
	struct skbscope_compiler *compiler = calloc(1, sizeof(*compiler));
	int r;

	if (!compiler)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	atomic_flag_clear(&compiler->busy);
	compiler->warm = (struct warm)WARM_NONE;
	compiler->types = -1;
	r = start_warm(compiler, error);
	if (r < 0) {
		skbscope_compiler_free(compiler);
		return r;
	}
	*out = compiler;
	return 0;
}

void skbscope_compiler_free(struct skbscope_compiler *compiler)
{
	int types;

	if (!compiler)
		return;
	warm_stop(&compiler->warm);
	types = compiler->types;
	closep(&types);
	free(compiler);
}

static bool is_ready(struct skbscope_compiler *compiler, const struct worker_limits *limits)
{
	struct warm *warm = &compiler->warm;
	uint64_t now = clock_monotonic_ns();
	bool wait = now - warm->started_ns >= WAIT_PAYS_NS;
	uint64_t deadline_ns = warm->started_ns + WARM_UP_NS;

	if (!warm->pid)
		return false;
	/* What is there already is taken without waiting. */
	return warm_ready(warm, wait && deadline_ns > now ? deadline_ns : now + 1,
			  limits->cancel_fd);
}

/* Behind the compilation that did without it, not beside it. */
static void replace_warm(struct skbscope_compiler *compiler)
{
	if (compiler->warm.pid || compiler->failures >= MAX_FAILURES)
		return;
	compiler->failures++;
	(void)start_warm(compiler, NULL);
}

int prewarmed_run(struct skbscope_compiler *compiler, const struct worker_request *request,
		  const int *path_fds, const struct worker_limits *limits,
		  struct worker_result *result, struct skbscope_error *error)
{
	bool lost = false;
	int r = -EPIPE;

	if (!compiler || atomic_flag_test_and_set(&compiler->busy))
		return worker_run(request, path_fds, limits, result, error);
	if (is_ready(compiler, limits)) {
		r = warm_run(&compiler->warm, request, path_fds, limits, result, error);
		lost = r == -EPIPE;
	}
	if (r == 0)
		compiler->failures = 0;
	if (r == -EPIPE) {
		r = worker_run(request, path_fds, limits, result, error);
		if (r == 0)
			result->begun_again = lost;
	}
	replace_warm(compiler);
	atomic_flag_clear(&compiler->busy);
	return r;
}

/* The worker holds it too, and must not change it for those who come later. */
static int types_file(struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer types = { 0 };
	AUTO(closep) int fd = -1;
	int r = kernel_types_generate(&types, error);

	if (r < 0) {
		if (error)
			error->stage = SKBSCOPE_STAGE_WORKER;
		return r;
	}
	fd = r = worker_memory_file("skbscope-kernel-types");
	if (r >= 0)
		r = write_all(fd, types.data, types.length);
	if (r == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_COMPILE,
				  "cannot pass kernel types to the compiler");
	return TAKE_FD(fd);
}

int prewarmed_kernel_types(struct skbscope_compiler *compiler, struct skbscope_error *error)
{
	int none = -1, fd;

	if (compiler && compiler->types >= 0) {
		fd = fcntl(compiler->types, F_DUPFD_CLOEXEC, 0);
		return fd >= 0 ? fd
			       : fail_errno(error, errno, SKBSCOPE_STAGE_COMPILE,
					    "cannot pass kernel types to the compiler");
	}
	fd = types_file(error);
	if (fd < 0 || !compiler)
		return fd;
	if (!atomic_compare_exchange_strong(&compiler->types, &none, fd))
		return fd; /* another thread made them first */
	return prewarmed_kernel_types(compiler, error);
}

bool prewarmed_in_vain(struct skbscope_compiler *compiler, uint64_t errors)
{
	return compiler && compiler->errors_in_vain == errors;
}

void prewarmed_remember_in_vain(struct skbscope_compiler *compiler, uint64_t errors)
{
	if (compiler)
		compiler->errors_in_vain = errors;
}
