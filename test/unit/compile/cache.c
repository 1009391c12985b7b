/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "compile/cache.h"
#include "compile/cache_directory.h"
#include "compile/cache_entry.h"
#include "image/image.h"

/* A folder of our own with a cache, a program and a header that is long settled. */
static char home[64], images[96], header[96];
static struct skbscope_source *source;
static struct skbscope_compile_options options;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_home(void)
{
	nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_text(const char *path, const char *text)
{
	AUTO(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		abort();
}

/* Until file times tell what happens now from what happened before. */
static void wait_a_tick(void)
{
	uint64_t now = clock_wall_ns();

	while (cache_files_clock_ns() <= now)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static bool fresh(void)
{
	const char text[] = "int observe(struct __sk_buff *skb) { return -1; }\n";
	struct skbscope_error error;

	if (!home[0]) {
		snprintf(home, sizeof(home), "/tmp/skbscope-cache-XXXXXX");
		if (!mkdtemp(home))
			abort();
		atexit(remove_home);
		snprintf(header, sizeof(header), "%s/header.h", home);
		snprintf(images, sizeof(images), "%s/below/images", home);
		if (skbscope_source_from_text("program.c", text, strlen(text), &source, &error) < 0)
			abort();
	}
	if (umount2(images, MNT_DETACH) < 0)
		errno = 0;
	if (nftw(images, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		unlink(images);
	options = (struct skbscope_compile_options){ .size = sizeof(options),
						     .cache_directory = images };
	write_text(header, "#define A 23\n");
	wait_a_tick();
	return true;
}

static struct skbscope_image *new_image(void)
{
	struct image *image;

	if (image_new(&image) < 0)
		abort();
	image->public.name = "program";
	image->public.path = "program.c";
	image->public.license = "GPL";
	image->public.headers_path = "/tree";
	image->public.headers = SKBSCOPE_HEADERS_UAPI;
	return &image->public;
}

static void list_add(struct buffer *list, enum file_role role, const char *path)
{
	if (buffer_append(list, &(char){ (char)role }, 1) < 0 ||
	    buffer_append(list, path, strlen(path) + 1) < 0)
		abort();
}

/* What skbscope_compile() does around its attempts; the worker read the list. */
static const char *store(const struct buffer *list)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(image_freep) struct skbscope_image *image = new_image();
	struct skbscope_diagnostics *diagnostics;

	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	skbscope_diagnostics_add(diagnostics, &(struct skbscope_diagnostic){
						      .severity = SKBSCOPE_SEVERITY_WARNING,
						      .line = 1,
						      .message = "counts can be lost",
					      });
	skbscope_diagnostics_set_log(diagnostics, "the log", 7);
	cache_open(&cache, source, &options);
	cache_store(&cache, image, list, diagnostics);
	skbscope_diagnostics_free(diagnostics);
	return cache.trouble;
}

static bool hit_with(const char **trouble)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(buffer_free) struct buffer files = { 0 };
	bool found;

	cache_open(&cache, source, &options);
	found = cache_lookup(&cache, &image, NULL, &files);
	if (found != (image != NULL) || found != (files.length != 0))
		abort();
	if (trouble)
		*trouble = cache.trouble;
	return found;
}

static bool hit(void)
{
	return hit_with(NULL);
}

/* A cache with one entry that depends on the header. */
static bool fresh_with_entry(void)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	fresh();
	list_add(&list, FILE_READ, header);
	return store(&list) == NULL && hit();
}

static size_t entry_count(uint64_t *bytes)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	struct skbscope_error error;

	if (cache_list(images, &listing, &error) < 0)
		return SIZE_MAX;
	if (bytes)
		*bytes = listing.bytes;
	return listing.count;
}

/* The one entry's path. */
static void entry_path(char *path, size_t size)
{
	AUTO(closedirp) DIR *stream = opendir(images);
	struct dirent *file;

	path[0] = '\0';
	while (stream && (file = readdir(stream)))
		if (strstr(file->d_name, ".image"))
			snprintf(path, size, "%s/%s", images, file->d_name);
}

TEST(what_was_stored_is_found_with_what_the_compiler_said)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(buffer_free) struct buffer files = { 0 };
	struct skbscope_diagnostics *diagnostics;

	REQUIRE(fresh_with_entry());
	REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
	cache_open(&cache, source, &options);
	CHECK(cache_lookup(&cache, &image, diagnostics, &files));
	REQUIRE(image);
	CHECK_TEXT(image->path, "program.c");
	CHECK_TEXT(image->headers_path, "/tree");
	CHECK_NUMBER(skbscope_diagnostics_count(diagnostics), 1);
	CHECK_TEXT(skbscope_diagnostics_get(diagnostics, 0)->message, "counts can be lost");
	CHECK_TEXT(skbscope_diagnostics_log(diagnostics), "the log");
	CHECK(memmem(files.data, files.length, header, strlen(header)));
	CHECK(!cache.trouble);
	skbscope_diagnostics_free(diagnostics);
}

TEST(without_a_directory_there_is_no_cache)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	fresh();
	options.cache_directory = NULL;
	list_add(&list, FILE_READ, header);
	CHECK(!store(&list));
	CHECK(!hit());
}

static struct cache_key key_of(const struct skbscope_source *of,
			       const struct skbscope_compile_options *with,
			       const struct cache_surroundings *around)
{
	struct cache_key key;

	if (cache_key_make(of, with, around, &key) < 0)
		abort();
	return key;
}

static bool same(struct cache_key a, struct cache_key b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

TEST(each_part_of_a_request_makes_another_key)
{
	static const char *const defines[] = { "A=1", "B=2" }, *const swapped[] = { "B=2", "A=1" };
	static const char *const joined[] = { "A=1B=2" };
	static const char *const directories[] = { "/usr", "/tmp" };
	struct skbscope_compile_options other;
	struct skbscope_source another;
	struct cache_key key;

	fresh();
	key = key_of(source, &options, NULL);
	CHECK(same(key, key_of(source, &options, NULL)));

#define WITH(member_, value_)                                                                      \
	(other = options, other.member_ = (value_), key_of(source, &other, NULL))
#define OF(member_, value_)                                                                        \
	(another = *source, another.member_ = (value_), key_of(&another, &options, NULL))
	CHECK(!same(key, OF(text, "int observe(struct __sk_buff *skb) { return -2; }\n")));
	CHECK(!same(key, OF(length, source->length - 1)));
	CHECK(!same(key, OF(path, "./program.c")));
	CHECK(!same(key, OF(name, "other")));
	CHECK(!same(key, OF(directory, "/tmp")));
	CHECK(!same(key, WITH(headers, SKBSCOPE_HEADERS_UAPI)));
	CHECK(!same(key, WITH(headers, SKBSCOPE_HEADERS_KERNEL)));
	CHECK(!same(key, WITH(headers_directory, "/usr")));
	/* What does not change an image does not change its key. */
	CHECK(same(key, WITH(timeout_ms, 23)));
	CHECK(same(key, WITH(cache_directory, "/elsewhere")));
#undef OF
#undef WITH

	other = options;
	other.defines = defines;
	other.define_count = 1;
	CHECK(!same(key, key_of(source, &other, NULL)));
	key = key_of(source, &other, NULL);
	other.define_count = 2;
	CHECK(!same(key, key_of(source, &other, NULL)));
	key = key_of(source, &other, NULL);
	other.defines = swapped;
	CHECK(!same(key, key_of(source, &other, NULL)));
	other.defines = joined;
	other.define_count = 1;
	CHECK(!same(key, key_of(source, &other, NULL)));

	key = key_of(source, &options, NULL);
	other = options;
	other.include_directories = directories;
	other.include_directory_count = 1;
	CHECK(!same(key, key_of(source, &other, NULL)));
	key = key_of(source, &other, NULL);
	other.include_directories = directories + 1;
	CHECK(!same(key, key_of(source, &other, NULL)));
	/* A directory named twice is not two parts of another list. */
	other.include_directories = directories;
	other.include_directory_count = 2;
	CHECK(!same(key, key_of(source, &other, NULL)));
}

TEST(the_same_words_in_another_directory_make_another_key)
{
	char before[4096];
	struct cache_key key;

	fresh();
	REQUIRE(getcwd(before, sizeof(before)));
	key = key_of(source, &options, NULL);
	REQUIRE(chdir(home) == 0);
	CHECK(!same(key, key_of(source, &options, NULL)));
	CHECK(chdir(before) == 0);
	CHECK(same(key, key_of(source, &options, NULL)));
}

TEST(each_part_of_the_machine_makes_another_key)
{
	struct cache_surroundings around, other;
	char compiler[96], notes[96], btf[96];
	struct cache_key key;

	fresh();
	snprintf(compiler, sizeof(compiler), "%s/compiler", home);
	snprintf(notes, sizeof(notes), "%s/notes", home);
	snprintf(btf, sizeof(btf), "%s/btf", home);
	write_text(compiler, "a compiler");
	write_text(notes, "a build");
	write_text(btf, "types");
	around = (struct cache_surroundings){
		.worker = compiler,
		.self = compiler,
		.kernel_notes = notes,
		.kernel_btf = btf,
		.release = "6.18.0",
		.version = "#1",
		.machine = "x86_64",
		.page_size = 4096,
		.cpus = 2,
	};
	key = key_of(source, &options, &around);
	CHECK(same(key, key_of(source, &options, &around)));
#define WITH(member_, value_)                                                                      \
	(other = around, other.member_ = (value_), key_of(source, &options, &other))
	CHECK(!same(key, WITH(worker, header)));
	CHECK(!same(key, WITH(self, header)));
	CHECK(!same(key, WITH(kernel_notes, compiler)));
	CHECK(!same(key, WITH(kernel_notes, "/nowhere")));
	CHECK(!same(key, WITH(kernel_btf, compiler)));
	CHECK(!same(key, WITH(kernel_btf, "/nowhere")));
	CHECK(!same(key, WITH(release, "6.18.1")));
	CHECK(!same(key, WITH(version, "#2")));
	CHECK(!same(key, WITH(machine, "aarch64")));
	CHECK(!same(key, WITH(page_size, 65536)));
	CHECK(!same(key, WITH(cpus, 4)));
#undef WITH
	/* Built again: as long, and as old as before. */
	struct stat status;

	REQUIRE(stat(compiler, &status) == 0);
	wait_a_tick();
	write_text(compiler, "A COMPILER");
	REQUIRE(utimensat(AT_FDCWD, compiler, (struct timespec[]){ status.st_atim, status.st_mtim },
			  0) == 0);
	CHECK(!same(key, key_of(source, &options, &around)));
	other = around;
	other.worker = "/nowhere";
	CHECK(cache_key_make(source, &options, &other, &key) < 0);
}

TEST(whoever_compiles_makes_another_key)
{
	struct cache_key key;

	if (geteuid() != 0)
		return;
	fresh();
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	key = key_of(source, &options, NULL);
	setenv("SUDO_UID", "1000", 1);
	setenv("SUDO_GID", "1000", 1);
	CHECK(!same(key, key_of(source, &options, NULL)));
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
}

TEST(a_header_with_other_content_is_a_miss_even_if_it_looks_the_same)
{
	struct stat status;

	REQUIRE(fresh_with_entry());
	REQUIRE(stat(header, &status) == 0);
	write_text(header, "#define A 24\n");
	REQUIRE(utimensat(AT_FDCWD, header, (struct timespec[]){ status.st_atim, status.st_mtim },
			  0) == 0);
	CHECK(!hit());
}

TEST(a_header_that_was_only_touched_is_a_hit_and_is_not_read_again)
{
	char entry[256];
	struct stat before, after;

	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	REQUIRE(stat(entry, &before) == 0);
	write_text(header, "#define A 23\n");
	wait_a_tick();
	CHECK(hit());
	/* Its new times were written into a new entry; then there is nothing to do. */
	REQUIRE(stat(entry, &after) == 0);
	CHECK(before.st_ino != after.st_ino);
	CHECK(hit());
	REQUIRE(stat(entry, &before) == 0);
	CHECK_NUMBER(before.st_ino, after.st_ino);
}

TEST(a_header_that_disappears_or_becomes_unreadable_is_a_miss)
{
	REQUIRE(fresh_with_entry());
	REQUIRE(unlink(header) == 0);
	CHECK(!hit());
	REQUIRE(mkdir(header, 0755) == 0);
	CHECK(!hit());
	REQUIRE(rmdir(header) == 0);
	REQUIRE(mkfifo(header, 0644) == 0);
	CHECK(!hit());
	REQUIRE(unlink(header) == 0);
	write_text(header, "#define A 23\n");
	CHECK(hit());
	REQUIRE(chmod(header, 0600) == 0);
	CHECK(!hit());
}

TEST(a_name_that_was_missing_and_appears_is_a_miss)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	char file[96], directory[96];

	fresh();
	snprintf(file, sizeof(file), "%s/shadow.h", home);
	snprintf(directory, sizeof(directory), "%s/linux", home);
	list_add(&list, FILE_READ, header);
	list_add(&list, FILE_MISSED, file);
	list_add(&list, FILE_MISSED, directory);
	list_add(&list, FILE_MISSED, "/etc/passwd/none");
	REQUIRE(!store(&list));
	CHECK(hit());
	write_text(file, "");
	CHECK(!hit());
	REQUIRE(unlink(file) == 0);
	CHECK(hit());
	REQUIRE(mkdir(directory, 0755) == 0);
	CHECK(!hit());
	REQUIRE(rmdir(directory) == 0);
	CHECK(hit());
}

TEST(a_library_counts_by_what_it_is_not_by_its_content)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	fresh();
	list_add(&list, FILE_LIBRARY, header);
	REQUIRE(!store(&list));
	CHECK(hit());
	wait_a_tick();
	write_text(header, "#define A 23\n");
	CHECK(!hit());
}

TEST(nothing_is_kept_of_which_not_all_is_known)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	char late[96];

	/* The worker could not say everything. */
	fresh();
	list_add(&list, FILE_READ, header);
	list_add(&list, FILE_LOST, "");
	store(&list);
	CHECK(!hit());

	/* What the compiler read as a file is none. */
	fresh();
	buffer_clear(&list);
	list_add(&list, FILE_READ, "/dev/null");
	store(&list);
	CHECK(!hit());

	/* A name was missing and is there now. */
	fresh();
	buffer_clear(&list);
	list_add(&list, FILE_MISSED, header);
	store(&list);
	CHECK(!hit());

	/* A file is not older than the compilation: which state of it was read? */
	fresh();
	buffer_clear(&list);
	snprintf(late, sizeof(late), "%s/late.h", home);
	list_add(&list, FILE_READ, late);
	{
		AUTO(cache_close) struct cache cache = CACHE_INIT;
		AUTO(image_freep) struct skbscope_image *image = new_image();
		struct skbscope_diagnostics *diagnostics;

		REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
		cache_open(&cache, source, &options);
		write_text(late, "");
		cache_store(&cache, image, &list, diagnostics);
		skbscope_diagnostics_free(diagnostics);
	}
	CHECK(!hit());
}

TEST(an_entry_with_any_byte_flipped_is_a_miss)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	char entry[256];

	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	REQUIRE(read_file(entry, 1 << 20, &bytes) == 0);
	for (size_t i = 0; i < bytes.length; i++) {
		AUTO(closep) int fd = -1;
		const char *trouble;

		bytes.data[i] ^= (char)(1 << (i % 8));
		fd = open(entry, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		REQUIRE(fd >= 0 && write_all(fd, bytes.data, bytes.length) == 0);
		CHECK(!hit_with(&trouble));
		CHECK_CONTAINS(trouble, "damaged");
		CHECK(access(entry, F_OK) < 0);
		bytes.data[i] ^= (char)(1 << (i % 8));
	}
	write_text(entry, "");
	CHECK(!hit());
	{
		AUTO(closep) int fd = open(entry, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		REQUIRE(fd >= 0 && write_all(fd, bytes.data, bytes.length) == 0);
		CHECK(hit());
	}
}

TEST(an_entry_cut_anywhere_or_with_more_behind_is_a_miss)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct cache_entry entry;
	char path[256];

	REQUIRE(fresh_with_entry());
	entry_path(path, sizeof(path));
	REQUIRE(read_file(path, 1 << 20, &bytes) == 0);
	REQUIRE(cache_entry_read(bytes.data, bytes.length, arena, &entry) == 0);
	for (size_t length = 0; length < bytes.length; length++)
		CHECK(cache_entry_read(bytes.data, length, arena, &entry) < 0);
	REQUIRE(buffer_append(&bytes, "", 1) == 0);
	CHECK(cache_entry_read(bytes.data, bytes.length, arena, &entry) < 0);
	REQUIRE(truncate(path, 100) == 0);
	CHECK(!hit());
}

/* The checksum is no secret: behind a good one, too, everything is checked. */
TEST(an_entry_with_a_good_checksum_over_nonsense_is_a_miss)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	const size_t start = 24 + CACHE_HASH_BYTES;
	struct cache_entry entry;
	char path[256];

	REQUIRE(fresh_with_entry());
	entry_path(path, sizeof(path));
	REQUIRE(read_file(path, 1 << 20, &bytes) == 0);
	for (size_t i = start; i < bytes.length; i++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			bytes.data[i] ^= (char)(1 << bit);
			cache_hash(bytes.data + start, bytes.length - start,
				   (uint8_t *)bytes.data + 24);
			if (cache_entry_read(bytes.data, bytes.length, arena, &entry) == 0) {
				struct skbscope_image *image = NULL;

				image_read(entry.image, entry.image_length, &image, NULL);
				skbscope_image_free(image);
			}
			bytes.data[i] ^= (char)(1 << bit);
		}
	CHECK(bytes.length > start);
}

TEST(an_entry_under_another_ones_name_is_a_miss)
{
	char entry[256], other[256];

	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	memcpy(other, entry, sizeof(other));
	other[strlen(images) + 1] = entry[strlen(images) + 1] == '0' ? '1' : '0';
	REQUIRE(rename(entry, other) == 0);
	CHECK(!hit());
	CHECK_NUMBER(entry_count(NULL), 1);
	options.headers = SKBSCOPE_HEADERS_UAPI; /* whose entry is made out of it */
	{
		AUTO(cache_close) struct cache cache = CACHE_INIT;
		AUTO(buffer_free) struct buffer bytes = { 0 };

		REQUIRE(read_file(other, 1 << 20, &bytes) == 0);
		cache_open(&cache, source, &options);
		REQUIRE(cache_directory_write(cache.directory, &cache.key, &bytes) == 0);
	}
	CHECK(!hit());
}

TEST(a_directory_that_others_can_write_to_is_not_used)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	const char *trouble;

	REQUIRE(fresh_with_entry());
	for (mode_t bit = S_IWOTH; bit <= S_IWGRP; bit = bit == S_IWOTH ? S_IWGRP : S_IWGRP + 1) {
		REQUIRE(chmod(images, 0700 | bit) == 0);
		CHECK(!hit_with(&trouble));
		CHECK_CONTAINS(trouble, "others can write to it");
	}
	REQUIRE(chmod(images, 0700) == 0);
	CHECK(hit());
	if (geteuid() == 0) {
		REQUIRE(chown(images, 1000, 1000) == 0);
		CHECK(!hit());
		list_add(&list, FILE_READ, header);
		CHECK(store(&list));
		REQUIRE(chown(images, 0, 0) == 0);
	}
}

TEST(an_entry_that_others_can_write_to_is_a_miss)
{
	char entry[256];

	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	REQUIRE(chmod(entry, 0602) == 0);
	CHECK(!hit());
	REQUIRE(chmod(entry, 0600) == 0);
	CHECK(hit());
	if (geteuid() == 0) {
		REQUIRE(chown(entry, 1000, 1000) == 0);
		CHECK(!hit());
	}
}

/* Another user makes the directory where root's cache would be, with an entry that
 * is right in every other way. */
TEST(what_another_user_planted_is_not_used)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	char entry[256], below[96];
	int status;
	pid_t child;

	if (geteuid() != 0)
		return;
	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	REQUIRE(read_file(entry, 1 << 20, &bytes) == 0);
	REQUIRE(unlink(entry) == 0 && rmdir(images) == 0);
	snprintf(below, sizeof(below), "%s/below", home);
	REQUIRE(chmod(home, 0755) == 0 && chown(below, 1000, 1000) == 0);
	child = fork();
	if (child == 0) {
		int fd;

		if (setgid(1000) < 0 || setuid(1000) < 0 || mkdir(images, 0755) < 0)
			_exit(1);
		fd = open(entry, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		_exit(fd < 0 || write_all(fd, bytes.data, bytes.length) < 0 ? 2 : 0);
	}
	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE(status == 0);
	CHECK(!hit());
	/* The file alone is not trusted either, and not in the way. */
	REQUIRE(chown(images, 0, 0) == 0);
	CHECK(!hit());
	buffer_clear(&bytes);
	list_add(&bytes, FILE_READ, header);
	CHECK(!store(&bytes));
	CHECK(hit());
	REQUIRE(chown(below, 0, 0) == 0);
}

TEST(a_link_in_place_of_the_directory_or_an_entry_is_not_followed)
{
	char elsewhere[128], entry[256], moved[256];

	REQUIRE(fresh_with_entry());
	entry_path(entry, sizeof(entry));
	snprintf(moved, sizeof(moved), "%s/moved", home);
	REQUIRE(rename(entry, moved) == 0 && symlink(moved, entry) == 0);
	CHECK(!hit());
	REQUIRE(unlink(entry) == 0 && rename(moved, entry) == 0);
	CHECK(hit());
	snprintf(elsewhere, sizeof(elsewhere), "%s/below/elsewhere", home);
	REQUIRE(rename(images, elsewhere) == 0 && symlink(elsewhere, images) == 0);
	CHECK(!hit());
	REQUIRE(unlink(images) == 0 && rename(elsewhere, images) == 0);
}

TEST(a_file_in_place_of_the_directory_is_no_cache)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	fresh();
	write_text(images, "rubbish");
	list_add(&list, FILE_READ, header);
	CHECK_CONTAINS(store(&list), "is none");
	CHECK(!hit());
}

TEST(rubbish_in_the_directory_is_left_alone)
{
	char name[160], nested[256];
	size_t removed;
	uint64_t bytes;

	REQUIRE(fresh_with_entry());
	snprintf(name, sizeof(name), "%s/holiday.jpeg", images);
	write_text(name, "not ours");
	snprintf(nested, sizeof(nested),
		 "%s/"
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.image",
		 images);
	REQUIRE(mkdir(nested, 0700) == 0);
	CHECK(hit());
	CHECK_NUMBER(entry_count(NULL), 1);
	CHECK(cache_clear(images, &removed, &bytes, NULL) == 0);
	CHECK_NUMBER(removed, 1);
	CHECK(bytes > 0);
	CHECK(access(name, F_OK) == 0);
	CHECK(access(nested, F_OK) == 0);
	CHECK(!hit());
}

/* In a mount namespace of its own; 0 if all checks hold. */
static int in_own_mounts(int (*checks)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ||
				      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
			      ? 99
			      : checks());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int read_only_checks(void)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	const char *trouble;

	if (mount(images, images, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, images, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return 1;
	if (!hit_with(&trouble) || trouble)
		return 2;
	options.headers = SKBSCOPE_HEADERS_UAPI;
	list_add(&list, FILE_READ, header);
	trouble = store(&list);
	if (!trouble || !strstr(trouble, "read-only"))
		return 3;
	return hit() ? 4 : 0;
}

TEST(a_read_only_cache_is_read_and_not_written)
{
	if (geteuid() != 0)
		return;
	REQUIRE(fresh_with_entry());
	CHECK_NUMBER(in_own_mounts(read_only_checks), 0);
}

static int full_checks(void)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	const char *trouble;
	int fd;

	if (mount("none", images, "tmpfs", 0, "size=4k,mode=700") < 0)
		return 1;
	fd = openat(AT_FDCWD, images, O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || write(fd, (char[4096]){ 0 }, 4096) != 4096)
		return 2;
	list_add(&list, FILE_READ, header);
	trouble = store(&list);
	if (!trouble || !strstr(trouble, "full"))
		return 3;
	/* Nothing half-written stays. */
	if (hit() || entry_count(NULL) != 0 || rmdir(images) == 0)
		return 4;
	close(fd);
	return store(&list) || !hit() ? 5 : 0;
}

TEST(a_full_file_system_keeps_nothing_and_fails_nothing)
{
	if (geteuid() != 0)
		return;
	REQUIRE(fresh_with_entry());
	CHECK_NUMBER(in_own_mounts(full_checks), 0);
}

TEST(the_entries_are_bounded_in_number_and_the_oldest_goes_first)
{
	AUTO(closep) int directory = -1;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct cache_key key = { { 0 } }, first = { { 0 } }, second = { { 1 } };

	fresh();
	directory = cache_directory_open(images, true);
	REQUIRE(directory >= 0);
	REQUIRE(buffer_string(&bytes, "entry") == 0);
	for (unsigned int i = 0; i < CACHE_MAX_ENTRIES; i++) {
		char name[80];
		int fd;

		snprintf(name, sizeof(name), "%02x%062x.image", i & 0xff, i >> 8);
		fd = openat(directory, name, O_WRONLY | O_CREAT, 0600);
		REQUIRE(fd >= 0);
		futimens(fd, (struct timespec[]){ { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } });
		close(fd);
	}
	CHECK_NUMBER(entry_count(NULL), CACHE_MAX_ENTRIES);
	/* The very oldest is used once more, and so outlives the next ones. */
	REQUIRE(cache_directory_read(directory, &first, &bytes) == 0);
	key.bytes[31] = 23;
	REQUIRE(cache_directory_write(directory, &key, &bytes) == 0);
	CHECK(entry_count(NULL) <= CACHE_MAX_ENTRIES);
	CHECK(entry_count(NULL) > CACHE_MAX_ENTRIES / 2);
	CHECK(cache_directory_look(directory, &first, &bytes) == 0);
	CHECK(cache_directory_look(directory, &key, &bytes) == 0);
	CHECK_NUMBER(cache_directory_look(directory, &second, &bytes), -ENOENT);
}

TEST(the_entries_are_bounded_in_bytes)
{
	AUTO(closep) int directory = -1;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	uint64_t total;

	fresh();
	directory = cache_directory_open(images, true);
	REQUIRE(directory >= 0);
	REQUIRE(buffer_reserve(&bytes, CACHE_ENTRY_MAX_BYTES + 1) == 0);
	memset(bytes.data, 0, CACHE_ENTRY_MAX_BYTES + 1);
	bytes.length = CACHE_ENTRY_MAX_BYTES;
	for (uint8_t i = 0; i < 7; i++) {
		struct cache_key key = { { i } };

		REQUIRE(cache_directory_write(directory, &key, &bytes) == 0);
		REQUIRE(entry_count(&total) != SIZE_MAX);
		CHECK(total <= CACHE_MAX_BYTES);
	}
	bytes.length++;
	CHECK_NUMBER(cache_directory_write(directory, &(struct cache_key){ { 0 } }, &bytes),
		     -EFBIG);
}

TEST(what_a_killed_process_left_half_written_goes_after_a_while)
{
	char old[160], recent[160];

	REQUIRE(fresh_with_entry());
	snprintf(old, sizeof(old), "%s/.new-1-0", images);
	snprintf(recent, sizeof(recent), "%s/.new-2-0", images);
	write_text(old, "half");
	write_text(recent, "half");
	REQUIRE(utimensat(AT_FDCWD, old, (struct timespec[]){ { .tv_sec = 1 }, { .tv_sec = 1 } },
			  0) == 0);
	CHECK_NUMBER(entry_count(NULL), 1);
	CHECK(access(old, F_OK) < 0);
	CHECK(access(recent, F_OK) == 0);
}

TEST(many_processes_store_and_find_at_once)
{
	pid_t children[7];
	int status;

	REQUIRE(fresh_with_entry());
	for (size_t i = 0; i < 7; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			AUTO(buffer_free) struct buffer list = { 0 };

			list_add(&list, FILE_READ, header);
			for (int round = 0; round < 23; round++)
				if (store(&list) || !hit())
					_exit(1);
			_exit(0);
		}
	}
	for (size_t i = 0; i < 7; i++) {
		REQUIRE(waitpid(children[i], &status, 0) == children[i]);
		CHECK_NUMBER(status, 0);
	}
	CHECK_NUMBER(entry_count(NULL), 1);
}

TEST(a_listing_says_which_program_and_clearing_leaves_nothing)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	struct skbscope_error error;
	uint64_t bytes;
	size_t removed;

	fresh();
	CHECK(cache_list(images, &listing, &error) == 0);
	CHECK_NUMBER(listing.count, 0);
	REQUIRE(fresh_with_entry());
	REQUIRE(cache_list(images, &listing, &error) == 0);
	REQUIRE(listing.count == 1);
	CHECK_TEXT(listing.items[0].path, "program.c");
	CHECK(listing.items[0].used_ns > 0);
	CHECK_NUMBER(listing.items[0].bytes, listing.bytes);
	CHECK(cache_clear(images, &removed, &bytes, &error) == 0);
	CHECK_NUMBER(removed, 1);
	CHECK_NUMBER(bytes, listing.bytes);
	CHECK_NUMBER(entry_count(NULL), 0);
	REQUIRE(chmod(images, 0777) == 0);
	CHECK_NUMBER(cache_clear(images, &removed, &bytes, &error), -EPERM);
	CHECK_CONTAINS(error.hint, "chmod");
}

TEST(the_cache_is_the_users_own)
{
	AUTO(buffer_free) struct buffer directory = { 0 };

	setenv("XDG_CACHE_HOME", "/home/somebody/caches", 1);
	REQUIRE(cache_directory_default(&directory) == 0);
	/* Root's is root's whatever the environment of whoever called sudo. */
	CHECK_TEXT(buffer_text(&directory), geteuid() == 0
						    ? "/var/cache/skbscope/images"
						    : "/home/somebody/caches/skbscope/images");
	if (geteuid() == 0) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			buffer_clear(&directory);
			if (setuid(1000) < 0 || cache_directory_default(&directory) < 0 ||
			    strcmp(buffer_text(&directory),
				   "/home/somebody/caches/skbscope/images") != 0)
				_exit(1);
			buffer_clear(&directory);
			unsetenv("XDG_CACHE_HOME");
			setenv("HOME", "/home/somebody", 1);
			if (cache_directory_default(&directory) < 0 ||
			    strcmp(buffer_text(&directory),
				   "/home/somebody/.cache/skbscope/images") != 0)
				_exit(2);
			unsetenv("HOME");
			_exit(cache_directory_default(&directory) != -ENOENT);
		}
		REQUIRE(waitpid(child, &status, 0) == child);
		CHECK_NUMBER(status, 0);
	}
	unsetenv("XDG_CACHE_HOME");
}
