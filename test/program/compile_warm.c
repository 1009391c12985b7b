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

/* Whoever waits for the shared compiler, or for the only one there is. */
static pid_t who_waits(void)
{
	return worker_of(getpid(), 0);
}

static bool is_alive(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == 0;
}

static bool ends(pid_t pid)
{
	WAIT_UNTIL(!is_alive(pid));
	return !is_alive(pid);
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
	/* The child of the compilation before may still be going. */
	WAIT_UNTIL(!worker_of(who_waits(), 0));
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
	unsetenv("SUDO_UID");
	setenv("SKBSCOPE_TEST_SECRET", "23", 1);
	CHECK(the_compiler());
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

/* What its descriptors are: the socket of the one that waits, and no socket, but
 * the files of the protocol, in the one that compiles. */
static void count_kinds(pid_t pid, unsigned int *sockets, unsigned int *others, bool *exact)
{
	AUTO(closedirp) DIR *directory = NULL;
	char path[300], target[300];
	struct dirent *entry;

	*sockets = *others = 0;
	*exact = true;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t n;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		if (strncmp(target, "socket:", 7) == 0)
			++*sockets;
		else
			++*others;
		*exact = *exact && atoi(entry->d_name) < WORKER_FD_PATHS + WORKER_MAX_PATHS;
	}
}

/* Its own filter is on top of the waiting one's, whose number kernels tell since 5.9. */
static bool is_confined(pid_t pid)
{
	char limits[4096], status[8192];

	read_text(pid, "limits", limits, sizeof(limits));
	read_text(pid, "status", status, sizeof(status));
	return strstr(limits, "Max cpu time              61                   61 ") &&
	       (!strstr(status, "Seccomp_filters:") || strstr(status, "Seccomp_filters:\t2\n"));
}

TEST(the_one_that_waits_and_its_child_may_nothing)
{
	struct endless endless;
	unsigned int sockets, others;
	char environment[4096];
	pid_t warm, child;
	bool exact;

	warm = who_waits();
	REQUIRE(warm);
	check_powerless(warm);
	count_kinds(warm, &sockets, &others, &exact);
	CHECK_NUMBER(sockets, 1);
	CHECK_NUMBER(others, 3); /* nothing and the log, twice */
	read_text(warm, "environ", environment, sizeof(environment));
	CHECK(!strstr(environment, "SKBSCOPE_TEST_SECRET"));

	REQUIRE(endless_start(&endless, the_compiler()));
	child = comes(warm, 0);
	WAIT_UNTIL(is_confined(child));
	CHECK(is_confined(child));
	check_powerless(child);
	count_kinds(child, &sockets, &others, &exact);
	CHECK_NUMBER(sockets, 0);
	CHECK(exact);
	endless_interrupt(&endless);
	endless_join(&endless);
	CHECK_NUMBER(endless.run.code, -ECANCELED);
}

TEST(many_programs_leave_no_descriptor_and_no_process)
{
	struct run good = { .compiler = the_compiler(), .text = GOOD };
	struct run bad = { .compiler = the_compiler(), .text = BEGIN "int count(" };
	unsigned int before = count_descriptors(), theirs, sockets, after;
	const pid_t warm = who_waits();
	const uint32_t many = 11;
	uint32_t served = 0;
	bool exact;

	count_kinds(warm, &sockets, &theirs, &exact);
	for (uint32_t i = 0; i < many; i++) {
		struct run *run = i % 5 ? &good : &bad;

		run_compile(run);
		CHECK(i % 5 ? run->code == 0 : run->code == -EINVAL);
		served += run->times.warm;
	}
	CHECK_NUMBER(served, many);
	CHECK_NUMBER(count_descriptors(), before);
	WAIT_UNTIL(!worker_of(warm, 0));
	CHECK_NUMBER(worker_of(warm, 0), 0);
	count_kinds(warm, &sockets, &after, &exact);
	CHECK_NUMBER(after, theirs);
	CHECK_NUMBER(who_waits(), warm);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0); /* it waits, and is not a zombie */
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
	uint64_t before = switches(warm), then;

	/* It sleeps when it has seen its last child out. */
	for (then = before + 1; then != before; then = switches(warm)) {
		before = then;
		usleep(50000 * test_slowness());
	}
	CHECK(before > 1);
	usleep(250000);
	CHECK_NUMBER(switches(warm), before); /* it was not woken once */
}

/* Programs that end the compiler, or are refused, in every way there is. */
static const char *const endings[] = {
	GOOD,
	BEGIN "int count(",
	BEGIN "static int f(void) { return 1; }\n",
	BEGIN "int count(struct __sk_buff *skb) { char big[600]; big[skb->len & 511] = 1; "
	      "return big[skb->mark & 511]; }\n",
	BEGIN "int count(struct __sk_buff *skb) { return (int)skb->len / (int)skb->mark; }\n",
	BEGIN "int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n",
	BEGIN "#include <net/sock.h>\n"
	      "int count(struct __sk_buff *skb) { return sizeof(struct tcp_sock); }\n",
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
		run_compile(&warm);
		CHECK_NUMBER(warm.code, cold.code);
		CHECK_TEXT(warm.error.message, cold.error.message);
		CHECK_TEXT(warm.error.hint, cold.error.hint);
		CHECK_TEXT(warm.said, cold.said);
		CHECK_NUMBER(warm.times.attempts, cold.times.attempts);
		CHECK_NUMBER(warm.times.warm, cold.times.attempts);
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

TEST(a_program_that_takes_too_long_is_ended_and_the_next_is_served)
{
	struct run run = { .compiler = the_compiler(), .text = endless_text(), .timeout_ms = 300 };
	struct run good = { .compiler = the_compiler(), .text = GOOD };
	const pid_t warm = who_waits();

	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK_CONTAINS(run.error.message, "0.3 s");
	CHECK_NUMBER(run.times.warm, 1);
	CHECK_NUMBER(worker_of(warm, 0), 0);
	run_compile(&good);
	CHECK_NUMBER(good.code, 0);
	CHECK_NUMBER(good.times.warm, 1);
	CHECK_NUMBER(who_waits(), warm);
}

static bool poll_has(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1;
}

static void check_cancelled(struct skbscope_compiler *compiler, pid_t parent, pid_t other)
{
	struct endless endless;

	REQUIRE(endless_start(&endless, compiler));
	CHECK(comes(parent, other));
	endless_interrupt(&endless);
	pthread_join(endless.thread, NULL);
	CHECK_NUMBER(endless.run.code, -ECANCELED);
	CHECK_CONTAINS(endless.run.error.message, "interrupted");
	CHECK(poll_has(endless.run.cancel_fd)); /* whoever made it reads it */
	close(endless.run.cancel_fd);
}

TEST(a_compilation_can_be_interrupted_with_and_without_a_compiler)
{
	struct run good = { .compiler = the_compiler(), .text = GOOD };
	const pid_t warm = who_waits();

	check_cancelled(NULL, getpid(), warm);
	check_cancelled(the_compiler(), warm, 0);
	CHECK_NUMBER(worker_of(warm, 0), 0);
	run_compile(&good);
	CHECK_NUMBER(good.code, 0);
	CHECK_NUMBER(good.times.warm, 1);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0);
}

TEST(a_worker_killed_while_it_waits_is_replaced)
{
	struct run run = { .compiler = the_compiler(), .text = GOOD };
	const pid_t warm = who_waits();

	REQUIRE(warm && kill(warm, SIGKILL) == 0);
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	CHECK_NUMBER(run.times.warm, 0);
	CHECK(warm_up(the_compiler()));
	CHECK(who_waits() && who_waits() != warm);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0);
}

TEST(a_worker_killed_while_its_child_compiles_takes_it_along)
{
	const pid_t warm = who_waits();
	struct endless endless;
	pid_t child;

	REQUIRE(endless_start(&endless, the_compiler()));
	child = comes(warm, 0);
	REQUIRE(child && kill(warm, SIGKILL) == 0);
	CHECK(ends(child));
	CHECK(comes(getpid(), warm)); /* begun again, by a worker of its own */
	endless_interrupt(&endless);
	endless_join(&endless);
	CHECK_NUMBER(endless.run.code, -ECANCELED);
	CHECK_NUMBER(endless.run.times.warm, 0);
	CHECK(warm_up(the_compiler()));
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0);
}

TEST(a_compiler_killed_twice_is_told_after_the_second_time)
{
	struct run good = { .compiler = the_compiler(), .text = GOOD };
	const pid_t warm = who_waits();
	struct endless endless;
	pid_t first, second;

	REQUIRE(endless_start(&endless, the_compiler()));
	first = comes(warm, 0);
	REQUIRE(first && kill(first, SIGKILL) == 0);
	second = comes(getpid(), warm);
	REQUIRE(second && kill(second, SIGKILL) == 0);
	endless_join(&endless);
	CHECK_NUMBER(endless.run.code, -ENOMEM);
	CHECK_CONTAINS(endless.run.error.message, "was killed");
	CHECK_NUMBER(endless.run.times.attempts, 2);
	run_compile(&good);
	CHECK_NUMBER(good.times.warm, 1);
}

TEST(a_worker_that_is_stuck_is_given_up)
{
	struct run run = { .compiler = the_compiler(), .text = GOOD, .timeout_ms = 100 };
	const pid_t warm = who_waits();

	REQUIRE(kill(warm, SIGSTOP) == 0);
	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK(ends(warm));
	CHECK(warm_up(the_compiler()));
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0);
}

/* A process with a compiler, and how it is left while that waits or compiles. */
struct host {
	bool compiles, holds_socket; /* a child of the host has the compiler's socket too */
	int signal;                  /* 0: it ends by itself */
	pid_t pid, worker, child, holder;
};

static void be_host(struct host *host, int report)
{
	struct endless endless;

	shared = NULL; /* the parent's */
	the_compiler();
	host->worker = who_waits();
	if (host->compiles && endless_start(&endless, shared))
		host->child = comes(host->worker, 0);
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
		CHECK(host->worker && !!host->child == host->compiles);
		if (host->signal)
			kill(pid, host->signal);
		waitpid(pid, NULL, 0);
		CHECK(ends(host->worker));
		CHECK(!host->child || ends(host->child));
		if (host->holder)
			kill(host->holder, SIGKILL);
	}
}

static void *make_compiler(void *out)
{
	*(struct skbscope_compiler **)out = warm_compiler();
	return NULL;
}

TEST(two_compilers_and_four_threads_compile_at_once_and_one_outlives_its_thread)
{
	struct skbscope_compiler *compilers[2] = { NULL, the_compiler() };
	const pid_t other = who_waits();
	struct run run = { .text = GOOD }, runs[4];
	pthread_t thread, threads[4];
	uint32_t served = 0;
	pid_t warm;

	REQUIRE(pthread_create(&thread, NULL, make_compiler, &compilers[0]) == 0);
	pthread_join(thread, NULL);
	warm = worker_of(getpid(), other);
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
	run.compiler = compilers[0];
	run_compile(&run);
	CHECK_NUMBER(run.times.warm, 1);
	CHECK_NUMBER(worker_of(getpid(), other), warm);
	skbscope_compiler_free(compilers[0]);
	CHECK(!is_alive(warm));
	CHECK_NUMBER(who_waits(), other);
}

TEST(nothing_is_left_of_a_compiler_that_was_freed)
{
	const pid_t warm = who_waits();

	REQUIRE(warm);
	skbscope_compiler_free(shared);
	CHECK(!is_alive(warm));
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_NUMBER(errno, ECHILD);
}
