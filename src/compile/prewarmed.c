/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiler handle: a worker is started in advance, is warm when it is needed, and
 * serves one request. Who comes while it is not warm gets one of their own.
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
#include "compile/precompiled.h"
#include "compile/request_build.h"

#define MAX_FAILURES 3 /* in a row; then something is wrong for good */

struct skbscope_compiler {
	atomic_flag busy; /* one compilation at a time; others use workers of their own */
	struct worker next;
	struct precompiled precompiled; /* of one worker, for all that follow */
	bool precompiles;               /* the next one is asked for it */
	bool cannot_precompile;
	struct cache_write unwritten; /* left for skbscope_compiler_rest() */
	const char *trouble;          /* writing the one before; static */
	unsigned int failures;        /* of workers that were gone when they were needed */
	_Atomic int types;            /* kernel types, sealed; -1: not made yet */
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

static int start_next(struct skbscope_compiler *compiler, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	int r = request_build_own(&build, warm_up_text, error);

	if (r < 0)
		return r;
	compiler->precompiles = false;
	if (precompiled_holds(&compiler->precompiled))
		precompiled_add(&compiler->precompiled, &build);
	else if (!compiler->cannot_precompile)
		compiler->precompiles = precompiled_ask(&compiler->precompiled, &build) == 0;
	return worker_start(&compiler->next, &build.request, true, error);
}

int skbscope_compiler_new(struct skbscope_compiler **out, struct skbscope_error *error)
{
	struct skbscope_compiler *compiler = calloc(1, sizeof(*compiler));
	int r;

	if (!compiler)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	atomic_flag_clear(&compiler->busy);
	compiler->next = (struct worker)WORKER_INIT;
	compiler->precompiled = (struct precompiled)PRECOMPILED_INIT;
	compiler->unwritten = (struct cache_write)CACHE_WRITE_INIT;
	compiler->types = -1;
	r = start_next(compiler, error);
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
	worker_stop(&compiler->next);
	(void)cache_write(&compiler->unwritten);
	precompiled_clear(&compiler->precompiled);
	types = compiler->types;
	closep(&types);
	free(compiler);
}

/* Whoever cannot once is not asked again, nor after it ended over it. */
static void take_precompiled(struct skbscope_compiler *compiler)
{
	AUTO(buffer_free) struct buffer answer = { 0 };

	if (!compiler->precompiles || !worker_is_warm(&compiler->next))
		return;
	compiler->precompiles = false;
	compiler->cannot_precompile = worker_read_answer(&compiler->next, &answer) < 0 ||
				      !precompiled_take(&compiler->precompiled, &answer);
}

bool prewarmed_add_precompiled(struct skbscope_compiler *compiler, struct request_build *build)
{
	if (!compiler || atomic_flag_test_and_set(&compiler->busy))
		return false;
	take_precompiled(compiler);
	precompiled_add(&compiler->precompiled, build);
	atomic_flag_clear(&compiler->busy);
	return build->request.precompiled;
}

/* -EAGAIN or -EPIPE: nothing is known of the program. */
static int run_warm(struct skbscope_compiler *compiler, const struct worker_request *request,
		    const struct worker_limits *limits, struct worker_result *result,
		    struct skbscope_error *error)
{
	struct worker *worker = &compiler->next;
	int r;

	take_precompiled(compiler);
	r = worker->pid ? worker_send(worker, request, error) : -EAGAIN;
	if (r == -EAGAIN)
		return r;
	compiler->cannot_precompile |= r == -EPIPE && compiler->precompiles;
	compiler->failures = r == -EPIPE ? compiler->failures + 1 : 0;
	if (r < 0) {
		worker_stop(worker);
		return r;
	}
	r = worker_finish(worker, limits, result, error);
	result->warm = r == 0;
	return r;
}

int prewarmed_run(struct skbscope_compiler *compiler, const struct worker_request *request,
		  const struct worker_limits *limits, struct worker_result *result,
		  struct skbscope_error *error)
{
	int r = -EAGAIN;

	if (compiler && !atomic_flag_test_and_set(&compiler->busy)) {
		r = run_warm(compiler, request, limits, result, error);
		atomic_flag_clear(&compiler->busy);
	}
	return r == -EAGAIN || r == -EPIPE ? worker_run(request, limits, result, error) : r;
}

int prewarmed_take_inputs(struct skbscope_compiler *compiler, struct skbscope_inputs *inputs,
			  const struct skbscope_source *source, uint64_t since_ns)
{
	int r;

	if (!compiler || atomic_flag_test_and_set(&compiler->busy))
		return inputs_take(inputs, source, since_ns, NULL);
	r = inputs_take(inputs, source, since_ns, compiler->precompiled.inputs);
	atomic_flag_clear(&compiler->busy);
	return r;
}

static void replace(struct skbscope_compiler *compiler)
{
	if (!compiler->next.pid && compiler->failures < MAX_FAILURES)
		(void)start_next(compiler, NULL);
}

void prewarmed_replace(struct skbscope_compiler *compiler)
{
	if (!compiler || atomic_flag_test_and_set(&compiler->busy))
		return; /* who has it replaces it */
	replace(compiler);
	atomic_flag_clear(&compiler->busy);
}

bool prewarmed_leave(struct skbscope_compiler *compiler, struct cache_write *write,
		     const char **trouble)
{
	if (atomic_flag_test_and_set(&compiler->busy))
		return false;
	if (!*trouble)
		*trouble = compiler->trouble;
	compiler->trouble = cache_write(&compiler->unwritten);
	compiler->unwritten = *write;
	*write = (struct cache_write)CACHE_WRITE_INIT;
	atomic_flag_clear(&compiler->busy);
	return true;
}

void skbscope_compiler_rest(struct skbscope_compiler *compiler)
{
	if (!compiler || atomic_flag_test_and_set(&compiler->busy))
		return;
	replace(compiler);
	if (compiler->unwritten.directory >= 0)
		compiler->trouble = cache_write(&compiler->unwritten);
	atomic_flag_clear(&compiler->busy);
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
