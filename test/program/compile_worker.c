/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker as a process: what it may do, what it gets to see, when it ends, and
 * what it leaves in its parent.
 */
#include "program/warm.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compile/worker_client.h"

TEST(a_compiler_that_does_not_end_is_ended)
{
	struct run run = { .text = endless_text(), .timeout_ms = 300 };

	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK_NUMBER(run.error.stage, SKBSCOPE_STAGE_WORKER);
	CHECK_CONTAINS(run.error.message, "0.3 s");
	CHECK(run.error.hint[0]);
	CHECK(no_child_is_left());
}

#ifndef __SANITIZE_ADDRESS__
/* Half a million initializers, and as many again, for a compiler with 350 MB. */
static int compile_with_little_memory(void)
{
	static const struct rlimit little = { 350u << 20, 350u << 20 };
	static char text[4096];
	struct run run = { .text = text, .timeout_ms = 30000 * test_slowness() };
	size_t at = (size_t)snprintf(text, sizeof(text), BEGIN "#define A0 1,1,1,1,1,1,1,1,\n");

	for (int i = 1; i <= 7; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "#define A%d", i);
		for (int j = 0; j < 8; j++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, " A%d", i - 1);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "\n");
	}
	snprintf(text + at, sizeof(text) - at,
		 "static const char big[] = { A7 };\n"
		 "int count(struct __sk_buff *skb) { return big[skb->len]; }\n");
	if (setrlimit(RLIMIT_AS, &little) < 0)
		return 2;
	run_compile(&run);
	return run.code == -ENOMEM && run.error.stage == SKBSCOPE_STAGE_WORKER &&
			       strstr(run.error.message, "more memory")
		       ? 0
		       : 1;
}

TEST(a_compiler_that_outgrows_its_memory_is_an_error)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(compile_with_little_memory());
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

struct observed {
	char status[8192], environment[4096], directory[4096];
	bool exact; /* its descriptors are those of the protocol */
};

/* Looks at a worker that compiles something long, then lets it be ended. */
static bool observe(struct observed *observed)
{
	struct run run = { .text = endless_text(), .timeout_ms = 60000 };
	pthread_t thread;
	pid_t worker = 0;
	int cancel[2];

	memset(observed, 0, sizeof(*observed));
	if (pipe2(cancel, O_CLOEXEC) < 0)
		return false;
	run.cancel_fd = cancel[0];
	if (pthread_create(&thread, NULL, run_compile, &run) != 0)
		return false;
	for (unsigned i = 0; i < 2000 * test_slowness() && !strstr(observed->status, "Seccomp:\t2");
	     i++) {
		usleep(5000);
		worker = worker_of(getpid(), 0);
		if (worker)
			read_text(worker, "status", observed->status, sizeof(observed->status));
	}
	if (worker) {
		char path[64];
		AUTO(closedirp) DIR *descriptors = NULL;
		struct dirent *entry;

		read_text(worker, "environ", observed->environment, sizeof(observed->environment));
		snprintf(path, sizeof(path), "/proc/%d/fd", worker);
		descriptors = opendir(path);
		observed->exact = descriptors != NULL;
		while (descriptors && (entry = readdir(descriptors)))
			if (isdigit((unsigned char)entry->d_name[0]) &&
			    atoi(entry->d_name) >= WORKER_FD_PATHS + WORKER_MAX_PATHS)
				observed->exact = false;
	}
	close(cancel[1]); /* enough seen */
	pthread_join(thread, NULL);
	close(cancel[0]);
	return worker != 0;
}

static void check_powerless(const struct observed *observed)
{
	static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "%s:\t0000000000000000\n", none[i]);
		CHECK_CONTAINS(observed->status, line);
	}
	CHECK_CONTAINS(observed->status, "NoNewPrivs:\t1\n");
	CHECK_CONTAINS(observed->status, "Seccomp:\t2\n");
	CHECK_CONTAINS(observed->status, "Groups:\t \n");
}

TEST(the_worker_of_root_is_nobody_and_may_nothing)
{
	static const char secret[] = "SKBSCOPE_TEST_SECRET";
	struct observed observed;
	int inherited = fcntl(STDIN_FILENO, F_DUPFD, 500); /* without close-on-exec */

	if (getuid() != 0)
		test_skip("needs root, to see that it is given up");
	setenv(secret, "23", 1);
	unsetenv("SUDO_UID");
	REQUIRE(observe(&observed));
	CHECK_CONTAINS(observed.status, "Uid:\t65534\t65534\t65534\t65534\n");
	CHECK_CONTAINS(observed.status, "Gid:\t65534\t65534\t65534\t65534\n");
	check_powerless(&observed);
	CHECK(!strstr(observed.environment, secret));
	CHECK(observed.exact);
	unsetenv(secret);
	close(inherited);
}

TEST(the_worker_of_sudo_is_the_invoking_user)
{
	struct observed observed;

	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "2345", 1);
	REQUIRE(observe(&observed));
	CHECK_CONTAINS(observed.status, "Uid:\t1234\t1234\t1234\t1234\n");
	CHECK_CONTAINS(observed.status, "Gid:\t2345\t2345\t2345\t2345\n");
	check_powerless(&observed);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
}

TEST(a_hostile_sudo_uid_makes_nobody)
{
	static const char *const hostile[] = { "0", "-1", "4294967295", "1234x", "" };

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i += 2) {
		struct observed observed;

		setenv("SUDO_UID", hostile[i], 1);
		setenv("SUDO_GID", "2345", 1);
		REQUIRE(observe(&observed));
		CHECK_CONTAINS(observed.status, "Uid:\t65534\t65534\t65534\t65534\n");
	}
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
}

TEST(compilations_leave_no_descriptor_and_no_child)
{
	struct run good = { .text = BEGIN PACKET_FUNCTION };
	struct run bad = { .text = BEGIN "int count(" };
	unsigned int before;

	run_compile(&good); /* whatever is opened once */
	before = count_descriptors();
	for (int i = 0; i < 3; i++) {
		struct run *run = i ? &good : &bad;

		run_compile(run);
		CHECK(i ? run->code == 0 : run->code < 0);
	}
	CHECK_NUMBER(count_descriptors(), before);
	CHECK(no_child_is_left());
}

TEST(threads_may_compile_at_once)
{
	struct run runs[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		runs[i] = (struct run){ .text = i % 2 ? BEGIN "BPF_HASH(a);\n" PACKET_FUNCTION
						      : BEGIN PACKET_FUNCTION };
		REQUIRE(pthread_create(&threads[i], NULL, run_compile, &runs[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_NUMBER(runs[i].code, 0);
	}
}

TEST(a_host_that_ignores_sigchld_can_compile)
{
	struct run good = { .text = BEGIN PACKET_FUNCTION };
	struct run bad = { .text = BEGIN "int count(" };

	signal(SIGCHLD, SIG_IGN);
	run_compile(&good);
	run_compile(&bad);
	signal(SIGCHLD, SIG_DFL);
	CHECK_NUMBER(good.code, 0);
	CHECK(bad.code < 0);
}

TEST(nothing_in_the_caller_changes)
{
	struct run good = { .text = BEGIN PACKET_FUNCTION };
	char before[4096], after[4096];

	REQUIRE(getcwd(before, sizeof(before)));
	run_compile(&good);
	REQUIRE(getcwd(after, sizeof(after)));
	CHECK_TEXT(after, before);
	CHECK_NUMBER(good.times.attempts, 1);
	CHECK(good.times.start_ns > 0 && good.times.compile_ns > 0);
	CHECK(good.times.start_ns + good.times.compile_ns <= good.times.total_ns);
}

TEST(the_worker_says_what_it_is_made_of)
{
	struct worker_versions versions;
	struct skbscope_error error = { 0 };

	REQUIRE(worker_versions(&versions, &error) == 0);
	CHECK(isdigit((unsigned char)versions.libbcc[0]));
	CHECK(isdigit((unsigned char)versions.llvm[0]));
}
