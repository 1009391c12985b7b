/* SPDX-License-Identifier: Apache-2.0 */
/* When a precompiled header may not be used, and that it is not; and what becomes of a
 * program whose precompiled header is good for nothing. */
#include "program/precompiled.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/paths.h"
#include "base/private_dir.h"
#include "compile/worker_client.h"

#define PROGRAM                                                                                    \
	"#include <linux/types.h>\n"                                                               \
	"BPF_HASH(table);\n"                                                                       \
	"int count(struct __sk_buff *skb) { table.increment(skb->len); return 0; }\n"

/* From a tree of our own, so that it can be touched. */
static bool ready(void)
{
	static bool made, can;

	if (!made) {
		struct paths *paths = (struct paths *)(uintptr_t)paths_get();
		char command[4400];

		made = true;
		make_home();
		snprintf(command, sizeof(command), "cp -a '%s' '%s/tree'", paths->headers, home);
		if (system(command) != 0)
			abort();
		snprintf(paths->headers, sizeof(paths->headers), "%s/tree", home);
		write_text(in_home("program.c"), PROGRAM);
		settle();
		can = make_and_keep();
	}
	if (can && !precompiled_is_stored(images))
		can = make_and_keep();
	return can;
}

#define NEEDS_ONE() SKIP_UNLESS(ready(), "there is no precompiled header here")

static bool is_used_with(struct skbscope_compile_options options)
{
	int code;

	options.cache_directory = images;
	return compare_with(in_home("program.c"), options, &code) && code == 0;
}

/* Where the files that it includes are others. */
static bool is_used_for_others(void)
{
	return is_used_with((struct skbscope_compile_options){ 0 });
}

/* Without a precompiled header the same comes of the same files each time. */
static bool is_used(void)
{
	static struct result without;

	if (!without.image.length)
		without =
			compile_with(in_home("program.c"), (struct skbscope_compile_options){ 0 });
	CHECK_NUMBER(without.code, 0);
	return compare_to(&without, in_home("program.c"),
			  (struct skbscope_compile_options){ .cache_directory = images });
}

static bool loads(void)
{
	AUTO(precompiled_clear) struct precompiled found = PRECOMPILED_INIT;

	return precompiled_load(images, &found);
}

static const char *kept_file(void)
{
	AUTO(closedirp) DIR *stream = opendir(images);
	struct dirent *file;
	static char path[512];

	path[0] = '\0';
	while (stream && (file = readdir(stream)))
		if (strstr(file->d_name, ".header"))
			snprintf(path, sizeof(path), "%s/%s", images, file->d_name);
	return path;
}

TEST(it_is_kept_and_used_and_an_image_says_so)
{
	AUTO(precompiled_clear) struct precompiled found = PRECOMPILED_INIT;
	struct cache_listing listing;
	uint64_t bytes;
	size_t removed;

	NEEDS_ONE();
	CHECK(is_used());
	REQUIRE(precompiled_load(images, &found));
	CHECK(precompiled_holds(&found));
	for (size_t i = 0; i < PRECOMPILED_FILES; i++)
		CHECK(pwrite(found.files[i], "x", 1, 0) < 0 && errno == EPERM);
	/* It is no image, but goes with them. */
	REQUIRE(cache_list(images, &listing, NULL) == 0);
	CHECK_NUMBER(listing.count, 0);
	cache_listing_clear(&listing);
	REQUIRE(cache_clear(images, &removed, &bytes, NULL) == 0);
	CHECK_NUMBER(removed, 0);
	CHECK(bytes > 100000);
	CHECK(!precompiled_is_stored(images));
	CHECK(!is_used());
}

TEST(a_define_that_names_a_word_of_its_text_is_compiled_without_it)
{
	static const struct {
		const char *define;
		bool used;
	} cases[] = {
		{ "QUITE_ANOTHER_NAME=1", true },
		{ "BCC_SEC=zzz", false },   /* of helpers.h */
		{ "BPF_F_TABLE=1", false }, /* of bpf.h */
		{ "CONFIG_NET=0", false },  /* of the tree */
		{ "u64=int", false },       /* a type's name */
		{ "__BPF_HELPERS_H", false },
		{ "_ANY_OF_THE_COMPILERS", false },
		{ "LINUX_VERSION_CODE=0", false }, /* of the flags that all programs get */
	};

	NEEDS_ONE();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct skbscope_compile_options options = { .defines = &cases[i].define,
								  .define_count = 1 };

		CHECK_NUMBER(is_used_with(options), cases[i].used);
	}
}

TEST(a_header_of_the_programs_own_directory_that_comes_first_is_not_passed_over)
{
	AUTO(freep) char *copy = strdup(in_home("more"));
	const char *const directory = copy;
	const struct skbscope_compile_options options = { .include_directories = &directory,
							  .include_directory_count = 1 };

	NEEDS_ONE();
	/* Behind the tree. */
	REQUIRE(mkdir(in_home("more"), 0755) == 0 && mkdir(in_home("more/linux"), 0755) == 0);
	write_text(in_home("more/linux/types.h"), "#error not this\n");
	CHECK(is_used_with(options));
	/* Before it. */
	REQUIRE(mkdir(in_home("linux"), 0755) == 0);
	write_text(in_home("linux/types.h"), "#include <uapi/linux/types.h>\n#warning mine\n");
	CHECK(!is_used_for_others());
	REQUIRE(unlink(in_home("linux/types.h")) == 0 && rmdir(in_home("linux")) == 0);
	CHECK(is_used());
}

TEST(a_tree_that_was_touched_makes_it_anew)
{
	NEEDS_ONE();
	CHECK(is_used());
	settle();
	REQUIRE(utimensat(AT_FDCWD, in_home("tree/include/linux/types.h"), NULL, 0) == 0);
	settle();
	CHECK(!loads());
	CHECK(!precompiled_is_stored(images));
	CHECK(!is_used());
	settle();
	REQUIRE(make_and_keep());
	CHECK(is_used());
	/* A name that was missing. */
	REQUIRE(mkdir(in_home("tree/arch/x86/include"), 0755) == 0 || errno == EEXIST);
	REQUIRE(mkdir(in_home("tree/arch/x86/include/linux"), 0755) == 0);
	write_text(in_home("tree/arch/x86/include/linux/types.h"),
		   "#include \"../../../../include/linux/types.h\"\n#define MINE 1\n");
	settle();
	CHECK(!is_used_for_others());
	CHECK(!precompiled_is_stored(images));
	REQUIRE(unlink(in_home("tree/arch/x86/include/linux/types.h")) == 0 &&
		rmdir(in_home("tree/arch/x86/include/linux")) == 0);
	settle();
	REQUIRE(make_and_keep());
	CHECK(is_used());
}

static bool has_library(const struct precompiled *precompiled, const char *name,
			struct input **found)
{
	for (size_t i = 0; i < precompiled->inputs->count; i++) {
		*found = &precompiled->inputs->items[i];
		if ((*found)->role == INPUT_LIBRARY && strstr((*found)->path, name))
			return true;
	}
	return false;
}

TEST(with_another_library_it_is_another)
{
	static const char *const names[] = { "/libbcc.so", "/libLLVM", "/libclang-cpp" };

	NEEDS_ONE();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(precompiled_clear) struct precompiled found = PRECOMPILED_INIT;
		struct input *library;

		NEEDS_ONE();
		REQUIRE(precompiled_load(images, &found));
		REQUIRE(has_library(&found, names[i], &library));
		library->identity.inode++; /* of another that was there before */
		CHECK(!precompiled_holds(&found));
		CHECK_NUMBER(precompiled_store(images, &found), 0);
		CHECK(!is_used());
		CHECK(!precompiled_is_stored(images));
	}
}

TEST(what_is_damaged_is_removed)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	char path[512];

	NEEDS_ONE();
	snprintf(path, sizeof(path), "%s", kept_file());
	REQUIRE(read_file(path, 16 << 20, &bytes) == 0);
	for (size_t at = 0; at < bytes.length; at += bytes.length / 37) {
		AUTO(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		bytes.data[at] ^= 1;
		REQUIRE(write_all(fd, bytes.data, bytes.length) == 0);
		bytes.data[at] ^= 1;
		CHECK(!loads());
		CHECK(!precompiled_is_stored(images));
	}
	for (size_t length = 0; length < bytes.length; length += bytes.length / 7) {
		AUTO(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		REQUIRE(write_all(fd, bytes.data, length) == 0);
		CHECK(!loads());
	}
	CHECK(!is_used());
}

TEST(what_others_could_have_written_is_not_used)
{
	NEEDS_ONE();
	REQUIRE(chmod(kept_file(), 0602) == 0);
	CHECK(!is_used());
	REQUIRE(chmod(kept_file(), 0600) == 0);
	CHECK(is_used());
	REQUIRE(chmod(images, 0707) == 0);
	CHECK(!is_used());
	REQUIRE(chmod(images, 0700) == 0);
	SKIP_UNLESS(geteuid() == 0, "only root can be planted a file of another user");
	REQUIRE(chown(kept_file(), 1000, 1000) == 0);
	CHECK(!is_used());
	REQUIRE(unlink(kept_file()) == 0);
}

/* Under sudo the compiler is the invoking user's process, who could interfere with it. */
TEST(what_one_users_compiler_made_is_not_for_another)
{
	char theirs[512], ours[512];

	SKIP_UNLESS(geteuid() == 0, "needs root, for compilers of two users");
	NEEDS_ONE();
	snprintf(ours, sizeof(ours), "%s", kept_file());
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "1234", 1);
	CHECK(!precompiled_is_stored(images));
	CHECK(!is_used());
	/* Under the other's name it is found out by the key inside. */
	snprintf(theirs, sizeof(theirs), "%s/away", home);
	REQUIRE(rename(ours, theirs) == 0 && make_and_keep());
	REQUIRE(rename(theirs, kept_file()) == 0);
	CHECK(!loads());
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
}

static int full_checks(void)
{
	AUTO(precompiled_clear) struct precompiled made = PRECOMPILED_INIT;
	const int failures = test_failures;

	if (precompiled_make(&made, NULL) < 0)
		return 1;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", images, "tmpfs", 0, "size=256k,mode=700") < 0)
		return 2;
	if (precompiled_store(images, &made) != -ENOSPC || precompiled_is_stored(images))
		return 3;
	if (is_used() || test_failures != failures)
		return 4;
	return rmdir(images) == 0 ? 5 : 0; /* busy, as it is mounted; and empty */
}

TEST(a_full_disk_keeps_none_and_fails_nothing)
{
	int status = -1;
	pid_t child;

	SKIP_UNLESS(geteuid() == 0, "needs root, to mount a small file system");
	NEEDS_ONE();
	child = fork();
	if (child == 0)
		_exit(full_checks());
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK_NUMBER(status, 0);
}

static int file_with(const char *bytes, size_t length)
{
	int fd = worker_memory_file("test");

	if (fd < 0 || write_all(fd, bytes, length) < 0)
		abort();
	return fd;
}

/* However it came to be: all the checks are passed, and clang cannot read it. */
TEST(a_program_whose_header_is_good_for_nothing_is_compiled_without_it)
{
	AUTO(buffer_free) struct buffer header = { 0 };
	AUTO(precompiled_clear) struct precompiled made = PRECOMPILED_INIT;

	NEEDS_ONE();
	REQUIRE(precompiled_make(&made, NULL) == 0);
	lseek(made.files[0], 0, SEEK_SET);
	REQUIRE(read_descriptor(made.files[0], 16 << 20, &header) == 0);
	for (int kind = 0; kind < 4; kind++) {
		size_t length = kind == 0 ? 0 : kind == 1 ? header.length / 2 : header.length;

		if (kind == 2)
			memset(header.data + header.length / 3, 0x5a, header.length / 3);
		else if (kind == 3)
			memset(header.data, 'x', header.length);
		close(made.files[0]);
		made.files[0] = file_with(header.data, length);
		CHECK_NUMBER(precompiled_store(images, &made), 0);
		CHECK(!is_used());
	}
	REQUIRE(unlink(kept_file()) == 0);
}

TEST(errors_are_those_of_a_program_without_it)
{
	static const char *const texts[] = {
		"int count(",
		"int count(struct __sk_buff *skb) { return cuont; }\n",
		"#include <nothing.h>\n",
		"BPF_HASH(table);\nint count(struct __sk_buff *skb) { return table; }\n",
		"static int f(void);\nint count(struct __sk_buff *skb) { return f(); }\n",
		"#define BPF_HASH 1\n#define u64 int\nint count(struct __sk_buff *skb) { u64 x; "
		"return x; }\n",
		"int count(struct __sk_buff *skb) { char big[600]; big[skb->len & 511] = 1; "
		"return big[skb->mark & 511]; }\n",
		"int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n",
		"int bpf_get_prandom_u32(void) { return 4; }\n",
		"struct bpf_map_def { int another; };\n",
		"",
	};
	const struct skbscope_compile_options options = { .cache_directory = images };

	NEEDS_ONE();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int code = 0;

		write_text(in_home("bad.c"), texts[i]);
		CHECK(compare_with(in_home("bad.c"), options, &code) == (code == 0));
	}
}
