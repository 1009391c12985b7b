/* SPDX-License-Identifier: Apache-2.0 */
/* When what went into an image is the same, when it is not, and when that cannot be told. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "compile/inputs.h"
#include "compile/protocol.h"
#include "home.h"

static char program[64], include[64], missing[64];
static struct skbscope_source *source; /* "one", as is the program's file */
static struct skbscope_inputs *inputs;

/* As after a compilation that began then, read the include and missed the other name. */
static struct skbscope_inputs *take(uint64_t since_ns)
{
	struct skbscope_inputs *taken;

	if (inputs_new(source, &taken) < 0)
		abort();
	inputs_add(taken, INPUT_MISSED, true, missing);
	inputs_add(taken, INPUT_READ, true, include);
	if (inputs_take(taken, source, since_ns, NULL) < 0)
		abort();
	return taken;
}

static void begin(void)
{
	struct skbscope_error error;

	home_make();
	snprintf(program, sizeof(program), "%s/program.c", home);
	snprintf(include, sizeof(include), "%s/include.h", home);
	snprintf(missing, sizeof(missing), "%s/missing.h", home);
	write_text(program, "one");
	write_text(include, "two");
	settle();
	REQUIRE(skbscope_source_from_text(program, "one", 3, &source, &error) == 0);
	inputs = take(clock_file_ns());
}

static void end(void)
{
	inputs_freep(&inputs);
	skbscope_source_free(source);
}

static struct input *find(const char *path)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (strcmp(inputs->items[i].path, path) == 0)
			return &inputs->items[i];
	return NULL;
}

static bool same(void)
{
	return inputs_look(inputs).same;
}

TEST(another_text_is_a_change_and_the_same_one_written_again_is_none)
{
	begin();
	CHECK(same());
	write_text(program, "one");
	write_text(include, "two");
	CHECK(utimensat(AT_FDCWD, include, NULL, 0) == 0);
	CHECK(same());
	write_text(include, "2wo");
	CHECK(!same());
	inputs_renew(inputs);
	CHECK(same());
	write_text(program, "1ne");
	CHECK(!same());
	end();
}

TEST(a_change_in_the_tick_in_which_it_was_looked_at_is_noticed)
{
	begin();
	/* Two texts between which the clock did not move: all but the content is the same. */
	find(include)->hash[0] ^= 1;
	CHECK(same());
	find(include)->settled = false; /* as it is in that tick */
	CHECK(!same());
	end();
}

TEST(a_name_that_was_missing_and_appears_is_a_change_and_so_is_one_that_goes)
{
	begin();
	write_text(missing, "");
	CHECK(!same());
	CHECK(unlink(missing) == 0);
	CHECK(same());
	CHECK(mkdir(missing, 0755) == 0);
	CHECK(!same());
	CHECK(rmdir(missing) == 0);
	CHECK(unlink(include) == 0);
	CHECK(!same());
	end();
}

TEST(what_is_not_what_the_compiler_saw_does_not_hold)
{
	begin();
	CHECK(skbscope_inputs_hold(inputs));
	inputs_freep(&inputs);
	inputs = take(0);
	CHECK(same() && !skbscope_inputs_hold(inputs));
	end();
}

TEST(permissions_are_a_change_but_no_other_content)
{
	uint8_t before[CACHE_HASH_BYTES], now[CACHE_HASH_BYTES];

	begin();
	inputs_digest(inputs, before);
	CHECK(chmod(include, 0600) == 0);
	CHECK(!same());
	inputs_renew(inputs);
	inputs_digest(inputs, now);
	CHECK(memcmp(before, now, sizeof(now)) == 0);
	write_text(include, "three");
	inputs_renew(inputs);
	inputs_digest(inputs, now);
	CHECK(memcmp(before, now, sizeof(now)) != 0);
	write_text(include, "two");
	inputs_renew(inputs);
	inputs_digest(inputs, now);
	CHECK(memcmp(before, now, sizeof(now)) == 0);
	write_text(missing, "");
	inputs_renew(inputs);
	inputs_digest(inputs, now);
	CHECK(memcmp(before, now, sizeof(now)) != 0);
	end();
}

TEST(what_is_gone_or_was_just_emptied_is_unsettled)
{
	begin();
	CHECK(!inputs_look(inputs).unsettled); /* a name that was missing is no matter */
	CHECK(unlink(program) == 0);
	CHECK(inputs_look(inputs).unsettled);
	write_text(program, "one");
	CHECK(!inputs_look(inputs).unsettled);
	write_text(program, "");
	CHECK(inputs_look(inputs).unsettled);
	end();
}

TEST(nothing_but_a_regular_file_is_opened)
{
	begin();
	CHECK(unlink(program) == 0 && mkfifo(program, 0644) == 0);
	CHECK(!same());
	inputs_renew(inputs);
	CHECK(same());
	CHECK(!inputs_misread(inputs));
	CHECK_NUMBER(open_regular(program, false), -EINVAL);
	CHECK_NUMBER(open_regular(home, true), -EISDIR);
	CHECK_NUMBER(open_regular("/dev/null", true), -EINVAL);
	end();
}

/* Reading /proc/kmsg waits for the kernel's next message, and takes it from others. */
TEST(a_link_makes_neither_the_kernels_files_nor_a_pipe_of_anybody_a_file)
{
	char link[64], pipe[64];
	int fd;

	begin();
	snprintf(link, sizeof(link), "%s/link.c", home);
	snprintf(pipe, sizeof(pipe), "%s/pipe", home);
	REQUIRE(symlink("/proc/kmsg", link) == 0);
	CHECK_NUMBER(open_regular(link, true), -EINVAL);
	CHECK_NUMBER(open_regular("/sys/kernel/uevent_seqnum", false), -EINVAL);
	REQUIRE(mkfifo(pipe, 0600) == 0);
	fd = open_regular(pipe, true);
	CHECK(fd >= 0);
	close(fd);
	REQUIRE(unlink(link) == 0 && symlink(pipe, link) == 0);
	CHECK_NUMBER(open_regular(link, true), -EINVAL);
	REQUIRE(unlink(link) == 0 && symlink(program, link) == 0);
	fd = open_regular(link, true);
	CHECK(fd >= 0);
	close(fd);
	end();
}

/* What the compiler could not read is not read for it by somebody who can. */
TEST(what_is_not_the_compilers_to_read_counts_by_what_it_is_called)
{
	begin();
	inputs_freep(&inputs);
	write_text(missing, "secret");
	settle();
	inputs = take(clock_file_ns());
	CHECK_NUMBER(find(missing)->hash[0] | find(missing)->hash[31], 0);
	CHECK(same());
	CHECK(inputs_are_known(inputs, NULL));
	settle();
	write_text(missing, "tercse");
	CHECK(!same());
	inputs_renew(inputs);
	CHECK(same());
	end();
}

static void grow(const char *path, off_t bytes)
{
	CHECK(truncate(path, bytes) == 0);
	settle();
}

/* However many files of whatever size a program asks for, looking at them ends. */
TEST(only_so_much_is_read_of_what_a_program_names)
{
	uint8_t digest[CACHE_HASH_BYTES], then[CACHE_HASH_BYTES];

	begin();
	inputs_freep(&inputs);
	grow(include, (off_t)64 << 20);
	inputs = take(clock_file_ns());
	CHECK_NUMBER(find(include)->hash[0] | find(include)->hash[31], 0);
	CHECK(!inputs_are_certain(inputs));
	CHECK(same());
	inputs_digest(inputs, then);
	grow(include, (off_t)63 << 20);
	CHECK(!same());
	inputs_renew(inputs);
	inputs_digest(inputs, digest);
	CHECK(memcmp(digest, then, sizeof(then)) != 0);
	end();
}

TEST(a_program_that_is_not_what_was_compiled_was_misread)
{
	begin();
	CHECK(!inputs_misread(inputs));
	inputs_freep(&inputs);
	write_text(program, "one and more"); /* however old */
	settle();
	inputs = take(clock_file_ns());
	CHECK(inputs_misread(inputs));
	CHECK(!inputs_are_known(inputs, NULL));
	inputs_freep(&inputs);
	/* Nothing is no other text: that is another matter. */
	write_text(program, "");
	inputs = take(clock_file_ns());
	CHECK(!inputs_misread(inputs));
	inputs_freep(&inputs);
	CHECK(unlink(program) == 0);
	inputs = take(clock_file_ns());
	CHECK(!inputs_misread(inputs));
	inputs_freep(&inputs);
	write_text(program, "one"); /* however new */
	inputs = take(0);
	CHECK(!inputs_misread(inputs));
	end();
}

TEST(what_changed_while_it_was_compiled_is_known_only_if_it_was_there_before)
{
	struct skbscope_inputs *before;

	begin();
	CHECK(inputs_are_known(inputs, NULL));
	inputs_freep(&inputs);
	inputs = take(0);
	CHECK(!inputs_are_known(inputs, NULL));
	before = take(0);
	CHECK(inputs_are_known(inputs, before));
	write_text(include, "three");
	inputs_freep(&inputs);
	inputs = take(0);
	CHECK(!inputs_are_known(inputs, before));
	inputs_freep(&before);
	inputs_freep(&inputs);
	settle();
	CHECK(unlink(include) == 0);
	inputs = take(clock_file_ns());
	CHECK(!inputs_are_known(inputs, NULL)); /* it was read, and is gone */
	end();
}

TEST(only_what_can_be_told_to_be_the_same_later_is_certain)
{
	begin();
	CHECK(!inputs_are_certain(inputs)); /* nobody said that this is all */
	inputs->complete = true;
	CHECK(inputs_are_certain(inputs));
	write_text(missing, "");
	inputs_renew(inputs);
	CHECK(!inputs_are_certain(inputs)); /* what was missed is there */
	end();
}

/* As a worker lists it. */
static void add_listed(const char *list, size_t length)
{
	const struct clang_log_directory directories[] = { { .real = home } };
	const char *const paths[] = { "/usr/include", home };
	const struct inputs_origin origin = { paths, 2, directories, 1 };
	struct worker_answer_header header = { .magic = WORKER_ANSWER_MAGIC,
					       .files_length = (uint32_t)length };
	AUTO(buffer_free) struct buffer answer = { 0 };

	buffer_append(&answer, &header, sizeof(header));
	buffer_append(&answer, list, length);
	inputs_add_listed(inputs, &origin, &answer);
}

TEST(the_users_files_are_told_from_the_headers_and_the_compilers)
{
	const char list[] = "r/usr/include/stdio.h\0m/usr/include/none.h\0r/elsewhere/mine.h\0"
			    "l/usr/lib/libbcc.so\0m/sys/kernel/none";

	begin();
	inputs_freep(&inputs);
	REQUIRE(inputs_new(source, &inputs) == 0);
	CHECK(!inputs->complete);
	add_listed(list, sizeof(list));
	CHECK(inputs->complete);
	add_listed(list, sizeof(list));
	/* Another attempt searched elsewhere. */
	inputs_add(inputs, INPUT_READ, true, "/both.h");
	inputs_add(inputs, INPUT_READ, false, "/both.h");
	inputs_add(inputs, INPUT_READ, false, "/other.h");
	inputs_add(inputs, INPUT_READ, true, "/other.h");
	REQUIRE(inputs_take(inputs, source, 0, NULL) == 0);
	CHECK(find("/both.h")->users && find("/other.h")->users);
	CHECK(inputs_program(inputs) && inputs_program(inputs)->users);
	CHECK(!find("/usr/include/stdio.h")->users && !find("/usr/include/none.h")->users);
	CHECK(!find("/usr/lib/libbcc.so")->users && !find("/sys/kernel/none")->users);
	CHECK(find("/elsewhere/mine.h")->users);
	CHECK_NUMBER(inputs->count, 1 + 5 + 2 + 2); /* each once, and what the linker goes by */
	end();
}

TEST(a_list_that_is_cut_is_not_complete_whatever_another_attempt_says)
{
	begin();
	inputs_freep(&inputs);
	REQUIRE(inputs_new(source, &inputs) == 0);
	add_listed("r/a", 3); /* no end */
	CHECK(!inputs->complete);
	add_listed("r/a", 4);
	CHECK(!inputs->complete);
	inputs_add_listed(inputs, &(struct inputs_origin){ 0 }, &(struct buffer){ 0 });
	CHECK(!inputs->complete);
	end();
}

TEST(a_relative_path_is_that_of_where_it_was_read)
{
	struct skbscope_source *relative;
	struct skbscope_error error;
	char here[4096];

	begin();
	inputs_freep(&inputs);
	REQUIRE(getcwd(here, sizeof(here)));
	REQUIRE(chdir(home) == 0);
	REQUIRE(skbscope_source_from_text("program.c", "one", 3, &relative, &error) == 0);
	REQUIRE(inputs_new(relative, &inputs) == 0);
	REQUIRE(chdir(here) == 0);
	REQUIRE(inputs_take(inputs, relative, 0, NULL) == 0);
	CHECK_TEXT(inputs_program(inputs)->path, program);
	skbscope_source_free(relative);
	end();
}

TEST(files_of_one_program_are_looked_at_together)
{
	struct skbscope_source *other;
	struct skbscope_inputs *more;
	char path[64];

	begin();
	snprintf(path, sizeof(path), "%s/other.c", home);
	write_text(path, "three");
	settle();
	REQUIRE(skbscope_source_from_text(path, "three", 5, &other, NULL) == 0);
	REQUIRE(inputs_new_unread(other, clock_file_ns(), &more) == 0);
	inputs_add(more, INPUT_READ, true, include); /* by both */
	REQUIRE(inputs_take(more, other, clock_file_ns(), NULL) == 0);
	REQUIRE(inputs_join(inputs, more) == 0);
	inputs_freep(&more);
	CHECK(find(path) && find(program) && find(include) && find(missing));
	CHECK(same() && !inputs_misread(inputs));
	write_text(path, "four!");
	CHECK(!same());
	inputs_renew(inputs);
	CHECK(same());
	write_text(include, "six");
	CHECK(!same());
	skbscope_source_free(other);
	end();
}

TEST(a_file_that_two_saw_differently_is_not_taken_for_unchanged)
{
	struct skbscope_inputs *more;

	begin();
	write_text(include, "new");
	settle();
	more = take(clock_file_ns());
	REQUIRE(inputs_join(inputs, more) == 0);
	inputs_freep(&more);
	CHECK(!same());
	end();
}
