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
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compile/protocol.h"

static bool is_alive(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == 0;
}

static bool ends(pid_t pid)
{
	for (unsigned i = 0; i < 400 * test_slowness() && is_alive(pid); i++)
		usleep(5000);
	return !is_alive(pid);
}

/* A program that takes long, until its worker is there; the thread goes on. */
static pid_t start_long(struct run *run, pthread_t *thread, pid_t warm)
{
	run->text = endless_text();
	ends(worker_of(warm)); /* the one before may still be going */
	if (pthread_create(thread, NULL, run_compile, run) != 0)
		abort();
	for (unsigned i = 0; i < 400 * test_slowness(); i++) {
		pid_t child = worker_of(warm);

		if (child)
			return child;
		usleep(2000);
	}
	return 0;
}

TEST(a_compiler_is_soon_warm)
{
	struct skbscope_compiler *compiler = NULL;
	struct skbscope_error error = { 0 };

	REQUIRE(skbscope_compiler_new(&compiler, &error) == 0);
	CHECK(warm_up(compiler));
	skbscope_compiler_free(compiler);
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

TEST(the_one_that_waits_and_its_child_may_nothing)
{
	struct run run = { .timeout_ms = 1500 };
	unsigned int sockets, others;
	char environment[4096], limits[4096], status[8192];
	pthread_t thread;
	pid_t warm, child;
	bool exact;

	unsetenv("SUDO_UID");
	setenv("SKBSCOPE_TEST_SECRET", "23", 1);
	run.compiler = warm_compiler();
	warm = worker_of(getpid());
	REQUIRE(warm);
	check_powerless(warm);
	count_kinds(warm, &sockets, &others, &exact);
	CHECK_NUMBER(sockets, 1);
	CHECK_NUMBER(others, 3); /* nothing and the log, twice */
	read_text(warm, "environ", environment, sizeof(environment));
	CHECK(!strstr(environment, "SKBSCOPE_TEST_SECRET"));

	child = start_long(&run, &thread, warm);
	REQUIRE(child);
	usleep(50000);
	check_powerless(child);
	count_kinds(child, &sockets, &others, &exact);
	CHECK_NUMBER(sockets, 0);
	CHECK(exact);
	read_text(child, "limits", limits, sizeof(limits));
	read_text(child, "status", status, sizeof(status));
	if (strstr(status, "Seccomp_filters:"))                  /* since Linux 5.9 */
		CHECK_CONTAINS(status, "Seccomp_filters:\t2\n"); /* its own on top */
	CHECK_CONTAINS(limits, "Max cpu time              2                    2 ");
	pthread_join(thread, NULL);
	skbscope_compiler_free(run.compiler);
	unsetenv("SKBSCOPE_TEST_SECRET");
}

TEST(many_programs_leave_no_descriptor_and_no_process)
{
	struct skbscope_compiler *compiler = warm_compiler();
	struct run good = { .compiler = compiler, .text = GOOD };
	struct run bad = { .compiler = compiler, .text = BEGIN "int count(" };
	unsigned int before, theirs, sockets, after;
	pid_t warm = worker_of(getpid());
	uint32_t served = 0, many = (uint32_t)test_repeats(100);
	bool exact;

	before = count_descriptors();
	count_kinds(warm, &sockets, &theirs, &exact);
	for (uint32_t i = 0; i < many; i++) {
		struct run *run = i % 5 ? &good : &bad;

		run_compile(run);
		CHECK(i % 5 ? run->code == 0 : run->code == -EINVAL);
		served += run->times.warm;
	}
	CHECK_NUMBER(served, many);
	CHECK_NUMBER(count_descriptors(), before);
	CHECK(ends(worker_of(warm)));
	count_kinds(warm, &sockets, &after, &exact);
	CHECK_NUMBER(after, theirs);
	CHECK_NUMBER(worker_of(getpid()), warm);
	CHECK(ends(worker_of(warm)));
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), 0); /* it waits, and is not a zombie */
	skbscope_compiler_free(compiler);
	CHECK(!is_alive(warm));
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_NUMBER(errno, ECHILD);
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
	struct skbscope_compiler *compiler = warm_compiler();
	pid_t warm = worker_of(getpid());
	uint64_t before;

	usleep(50000 * test_slowness());
	before = switches(warm);
	CHECK(before > 0);
	usleep(500000);
	CHECK_NUMBER(switches(warm), before); /* it was not woken once */
	skbscope_compiler_free(compiler);
}

/* Programs that end the compiler, or are refused, in every way there is. */
static const char *const endings[] = {
	GOOD,
	BEGIN "int count(",
	BEGIN "#include \"missing.h\"\n" PACKET_FUNCTION,
	BEGIN "static int f(void) { return 1; }\n",
	BEGIN "BPF_HASH(table);\nBPF_HASH(table);\n" PACKET_FUNCTION,
	BEGIN "int count(struct __sk_buff *skb) { char big[600]; big[skb->len & 511] = 1; "
	      "return big[skb->mark & 511]; }\n",
	BEGIN "int count(struct __sk_buff *skb) { return (int)skb->len / (int)skb->mark; }\n",
	BEGIN "int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n",
	BEGIN "#include <net/sock.h>\n"
	      "int count(struct __sk_buff *skb) { return sizeof(struct tcp_sock); }\n",
	BEGIN "BPF_ARRAY(t, struct absent, 1);\n" PACKET_FUNCTION,
	BEGIN "int count(struct __sk_buff *skb) { return undeclared(skb); }\n",
	"",
};

TEST(its_words_are_those_of_a_worker_of_its_own)
{
	struct skbscope_compiler *compiler = warm_compiler();

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		static struct run cold, warm;

		cold = (struct run){ .text = endings[i] };
		warm = (struct run){ .compiler = compiler, .text = endings[i] };
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
	skbscope_compiler_free(compiler);
}

TEST(a_program_that_takes_too_long_is_ended_and_the_next_is_served)
{
	struct run run = { .compiler = warm_compiler(), .text = endless_text(), .timeout_ms = 700 };
	struct run good = { .compiler = run.compiler, .text = GOOD };
	pid_t warm = worker_of(getpid());

	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK_CONTAINS(run.error.message, "0.7 s");
	CHECK_NUMBER(run.times.warm, 1);
	CHECK_NUMBER(worker_of(warm), 0);
	run_compile(&good);
	CHECK_NUMBER(good.code, 0);
	CHECK_NUMBER(good.times.warm, 1);
	CHECK_NUMBER(worker_of(getpid()), warm);
	skbscope_compiler_free(run.compiler);
}

static bool poll_has(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1;
}

static void check_cancelled(struct skbscope_compiler *compiler)
{
	struct run run = { .compiler = compiler, .text = endless_text() };
	uint64_t one = 1;
	pthread_t thread;

	run.cancel_fd = eventfd(0, EFD_CLOEXEC);
	REQUIRE(run.cancel_fd > 0);
	REQUIRE(pthread_create(&thread, NULL, run_compile, &run) == 0);
	usleep(200000);
	REQUIRE(write(run.cancel_fd, &one, sizeof(one)) == sizeof(one));
	pthread_join(thread, NULL);
	CHECK_NUMBER(run.code, -ECANCELED);
	CHECK_CONTAINS(run.error.message, "interrupted");
	CHECK(poll_has(run.cancel_fd)); /* whoever made it reads it */
	close(run.cancel_fd);
}

TEST(a_compilation_can_be_interrupted_with_and_without_a_compiler)
{
	struct skbscope_compiler *compiler = warm_compiler();
	struct run good = { .compiler = compiler, .text = GOOD };
	pid_t warm = worker_of(getpid());

	check_cancelled(NULL);
	check_cancelled(compiler);
	CHECK_NUMBER(worker_of(warm), 0);
	run_compile(&good);
	CHECK_NUMBER(good.code, 0);
	CHECK_NUMBER(good.times.warm, 1);
	skbscope_compiler_free(compiler);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(a_worker_killed_while_it_waits_is_replaced)
{
	struct run run = { .compiler = warm_compiler(), .text = GOOD };
	pid_t warm = worker_of(getpid());

	REQUIRE(warm && kill(warm, SIGKILL) == 0);
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	CHECK_NUMBER(run.times.warm, 0);
	CHECK(warm_up(run.compiler));
	CHECK(worker_of(getpid()) && worker_of(getpid()) != warm);
	skbscope_compiler_free(run.compiler);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(a_worker_killed_while_its_child_compiles_takes_it_along)
{
	struct run run = { .compiler = warm_compiler(), .timeout_ms = 1000 };
	pid_t warm = worker_of(getpid()), child;
	pthread_t thread;

	child = start_long(&run, &thread, warm);
	REQUIRE(child && kill(warm, SIGKILL) == 0);
	CHECK(ends(child));
	pthread_join(thread, NULL);
	CHECK_NUMBER(run.code, -ETIMEDOUT); /* begun again, by a worker of its own */
	CHECK_NUMBER(run.times.warm, 0);
	CHECK(warm_up(run.compiler));
	skbscope_compiler_free(run.compiler);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(a_child_killed_by_the_kernel_is_told_as_ever)
{
	struct run run = { .compiler = warm_compiler() };
	struct run good = { .compiler = run.compiler, .text = GOOD };
	pid_t child;
	pthread_t thread;

	child = start_long(&run, &thread, worker_of(getpid()));
	REQUIRE(child && kill(child, SIGKILL) == 0);
	pthread_join(thread, NULL);
	CHECK_NUMBER(run.code, -ENOMEM);
	CHECK_CONTAINS(run.error.message, "was killed");
	run_compile(&good);
	CHECK_NUMBER(good.times.warm, 1);
	skbscope_compiler_free(run.compiler);
}

TEST(a_worker_that_is_stuck_is_given_up)
{
	struct run run = { .compiler = warm_compiler(), .text = GOOD, .timeout_ms = 300 };
	pid_t warm = worker_of(getpid());

	REQUIRE(kill(warm, SIGSTOP) == 0);
	run_compile(&run);
	CHECK_NUMBER(run.code, -ETIMEDOUT);
	CHECK(ends(warm));
	run.timeout_ms = 0;
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	skbscope_compiler_free(run.compiler);
	CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
}

/* In a process of its own: leaves, in the way given, while it waits or compiles. */
static void check_orphan(bool compiles, int signal)
{
	int pipe_fds[2];
	pid_t host, pids[2] = { 0, 0 };

	REQUIRE(pipe2(pipe_fds, O_CLOEXEC) == 0);
	host = fork();
	if (host == 0) {
		struct run run = { .compiler = warm_compiler() };
		pthread_t thread;

		pids[0] = worker_of(getpid());
		if (compiles)
			pids[1] = start_long(&run, &thread, pids[0]);
		(void)!write(pipe_fds[1], pids, sizeof(pids));
		if (!signal)
			_exit(0);
		pause();
	}
	REQUIRE(read(pipe_fds[0], pids, sizeof(pids)) == sizeof(pids));
	CHECK(pids[0] && (!compiles || pids[1]));
	if (signal)
		kill(host, signal);
	waitpid(host, NULL, 0);
	CHECK(ends(pids[0]));
	if (compiles)
		CHECK(ends(pids[1]));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

TEST(a_worker_goes_with_its_parent)
{
	check_orphan(false, 0);
	check_orphan(false, SIGKILL);
	check_orphan(true, 0);
	check_orphan(true, SIGKILL);
}

/* The socket alone must not keep it: another child of the host may hold it. */
TEST(a_worker_goes_with_its_parent_though_its_socket_stays_open)
{
	int pipe_fds[2];
	pid_t host, pids[2] = { 0, 0 };

	REQUIRE(pipe2(pipe_fds, O_CLOEXEC) == 0);
	host = fork();
	if (host == 0) {
		(void)warm_compiler();
		pids[0] = worker_of(getpid());
		pids[1] = fork();
		if (pids[1] == 0) {
			pause();
			_exit(0);
		}
		(void)!write(pipe_fds[1], pids, sizeof(pids));
		_exit(0);
	}
	REQUIRE(read(pipe_fds[0], pids, sizeof(pids)) == sizeof(pids));
	waitpid(host, NULL, 0);
	CHECK(pids[0] && ends(pids[0]));
	kill(pids[1], SIGKILL);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void *make_compiler(void *out)
{
	*(struct skbscope_compiler **)out = warm_compiler();
	return NULL;
}

TEST(a_worker_outlives_the_thread_that_started_it)
{
	struct run run = { .text = GOOD };
	pthread_t thread;
	pid_t warm;

	REQUIRE(pthread_create(&thread, NULL, make_compiler, &run.compiler) == 0);
	pthread_join(thread, NULL);
	warm = worker_of(getpid());
	usleep(50000);
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	CHECK_NUMBER(run.times.warm, 1);
	CHECK_NUMBER(worker_of(getpid()), warm);
	skbscope_compiler_free(run.compiler);
}

TEST(two_compilers_and_four_threads_compile_at_once)
{
	struct skbscope_compiler *compilers[2] = { warm_compiler(), warm_compiler() };
	struct run runs[4];
	pthread_t threads[4];
	uint32_t served = 0;

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
	CHECK(warm_up(compilers[1]));
	skbscope_compiler_free(compilers[1]);
}

TEST(kernel_types_are_made_once_and_cannot_be_changed)
{
	struct run run = { .compiler = warm_compiler(), .text = endings[8] };
	uint64_t first_ns;

	run_compile(&run);
	if (run.times.attempts < 2 || !run.times.types_ns)
		test_skip("this kernel offers no types, or the headers need none");
	first_ns = run.times.types_ns;
	run_compile(&run);
	CHECK(run.times.types_ns < first_ns / 2);
	skbscope_compiler_free(run.compiler);
}
