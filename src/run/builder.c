/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread for the whole run, not one a build: a child of a thread that ends is
 * told that its parent died.
 */
#include "run/builder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

struct builder {
	const struct compile_settings *settings;
	const char *program;
	struct skbscope_compiler *compiler;
	pthread_t thread;
	bool has_thread, busy; /* busy: the main thread's alone */
	int start_fd, done_fd, cancel_fd;
	bool quit;          /* written before start_fd, read after it */
	atomic_bool wanted; /* a build, not only what the last one left */
	struct build build; /* the thread's between start_fd and done_fd */
};

void build_clear(struct build *build)
{
	program_clear(&build->program);
	memset(build, 0, sizeof(*build));
}

static void raise_event(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static void lower_event(int fd)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
}

static void build_once(struct builder *builder)
{
	struct build *build = &builder->build;
	const struct compile_with with = { builder->compiler, builder->cancel_fd };

	build->r =
		program_read(builder->settings, builder->program, &build->program, &build->error);
	if (build->r == 0)
		build->r =
			program_compile(builder->settings, &with, &build->program, &build->error);
}

static void *run(void *argument)
{
	struct builder *builder = argument;

	for (;;) {
		uint64_t count;

		if (read(builder->start_fd, &count, sizeof(count)) < 0)
			continue;
		if (builder->quit)
			return NULL;
		skbscope_compiler_rest(builder->compiler);
		if (!atomic_exchange(&builder->wanted, false))
			continue;
		build_once(builder);
		raise_event(builder->done_fd);
	}
}

/* Signals are for the thread that waits for them. */
static int start_thread(struct builder *builder)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&builder->thread, NULL, run, builder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	builder->has_thread = r == 0;
	return -r;
}

static void builder_closep(struct builder **builder)
{
	builder_close(*builder);
}

int builder_open(const struct compile_settings *settings, const char *program, struct builder **out,
		 struct skbscope_error *error)
{
	AUTO(builder_closep) struct builder *builder = calloc(1, sizeof(*builder));
	int r;

	if (!builder)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	builder->settings = settings;
	builder->program = program;
	builder->start_fd = eventfd(0, EFD_CLOEXEC);
	builder->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	builder->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (builder->start_fd < 0 || builder->done_fd < 0 || builder->cancel_fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_WORKER,
				  "cannot make descriptors for compiling beside");
	r = skbscope_compiler_new(&builder->compiler, error);
	if (r < 0)
		return r;
	r = start_thread(builder);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_WORKER, "cannot start a thread");
	*out = TAKE(builder);
	return 0;
}

void builder_close(struct builder *builder)
{
	if (!builder)
		return;
	if (builder->has_thread) {
		builder_cancel(builder);
		builder->quit = true;
		raise_event(builder->start_fd);
		pthread_join(builder->thread, NULL);
	}
	build_clear(&builder->build);
	skbscope_compiler_free(builder->compiler);
	closep(&builder->start_fd);
	closep(&builder->done_fd);
	closep(&builder->cancel_fd);
	free(builder);
}

int builder_fd(const struct builder *builder)
{
	return builder->done_fd;
}

void builder_start(struct builder *builder)
{
	builder->busy = true;
	builder->wanted = true;
	raise_event(builder->start_fd);
}

void builder_rest(struct builder *builder)
{
	if (!builder->busy) /* else it is done before that build */
		raise_event(builder->start_fd);
}

void builder_cancel(struct builder *builder)
{
	if (builder->busy)
		raise_event(builder->cancel_fd);
}

void builder_take(struct builder *builder, struct build *build)
{
	lower_event(builder->done_fd);
	lower_event(builder->cancel_fd);
	*build = builder->build;
	memset(&builder->build, 0, sizeof(builder->build));
	builder->busy = false;
}
