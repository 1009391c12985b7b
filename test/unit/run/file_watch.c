/* SPDX-License-Identifier: Apache-2.0 */
/* Saving in all the ways editors and shells do it, in a directory of its own. */
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "run/file_watch.h"

static char directory[] = "/tmp/skbscope-files-XXXXXX";
static char program[64], include[64], other[64];
static struct files *files;
static uint64_t before;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0);
	REQUIRE(write_all(fd, text, strlen(text)) == 0);
	close(fd);
}

static bool watch_both(uint64_t since_ns)
{
	const char *const read[] = { program };
	const char *const missing[] = { include };
	const struct skbscope_compile_files depends = {
		.files = read, .file_count = 1, .missing = missing, .missing_count = 1
	};
	bool changed = false;

	CHECK(files_watch(files, &depends, since_ns, &changed) == 0);
	return changed;
}

static void begin(void)
{
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	REQUIRE(mkdtemp(directory));
	snprintf(program, sizeof(program), "%s/program.c", directory);
	snprintf(include, sizeof(include), "%s/include.h", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	write_file(program, "one");
	REQUIRE(files_new(&files) == 0);
	watch_both(UINT64_MAX);
	before = files_look(files).fingerprint;
}

static void end(void)
{
	char command[64];

	files_free(files);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CHECK(system(command) == 0);
}

static bool heard(void)
{
	struct pollfd polled = { .fd = files_fd(files), .events = POLLIN };

	return poll(&polled, 1, 0) > 0 && files_heard(files);
}

static bool differs(void)
{
	uint64_t now = files_look(files).fingerprint;
	bool result = now != before;

	before = now;
	return result;
}

TEST(writing_in_place_is_heard)
{
	begin();
	CHECK(!heard());
	write_file(program, "two");
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(the_same_text_again_is_no_change)
{
	begin();
	write_file(program, "one");
	heard();
	CHECK(!differs());
	CHECK(utimensat(AT_FDCWD, program, NULL, 0) == 0);
	heard();
	CHECK(!differs());
	end();
}

TEST(renaming_over_is_heard_every_time)
{
	begin();
	for (int i = 0; i < 23; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%d", i);
		write_file(other, text);
		CHECK(!heard()); /* another name in the same directory */
		CHECK(rename(other, program) == 0);
		CHECK(heard());
		CHECK(differs());
	}
	end();
}

TEST(what_is_gone_is_unsettled_and_its_return_is_heard)
{
	begin();
	CHECK(unlink(program) == 0);
	CHECK(heard());
	CHECK(files_look(files).unsettled);
	CHECK(differs());
	write_file(program, "one");
	CHECK(heard());
	CHECK(differs());
	CHECK(!files_look(files).unsettled);
	end();
}

TEST(a_file_that_just_became_empty_is_unsettled)
{
	begin();
	write_file(program, "");
	CHECK(heard());
	CHECK(files_look(files).unsettled);
	end();
}

TEST(a_directory_in_its_place_is_heard_and_so_is_the_file_after_it)
{
	begin();
	CHECK(unlink(program) == 0 && mkdir(program, 0755) == 0);
	CHECK(heard());
	CHECK(differs());
	CHECK(rmdir(program) == 0);
	CHECK(heard());
	write_file(program, "two");
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(rights_are_part_of_the_state)
{
	begin();
	CHECK(chmod(program, 0000) == 0);
	CHECK(heard());
	CHECK(differs());
	CHECK(chmod(program, 0644) == 0);
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(rights_are_no_part_of_the_contents)
{
	uint64_t contents;

	begin();
	contents = files_look(files).contents;
	CHECK(chmod(program, 0600) == 0);
	write_file(program, "one");
	CHECK(files_look(files).contents == contents);
	write_file(program, "two");
	CHECK(files_look(files).contents != contents);
	write_file(program, "one");
	CHECK(files_look(files).contents == contents);
	write_file(include, "");
	CHECK(files_look(files).contents != contents);
	end();
}

TEST(the_same_files_are_the_same_in_any_order)
{
	const char *read[] = { program }, *missing[] = { include, other };
	struct skbscope_compile_files depends = {
		.files = read, .file_count = 1, .missing = missing, .missing_count = 2
	};
	bool changed;

	begin();
	CHECK(!files_are(files, &depends));
	CHECK(files_watch(files, &depends, UINT64_MAX, &changed) == 0);
	CHECK(files_are(files, &depends));
	missing[0] = other;
	missing[1] = include;
	CHECK(files_are(files, &depends));
	missing[1] = "/elsewhere.h";
	CHECK(!files_are(files, &depends));
	end();
}

TEST(a_missing_include_that_appears_is_heard)
{
	begin();
	write_file(include, "");
	CHECK(heard());
	CHECK(differs());
	CHECK(unlink(include) == 0);
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(a_directory_that_is_replaced_is_followed)
{
	char away[80], command[100];

	begin();
	snprintf(away, sizeof(away), "%s.away", directory);
	CHECK(rename(directory, away) == 0);
	CHECK(heard());
	CHECK(differs());
	CHECK(mkdir(directory, 0755) == 0);
	CHECK(heard());
	write_file(program, "two");
	CHECK(heard());
	CHECK(differs());
	write_file(program, "three");
	CHECK(heard());
	CHECK(differs());
	snprintf(command, sizeof(command), "rm -rf %s", away);
	CHECK(system(command) == 0);
	end();
}

TEST(a_directory_further_up_that_is_replaced_is_followed)
{
	char deep[80], moved[80], inside[96];

	begin();
	snprintf(deep, sizeof(deep), "%s/up/down", directory);
	snprintf(inside, sizeof(inside), "%s/up", directory);
	snprintf(moved, sizeof(moved), "%s/away", directory);
	REQUIRE(mkdir(inside, 0755) == 0 && mkdir(deep, 0755) == 0);
	snprintf(program, sizeof(program), "%s/up/down/p.c", directory);
	write_file(program, "one");
	watch_both(UINT64_MAX);
	before = files_look(files).fingerprint;
	CHECK(!heard());
	REQUIRE(rename(inside, moved) == 0);
	CHECK(heard());
	CHECK(differs());
	REQUIRE(mkdir(inside, 0755) == 0);
	CHECK(heard());
	REQUIRE(mkdir(deep, 0755) == 0);
	CHECK(heard());
	write_file(program, "two");
	CHECK(heard());
	CHECK(differs());
	/* What lies beside the way is nobody's business. */
	snprintf(inside, sizeof(inside), "%s/up/beside", directory);
	write_file(inside, "x");
	CHECK(!heard());
	end();
}

TEST(links_are_followed_and_their_change_is_heard)
{
	const char *const read[] = { other };
	const struct skbscope_compile_files depends = { .files = read, .file_count = 1 };
	char target[80], next[80];
	bool changed;

	begin();
	snprintf(target, sizeof(target), "%s/target", directory);
	snprintf(next, sizeof(next), "%s/next", directory);
	CHECK(symlink("target", other) == 0);
	write_file(target, "one");
	write_file(next, "two");
	REQUIRE(files_watch(files, &depends, UINT64_MAX, &changed) == 0);
	heard();
	differs();
	write_file(target, "three");
	CHECK(heard());
	CHECK(differs());
	CHECK(unlink(other) == 0 && symlink("next", other) == 0);
	CHECK(heard());
	CHECK(differs());
	write_file(next, "four");
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(what_was_saved_before_anybody_listened_is_told)
{
	const uint64_t long_ago = 0;

	begin();
	CHECK(!watch_both(long_ago)); /* known already: its saving would have been heard */
	write_file(include, "new");
	files_free(files);
	REQUIRE(files_new(&files) == 0);
	CHECK(watch_both(long_ago));
	CHECK(!watch_both(long_ago));
	end();
}

TEST(a_pipe_in_its_place_does_not_block)
{
	begin();
	CHECK(unlink(program) == 0 && mkfifo(program, 0644) == 0);
	CHECK(heard());
	CHECK(differs());
	end();
}

TEST(a_relative_path_is_watched_where_it_was_meant)
{
	char here[4096];

	begin();
	REQUIRE(getcwd(here, sizeof(here)));
	REQUIRE(chdir(directory) == 0);
	REQUIRE(files_watch_program(files, "program.c") == 0);
	REQUIRE(chdir(here) == 0);
	CHECK_NUMBER(files_count(files), 1);
	before = files_look(files).fingerprint;
	write_file(program, "two");
	CHECK(heard());
	CHECK(differs());
	end();
}
