/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swaps versions of a program through a live session as fast as it goes, through
 * the library: compiled beforehand, so that hundreds of swaps take a second.
 *
 * Says "attached to" when it counts, swaps from a SIGUSR1 on, says "swapped" when it
 * swaps no more, and after a SIGINT or SIGTERM what became of it on stderr. Prints a
 * reading every so many swaps, and one at the end.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

#define VERSIONS_MAX 16
#define INTERFACES_MAX 16
#define READ_EVERY 25

struct plan {
	const char *interfaces[INTERFACES_MAX];
	size_t interface_count;
	enum skbscope_hook hook;
	uint64_t swaps; /* 0: until a signal */
	bool enforce;
};

struct swapper {
	const struct plan *plan;
	struct skbscope_image *versions[VERSIONS_MAX];
	size_t version_count;
	struct skbscope_session *session;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error;
	uint64_t swapped, longest_ns;
};

static volatile sig_atomic_t begun, stopped;

static void note_signal(int signal_number)
{
	if (signal_number == SIGUSR1)
		begun = 1;
	else
		stopped = 1;
}

static int compile(struct swapper *swapper, const char *path)
{
	const char *slowness = getenv("SKBSCOPE_TEST_SLOWNESS");
	const struct skbscope_compile_options options = {
		.size = sizeof(options),
		.timeout_ms = 30000 * (slowness ? (uint32_t)atoi(slowness) : 1),
	};
	struct skbscope_image **image = &swapper->versions[swapper->version_count];
	struct skbscope_source *source = NULL;
	int r = skbscope_source_read(path, "", &source, &swapper->error);

	if (r == 0)
		r = skbscope_compile(source, &options, image, NULL, swapper->diagnostics,
				     &swapper->error);
	skbscope_source_free(source);
	if (r == 0)
		swapper->version_count++;
	return r;
}

static int begin(struct swapper *swapper)
{
	const struct skbscope_session_options options = {
		.size = sizeof(options),
		.enforce = swapper->plan->enforce,
	};
	const struct skbscope_attach_options attach = {
		.size = sizeof(attach),
		.interfaces = swapper->plan->interfaces,
		.interface_count = swapper->plan->interface_count,
		.hook = swapper->plan->hook,
	};
	int r = skbscope_session_open(swapper->versions[0], &options, &swapper->session,
				      swapper->diagnostics, &swapper->error);

	if (r == 0)
		r = skbscope_session_attach(swapper->session, &attach, &swapper->error);
	if (r == 0)
		fputs("attached to them\n", stderr);
	return r;
}

static int print_reading(struct swapper *swapper)
{
	struct skbscope_snapshot *snapshot = NULL;
	int r = skbscope_session_read(swapper->session, NULL, &snapshot, &swapper->error);

	if (r == 0)
		r = skbscope_render_json(snapshot, NULL, stdout, &swapper->error);
	skbscope_snapshot_free(snapshot);
	return r;
}

static int swap_once(struct swapper *swapper)
{
	const struct skbscope_image *next =
		swapper->versions[(swapper->swapped + 1) % swapper->version_count];
	struct skbscope_swap *swap = NULL;
	int r = skbscope_session_swap(swapper->session, next, NULL, &swap, swapper->diagnostics,
				      &swapper->error);

	if (r < 0)
		return r;
	swapper->swapped++;
	if (swap->swap_ns > swapper->longest_ns)
		swapper->longest_ns = swap->swap_ns;
	skbscope_swap_free(swap);
	return swapper->swapped % READ_EVERY ? 0 : print_reading(swapper);
}

static int swap_all(struct swapper *swapper)
{
	int r = 0;

	while (!begun && !stopped)
		usleep(1000);
	while (!stopped && r == 0 &&
	       (!swapper->plan->swaps || swapper->swapped < swapper->plan->swaps))
		r = swap_once(swapper);
	if (r == 0) {
		fprintf(stderr, "swapped %" PRIu64 " times\n", swapper->swapped);
		while (!stopped)
			usleep(1000);
		r = print_reading(swapper);
	}
	fprintf(stderr, "longest change of hooks: %.3f ms\n", (double)swapper->longest_ns / 1e6);
	return r;
}

static int run(const struct plan *plan, char **paths)
{
	struct swapper swapper = { .plan = plan };
	int r = skbscope_diagnostics_new(&swapper.diagnostics);

	for (; r == 0 && *paths && swapper.version_count < VERSIONS_MAX; paths++)
		r = compile(&swapper, *paths);
	if (r == 0)
		r = begin(&swapper);
	if (r == 0)
		r = swap_all(&swapper);
	if (r < 0) {
		fprintf(stderr, "swap %" PRIu64 ": %s (%s)\n", swapper.swapped + 1,
			swapper.error.message, swapper.error.hint);
		skbscope_diagnostics_print(swapper.diagnostics, 0, stderr);
	}
	skbscope_session_close(swapper.session);
	for (size_t i = 0; i < swapper.version_count; i++)
		skbscope_image_free(swapper.versions[i]);
	skbscope_diagnostics_free(swapper.diagnostics);
	return r < 0 ? 1 : 0;
}

static int usage(void)
{
	fputs("usage: swap -i INTERFACE… [-h tcx|clsact] [-n SWAPS] [-e] PROGRAM…\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct plan plan = { .hook = SKBSCOPE_HOOK_AUTO };
	const struct sigaction action = { .sa_handler = note_signal };
	int option;

	while ((option = getopt(argc, argv, "i:h:n:e")) >= 0) {
		if (option == 'i' && plan.interface_count < INTERFACES_MAX)
			plan.interfaces[plan.interface_count++] = optarg;
		else if (option == 'h' && strcmp(optarg, "tcx") == 0)
			plan.hook = SKBSCOPE_HOOK_TCX;
		else if (option == 'h' && strcmp(optarg, "clsact") == 0)
			plan.hook = SKBSCOPE_HOOK_CLSACT;
		else if (option == 'n')
			plan.swaps = strtoull(optarg, NULL, 0);
		else if (option == 'e')
			plan.enforce = true;
		else
			return usage();
	}
	if (!plan.interface_count || optind >= argc)
		return usage();
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	return run(&plan, argv + optind);
}
