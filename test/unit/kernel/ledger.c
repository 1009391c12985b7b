/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: entries come back as they were, and nothing else is believed. */
#include "kernel/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "harness.h"

static char directory[64];

static void make_directory(void)
{
	strcpy(directory, "/tmp/skbscope-ledger-XXXXXX");
	if (!mkdtemp(directory))
		abort();
}

static void remove_directory(void)
{
	AUTO(closedirp) DIR *entries = opendir(directory);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			unlinkat(dirfd(entries), entry->d_name, 0);
	if (rmdir(directory) < 0)
		abort();
}

static struct ledger_entry example(uint32_t ifindex)
{
	struct ledger_entry entry = {
		.netns = { 4, 4026531840, 23 },
		.ifindex = ifindex,
		.interface = "eth0",
		.direction = SKBSCOPE_EGRESS,
		.handle = 0x736b6273,
		.priority = 91,
		.program_id = 4000000000u,
		.name = "skbscope:count packets", /* a blank would do no harm */
		.qdisc = QDISC_ADDED,
	};

	ledger_owner_self(&entry.owner);
	return entry;
}

static void put_file(const char *name, const char *text)
{
	char path[512];
	AUTO(fclosep) FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0)
		abort();
}

TEST(an_entry_comes_back_as_it_was_written)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct ledger_entry entry = example(7), other = example(8);
	struct stat status;
	size_t count;
	char path[128];

	make_directory();
	snprintf(path, sizeof(path), "%s/f1-7-egress-91-736b6273", directory);
	entry.netns.inode = other.netns.inode = 0xf1;
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	REQUIRE(ledger_write(ledger, &entry) == 0);
	REQUIRE(stat(path, &status) == 0);
	CHECK_NUMBER(status.st_mode & 0777, 0600);
	entry.qdisc = QDISC_FOUND;
	strcpy(entry.netns_path.path, "/somewhere/a name");
	REQUIRE(ledger_write(ledger, &entry) == 0); /* replaces */
	REQUIRE(ledger_write(ledger, &other) == 0);
	REQUIRE(ledger_remove(ledger, &other) == 0);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	REQUIRE(count == 1);
	CHECK(ledger_same_filter(&entries[0], &entry));
	CHECK(netns_same(&entries[0].netns, &entry.netns));
	CHECK_NUMBER(entries[0].owner.pid, getpid());
	CHECK_NUMBER(entries[0].owner.start, entry.owner.start);
	CHECK_NUMBER(entries[0].owner.pid_namespace, entry.owner.pid_namespace);
	CHECK_NUMBER(entries[0].program_id, 4000000000u);
	CHECK_NUMBER(entries[0].direction, SKBSCOPE_EGRESS);
	CHECK_TEXT(entries[0].interface, "eth0");
	CHECK_TEXT(entries[0].name, "skbscope:count packets");
	CHECK_NUMBER(entries[0].qdisc, QDISC_FOUND);
	CHECK_TEXT(entries[0].netns_path.path, "/somewhere/a name");
	remove_directory();
}

/* Numbers of namespaces are given anew. */
TEST(what_another_wrote_under_the_same_name_is_left_alone)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct ledger_entry gone = example(7), next = example(7);
	size_t count;

	gone.netns.inode = next.netns.inode = 0xf1;
	next.netns.cookie = gone.netns.cookie + 1;
	next.owner.pid++;
	make_directory();
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	REQUIRE(ledger_write(ledger, &gone) == 0);
	REQUIRE(ledger_write(ledger, &next) == 0);
	ledger_reload(ledger, &gone);
	CHECK_NUMBER(gone.owner.pid, getpid());
	CHECK_NUMBER(ledger_remove(ledger, &gone), -ENOENT);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	REQUIRE(count == 1);
	CHECK_NUMBER(entries[0].owner.pid, next.owner.pid);
	CHECK_NUMBER(ledger_remove(ledger, &next), 0);
	CHECK_NUMBER(ledger_remove(ledger, &next), -ENOENT);
	remove_directory();
}

TEST(during_a_swap_the_ledger_knows_both_programs)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct ledger_entry entry = example(7);
	size_t count;

	entry.next_program_id = 4000000023u;
	strcpy(entry.next_name, "skbscope:tally");
	make_directory();
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	REQUIRE(ledger_write(ledger, &entry) == 0);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	REQUIRE(count == 1);
	CHECK_NUMBER(entries[0].program_id, 4000000000u);
	CHECK_TEXT(entries[0].name, "skbscope:count packets");
	CHECK_NUMBER(entries[0].next_program_id, 4000000023u);
	CHECK_TEXT(entries[0].next_name, "skbscope:tally");
	free(TAKE(entries));
	entry.next_program_id = 0;
	REQUIRE(ledger_write(ledger, &entry) == 0);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	REQUIRE(count == 1);
	CHECK_NUMBER(entries[0].next_program_id, 0);
	CHECK_TEXT(entries[0].next_name, "");
	remove_directory();
}

TEST(files_that_make_no_sense_are_not_believed)
{
	static const char *const texts[] = {
		"",
		"rubbish",
		"pid 1\nend\n",
		"pid -1\nstart 1\n",
		"name x\nname y\nend\n",
		"pid 99999999999\nend\n",
		/* whole but for its last line: the writer died */
		"pid 1\nstart 1\npid_namespace 1\nnetns_device 1\nnetns_inode 1\nnetns_cookie 1\n"
		"ifindex 1\ninterface lo\ndirection ingress\npriority 1\nhandle 1\nprogram_id 1\n"
		"name skbscope:x\nqdisc added\n",
		/* a priority that does not fit */
		"pid 1\nstart 1\npid_namespace 1\nnetns_device 1\nnetns_inode 1\nnetns_cookie 1\n"
		"ifindex 1\ninterface lo\ndirection ingress\npriority 65536\nhandle 1\n"
		"program_id 1\nname skbscope:x\nqdisc added\nend\n",
		/* an interface's name that does not fit */
		"pid 1\nstart 1\npid_namespace 1\nnetns_device 1\nnetns_inode 1\nnetns_cookie 1\n"
		"ifindex 1\ninterface lolololololololo\ndirection ingress\npriority 1\nhandle 1\n"
		"program_id 1\nname skbscope:x\nqdisc added\nend\n",
	};
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	size_t count;
	char name[16];

	make_directory();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snprintf(name, sizeof(name), "file%zu", i);
		put_file(name, texts[i]);
	}
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	CHECK_NUMBER(count, 0);
	remove_directory();
}

TEST(a_directory_that_others_can_write_to_is_not_trusted)
{
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct skbscope_error error;

	make_directory();
	REQUIRE(chmod(directory, 0777) == 0);
	CHECK_NUMBER(ledger_open(directory, &ledger, &error), -EPERM);
	CHECK_CONTAINS(error.message, "trusted");
	remove_directory();
}

TEST(whoever_can_open_the_directory_cannot_hold_its_lock)
{
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	AUTO(closep) int stranger = -1;

	make_directory();
	stranger = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(flock(stranger, LOCK_EX | LOCK_NB) == 0);
	CHECK(ledger_open(directory, &ledger, NULL) == 0);
	remove_directory();
}

TEST(what_a_killed_writer_left_is_swept_and_a_directory_in_the_way_does_no_harm)
{
	AUTO(freep) struct ledger_entry *entries = NULL;
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	struct ledger_entry entry = example(7);
	char path[128];
	size_t count;

	make_directory();
	put_file(".new-4194305", "pid 1\n");
	snprintf(path, sizeof(path), "%s/.new", directory);
	REQUIRE(mkdir(path, 0700) == 0);
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	CHECK(ledger_write(ledger, &entry) == 0);
	REQUIRE(ledger_list(ledger, &entries, &count) == 0);
	CHECK_NUMBER(count, 1);
	REQUIRE(rmdir(path) == 0);
	snprintf(path, sizeof(path), "%s/.new-4194305", directory);
	CHECK(access(path, F_OK) < 0 && errno == ENOENT);
	remove_directory();
}

TEST(an_open_ledger_is_locked_against_others)
{
	AUTO(ledger_closep) struct ledger *ledger = NULL;
	AUTO(closep) int other = -1;
	struct stat status;
	char path[128];

	make_directory();
	REQUIRE(ledger_open(directory, &ledger, NULL) == 0);
	snprintf(path, sizeof(path), "%s/.lock", directory);
	other = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fstat(other, &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK(flock(other, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
	ledger_closep(&ledger);
	CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
	remove_directory();
}

TEST(an_owner_lives_as_long_as_its_process_and_no_longer)
{
	struct ledger_owner self, owner;
	int hold[2], status;
	siginfo_t ended;
	pid_t pid;

	REQUIRE(ledger_owner_self(&self) == 0);
	CHECK(ledger_owner_lives(&self));
	owner = self;
	owner.start++; /* the PID was used again */
	CHECK(!ledger_owner_lives(&owner));
	owner = self;
	owner.pid = 4194305; /* above every possible PID */
	CHECK(!ledger_owner_lives(&owner));
	owner.pid_namespace++; /* of another PID namespace: nobody here can tell */
	CHECK_NUMBER(ledger_owner_lives(&owner), -EXDEV);

	REQUIRE(pipe(hold) == 0);
	pid = fork();
	if (pid == 0) {
		struct ledger_owner child;

		if (ledger_owner_self(&child) < 0 || write(hold[1], &child, sizeof(child)) < 0)
			_exit(1);
		pause();
	}
	REQUIRE(read(hold[0], &owner, sizeof(owner)) == sizeof(owner));
	CHECK_NUMBER(owner.pid, pid);
	CHECK(ledger_owner_lives(&owner));
	kill(pid, SIGKILL);
	REQUIRE(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) == 0);
	CHECK(!ledger_owner_lives(&owner)); /* a zombie */
	waitpid(pid, &status, 0);
	CHECK(!ledger_owner_lives(&owner));
	close(hold[0]);
	close(hold[1]);
}
