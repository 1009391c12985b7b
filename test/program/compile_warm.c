/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler that waits: as powerless as one that is started for each program,
 * with the same words about every program, and gone when it should be.
 */
#include "program/warm.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compile/prewarmed.h"
#include "compile/protocol.h"

/* Most tests share one compiler; the last one sees what is left of it all. */
static struct skbscope_compiler *shared;

static struct skbscope_compiler *the_compiler(void)
{
	if (!shared)
		shared = warm_compiler();
	return shared;
}

static pid_t who_waits(void)
{
	return who_waits_but(0);
}

static bool is_alive(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == 0;
}

/* By itself: nobody here collects it. */
static bool comes_to_an_end(pid_t pid)
{
	WAIT_UNTIL(!is_alive(pid));
	return !is_alive(pid);
}

/* A child, or one that became ours when its parent ended. */
static bool ends(pid_t pid)
{
	pid_t ended = 0;

	WAIT_UNTIL((ended = waitpid(pid, NULL, WNOHANG)) != 0);
	return ended == pid;
}

/* A worker process with that parent, which is not the other one. */
static pid_t comes(pid_t parent, pid_t other)
{
	WAIT_UNTIL(worker_of(parent, other));
	return worker_of(parent, other);
}

/* A program that takes for ever, compiled in a thread until it is interrupted. */
struct endless {
	struct run run;
	pthread_t thread;
};

static bool endless_start(struct endless *endless, struct skbscope_compiler *compiler)
{
	endless->run = (struct run){ .compiler = compiler,
				     .text = endless_text(),
				     .timeout_ms = 60000,
				     .cancel_fd = eventfd(0, EFD_CLOEXEC) };
	return endless->run.cancel_fd > 0 &&
	       pthread_create(&endless->thread, NULL, run_compile, &endless->run) == 0;
}

static void endless_interrupt(struct endless *endless)
{
	const uint64_t one = 1;

	if (write(endless->run.cancel_fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

static void endless_join(struct endless *endless)
{
	pthread_join(endless->thread, NULL);
	close(endless->run.cancel_fd);
}

TEST(a_compiler_is_soon_warm)
{
	/* As a library's caller may have it, without close-on-exec. */
	AUTO(closep) int inherited = fcntl(STDIN_FILENO, F_DUPFD, 500);

	unsetenv("SUDO_UID");
	setenv("SKBSCOPE_TEST_SECRET", "23", 1);
	CHECK(inherited >= 0 && the_compiler());
	skbscope_compiler_free(NULL);
}

static void check_powerless(pid_t pid)
{
	static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	char status[8192];

	read_text(pid, "status", status, sizeof(status));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "%s:\t0000000000000000\n", none[i]);
		CHECK_CONTAINS(status, line);
	}
	if (getuid() == 0) {
		CHECK_CONTAINS(status, "Uid:\t65534\t65534\t65534\t65534\n");
		CHECK_CONTAINS(status, "Gid:\t65534\t65534\t65534\t65534\n");
	}
	CHECK_CONTAINS(status, "NoNewPrivs:\t1\n");
	CHECK_CONTAINS(status, "Seccomp:\t2\n");
	CHECK_CONTAINS(status, "Groups:\t \n");
	CHECK_CONTAINS(status, "Threads:\t1\n");
}

/* One socket to be sent descriptors through, and how many others. */
static void check_descriptors(pid_t pid, unsigned int *others)
{
	AUTO(closedirp) DIR *directory = NULL;
	unsigned int sockets = 0;
	char path[300], target[300];
	struct dirent *entry;

	*others = 0;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t n;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		CHECK(atoi(entry->d_name) < WORKER_FD_PATHS + WORKER_MAX_PATHS);
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		if (strncmp(target, "socket:", 7) == 0)
			sockets++;
		else
			++*others;
	}
	CHECK_NUMBER(sockets, 1);
}

TEST(a_worker_that_waits_may_nothing_and_no_more_when_it_compiles)
{
	struct endless endless;
	char environment[4096];
	unsigned int others;
	pid_t warm;

	warm = who_waits();
	REQUIRE(warm);
	CHECK_NUMBER(worker_of(getpid(), warm), 0);
	check_powerless(warm);
	check_descriptors(warm, &others);
	CHECK_NUMBER(others, STDERR_FILENO + 1);
	read_text(warm, "environ", environment, sizeof(environment));
	CHECK(!strstr(environment, "SKBSCOPE_TEST_SECRET"));

	REQUIRE(endless_start(&endless, the_compiler()));
	WAIT_UNTIL(has_request(warm));
	CHECK(has_request(warm));
	check_powerless(warm);
	check_descriptors(warm, &others);
	endless_interrupt(&endless);
	endless_join(&endless);
	CHECK_NUMBER(endless.run.code, -ECANCELED);
}

TEST(each_program_has_a_warm_worker_and_leaves_no_descriptor_and_no_process)
{
	struct run good = { .compiler = the_compiler(), .text = GOOD };
	struct run bad = { .compiler = the_compiler(), .text = BEGIN "int count(" };
	unsigned int before = count_descriptors();
	pid_t warm = who_waits();

	for (int i = 0; i < 3; i++) {
		struct run *run = i ? &good : &bad;

		run_compile(run);
		CHECK_NUMBER(run->code, i ? 0 : -EINVAL);
		CHECK_NUMBER(run->times.warm, 1);
		CHECK(comes_to_an_end(warm));
		warm = who_waits_but(warm);
		CHECK(warm);
	}
	CHECK_NUMBER(count_descriptors(), before);
	CHECK(no_child_is_left_but(warm));
}

TEST(a_worker_that_is_not_warm_is_not_waited_for)
{
	struct run run = { .text = GOOD };
	const pid_t other = who_waits();
	pid_t warm;

	do {
		skbscope_compiler_free(run.compiler);
		REQUIRE(skbscope_compiler_new(&run.compiler, NULL) == 0);
		warm = comes(getpid(), other);
		REQUIRE(warm && kill(warm, SIGSTOP) == 0);
		WAIT_UNTIL(state_of(warm) == 'T');
	} while (!has_request(warm)); /* it was faster */
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	CHECK_NUMBER(run.times.warm, 0);
	CHECK(is_alive(warm));
	skbscope_compiler_free(run.compiler);
	CHECK(!is_alive(warm));
}

static uint64_t switches(pid_t pid)
{
	char status[8192];
	const char *at;

	read_text(pid, "status", status, sizeof(status));
	at = strstr(status, "\nvoluntary_ctxt_switches:");
	return at ? strtoull(strchr(at, ':') + 1, NULL, 10) : 0;
}

TEST(waiting_costs_no_processor)
{
	const pid_t warm = who_waits();
	const uint64_t before = switches(warm);

	CHECK(before > 0);
	usleep(250000);
	CHECK_NUMBER(switches(warm), before); /* it was not woken once */
}

/* Programs that end the compiler, or are refused, in every way there is. */
static const char *const endings[] = {
	BEGIN "int count(",
	BEGIN "int count(struct __sk_buff *skb) { char big[600]; big[skb->len & 511] = 1; "
	      "return big[skb->mark & 511]; }\n",
	BEGIN "int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n",
	BEGIN "int count(struct __sk_buff *skb) { return undeclared(skb); }\n",
	"",
};

TEST(its_words_are_those_of_a_worker_of_its_own)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		static struct run cold, warm;

		cold = (struct run){ .text = endings[i] };
		warm = (struct run){ .compiler = the_compiler(), .text = endings[i] };
		run_compile(&cold);
		CHECK(who_waits());
		run_compile(&warm);
		CHECK_NUMBER(warm.code, cold.code);
		CHECK_TEXT(warm.error.message, cold.error.message);
		CHECK_TEXT(warm.error.hint, cold.error.hint);
		CHECK_TEXT(warm.said, cold.said);
		CHECK_NUMBER(warm.times.attempts, cold.times.attempts);
		/* A second attempt finds none that is warm. */
		CHECK(!cold.times.attempts || warm.times.warm);
		CHECK_NUMBER(cold.times.warm, 0);
	}
}

TEST(a_misspelt_name_costs_a_second_try_only_once)
{
	struct run run = { .compiler = the_compiler(),
			   .text = BEGIN "int count(struct __sk_buff *skb) { return cuont; }\n" };
	struct run moved = run, other = run;

	moved.text = BEGIN "\nint count(struct __sk_buff *skb) { return cuont; }\n";
	other.text = BEGIN "int count(struct __sk_buff *skb) { return coutn; }\n";
	SKIP_UNLESS(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "this kernel has no BTF");
	run_compile(&run);
	CHECK_NUMBER(run.times.attempts, 2);
	run_compile(&moved);
	CHECK_NUMBER(moved.times.attempts, 1);
	CHECK_NUMBER(moved.code, -EINVAL);
	CHECK_CONTAINS(moved.said, "cuont");
	run_compile(&other);
	CHECK_NUMBER(other.times.attempts, 2);
}

TEST(kernel_types_are_made_once_and_cannot_be_changed)
{
	AUTO(closep) int first = prewarmed_kernel_types(the_compiler(), NULL);
	AUTO(closep) int second = prewarmed_kernel_types(the_compiler(), NULL);
	struct stat one, two;

	SKIP_UNLESS(first != -ENOENT, "this kernel has no BTF to take types from");
	REQUIRE(fstat(first, &one) == 0 && fstat(second, &two) == 0);
	CHECK_NUMBER(two.st_ino, one.st_ino);
	CHECK(pwrite(second, "x", 1, 0) < 0 && errno == EPERM);
}

static void check_served(void)
{
	struct run good = { .compiler = the_compiler(), .text = GOOD };

	CHECK(who_waits());
	run_compile(&good);
	CHECK_NUMBER(good.code, 0);
	CHECK_NUMBER(good.times.warm, 1);
	CHECK(no_child_is_left_but(who_waits()));
}

static bool poll_has(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1;
}

TEST(a_compilation_can_be_interrupted_with_and_without_a_compiler)
{
	const pid_t warm = who_waits();

	for (int with = 0; with < 2; with++) {
		struct endless endless;
		pid_t worker = warm;

		REQUIRE(endless_start(&endless, with ? the_compiler() : NULL));
		if (with)
			WAIT_UNTIL(has_request(worker));
		else
			worker = comes(getpid(), warm);
		endless_interrupt(&endless);
		pthread_join(endless.thread, NULL);
		CHECK_NUMBER(endless.run.code, -ECANCELED);
		CHECK_CONTAINS(endless.run.error.message, "interrupted");
		CHECK_NUMBER(endless.run.times.warm, with);
		CHECK(!is_alive(worker));
		CHECK(poll_has(endless.run.cancel_fd)); /* whoever made it reads it */
		close(endless.run.cancel_fd);
	}
	check_served();
}

TEST(a_compiler_whose_workers_always_die_starts_no_more)
{
	const pid_t other = who_waits();
	struct run run = { .text = GOOD };

	REQUIRE(skbscope_compiler_new(&run.compiler, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		const pid_t next = comes(getpid(), other);

		REQUIRE(next && kill(next, SIGKILL) == 0);
		WAIT_UNTIL(state_of(next) == 'Z');
		run_compile(&run);
		CHECK_NUMBER(run.code, 0);
	}
	CHECK(no_child_is_left_but(other));
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	skbscope_compiler_free(run.compiler);
}

/* Where there are at most two, one of them to wait. */
static pid_t who_does_not_wait(void)
{
	pid_t one = worker_of(getpid(), 0);
	char arguments[256];

	read_text(one, "cmdline", arguments, sizeof(arguments));
	return strstr(arguments, WORKER_WAIT_ARGUMENT) ? worker_of(getpid(), one) : one;
}

TEST(a_compiler_killed_is_replaced_once_and_told_after_the_second_time)
{
	const pid_t first = who_waits();
	struct endless endless;
	pid_t second;

	REQUIRE(endless_start(&endless, the_compiler()));
	WAIT_UNTIL(has_request(first));
	REQUIRE(kill(first, SIGKILL) == 0);
	WAIT_UNTIL(!is_alive(first) && who_does_not_wait());
	second = who_does_not_wait();
	REQUIRE(second && kill(second, SIGKILL) == 0);
	endless_join(&endless);
	CHECK_NUMBER(endless.run.code, -ENOMEM);
	CHECK_CONTAINS(endless.run.error.message, "was killed");
	CHECK_NUMBER(endless.run.times.attempts, 2);
	check_served();
}

TEST(a_worker_that_is_stuck_is_given_up)
{
	struct run run = { .compiler = the_compiler(), .text = GOOD, .timeout_ms = 100 };
	const pid_t warm = who_waits();

	REQUIRE(kill(warm, SIGSTOP) == 0);
	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK_CONTAINS(run.error.message, "0.1 s");
	CHECK_NUMBER(run.times.warm, 1);
	CHECK(!is_alive(warm));
	check_served();
}

/* Fewer than a worker's descriptors need, just as many, and enough. */
TEST(under_a_limit_on_descriptors_it_says_what_a_worker_of_its_own_says)
{
	static const rlim_t limits[] = { 64, 128 + 32, 512 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const pid_t pid = fork();
		int status = -1;

		if (pid == 0) {
			struct run cold = { .text = GOOD }, warm = cold;

			setrlimit(RLIMIT_NOFILE, &(struct rlimit){ limits[i], limits[i] });
			run_compile(&cold);
			if (skbscope_compiler_new(&warm.compiler, NULL) == 0 && cold.code == 0)
				who_waits_but(0);
			run_compile(&warm);
			_exit(warm.code == cold.code && (cold.code == 0 || cold.code == -EMFILE) &&
					      warm.times.warm == (cold.code == 0) &&
					      strcmp(warm.error.message, cold.error.message) == 0
				      ? 0
				      : 1);
		}
		REQUIRE(waitpid(pid, &status, 0) == pid);
		CHECK_NUMBER(status, 0);
	}
}

TEST(where_descriptors_run_out_on_the_way_just_that_is_said_and_the_next_is_served)
{
	struct run run = { .compiler = the_compiler(), .text = GOOD };
	struct rlimit old, few;
	unsigned int failed = 0;

	CHECK(who_waits());
	REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
	few = old;
	for (run.code = -EMFILE; run.code < 0 && failed < 40; failed++) {
		few.rlim_cur = 3 + failed;
		setrlimit(RLIMIT_NOFILE, &few);
		run_compile(&run);
		setrlimit(RLIMIT_NOFILE, &old);
		CHECK(run.code == 0 || run.code == -EMFILE);
	}
	CHECK_NUMBER(run.code, 0);
	CHECK(failed > 2); /* the directories of the headers, at least */
	run_compile(&run); /* starts one */
	check_served();
}

/* A process with a compiler, and how it is left while that waits or compiles. */
struct host {
	bool compiles, holds_socket; /* a child of the host has the compiler's socket too */
	int signal;                  /* 0: it ends by itself */
	pid_t pid, worker, holder;
};

static void be_host(struct host *host, int report)
{
	struct endless endless;

	shared = NULL; /* the parent's */
	the_compiler();
	host->worker = who_waits();
	if (host->compiles && endless_start(&endless, shared))
		WAIT_UNTIL(has_request(host->worker));
	host->holder = host->holds_socket ? fork() : 0;
	if (!host->holds_socket || host->holder) {
		(void)!write(report, host, sizeof(*host));
		if (!host->signal)
			_exit(0);
	}
	pause();
	_exit(0);
}

/* In the first the socket alone must not keep the worker. */
TEST(a_worker_goes_with_its_parent)
{
	struct host hosts[] = {
		{ .holds_socket = true },
		{ .signal = SIGKILL },
		{ .compiles = true },
		{ .compiles = true, .signal = SIGKILL },
	};
	const size_t count = sizeof(hosts) / sizeof(hosts[0]);
	int reports[sizeof(hosts) / sizeof(hosts[0])][2];

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* to see the workers end */
	for (size_t i = 0; i < count; i++) {
		pid_t pid;

		REQUIRE(pipe2(reports[i], O_CLOEXEC) == 0);
		pid = fork();
		if (pid == 0)
			be_host(&hosts[i], reports[i][1]);
		close(reports[i][1]);
		hosts[i].pid = pid;
	}
	for (size_t i = 0; i < count; i++) {
		struct host *host = &hosts[i];
		pid_t pid = host->pid;

		REQUIRE(read(reports[i][0], host, sizeof(*host)) == sizeof(*host));
		close(reports[i][0]);
		CHECK(host->worker);
		if (host->signal)
			kill(pid, host->signal);
		waitpid(pid, NULL, 0);
		CHECK(ends(host->worker));
		if (host->holder) {
			kill(host->holder, SIGKILL);
			CHECK(ends(host->holder));
		}
	}
}

static void *compile_once(void *out)
{
	struct run run = { .compiler = *(struct skbscope_compiler **)out = warm_compiler(),
			   .text = GOOD };

	return run_compile(&run);
}

TEST(two_compilers_and_four_threads_compile_at_once_and_one_outlives_its_thread)
{
	struct skbscope_compiler *compilers[2] = { NULL, the_compiler() };
	const pid_t other = who_waits();
	struct run runs[4];
	pthread_t thread, threads[4];
	uint32_t served = 0;

	REQUIRE(pthread_create(&thread, NULL, compile_once, &compilers[0]) == 0);
	pthread_join(thread, NULL);
	CHECK(who_waits_but(other));
	for (int i = 0; i < 4; i++) {
		runs[i] = (struct run){ .compiler = compilers[i % 2],
					.text = i ? GOOD : BEGIN "int count(" };
		REQUIRE(pthread_create(&threads[i], NULL, run_compile, &runs[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_NUMBER(runs[i].code, i ? 0 : -EINVAL);
		served += runs[i].times.warm;
	}
	CHECK(served >= 2);
	skbscope_compiler_free(compilers[0]);
	check_served();
	CHECK(no_child_is_left_but(who_waits()));
}

TEST(nothing_is_left_of_a_compiler_that_was_freed)
{
	const pid_t warm = who_waits();

	REQUIRE(warm);
	skbscope_compiler_free(shared);
	CHECK(!is_alive(warm));
	CHECK(no_child_is_left());
}
