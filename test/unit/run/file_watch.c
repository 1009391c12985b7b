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
static struct skbscope_inputs *inputs;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0);
	REQUIRE(write_all(fd, text, strlen(text)) == 0);
	close(fd);
}

/* read: as if the compiler had, and it looked for missing in vain; NULL: neither. */
static void watch(const char *path, const char *missing)
{
	struct skbscope_source *source;
	struct skbscope_error error;

	inputs_freep(&inputs);
	REQUIRE(skbscope_source_from_text(path, "one", 3, &source, &error) == 0);
	REQUIRE(inputs_new(source, &inputs) == 0);
	if (missing)
		inputs_add(inputs, INPUT_MISSED, true, missing);
	CHECK(inputs_take(inputs, source, 0, NULL) == 0);
	CHECK(files_watch(files, inputs) == 0);
	skbscope_source_free(source);
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
	watch(program, include);
}

static void end(void)
{
	char command[64];

	files_free(files);
	inputs_freep(&inputs);
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
	bool same = inputs_look(inputs).same;

	inputs_renew(inputs);
	return !same;
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

TEST(what_is_gone_is_heard_and_so_is_its_return)
{
	begin();
	CHECK(unlink(program) == 0);
	CHECK(heard());
	CHECK(differs());
	write_file(program, "one");
	CHECK(heard());
	CHECK(differs());
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
	watch(program, NULL);
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
	char target[80], next[80];

	begin();
	snprintf(target, sizeof(target), "%s/target", directory);
	snprintf(next, sizeof(next), "%s/next", directory);
	CHECK(symlink("target", other) == 0);
	write_file(target, "one");
	write_file(next, "two");
	watch(other, NULL);
	heard();
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
