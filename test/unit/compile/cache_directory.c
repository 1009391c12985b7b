/* SPDX-License-Identifier: Apache-2.0 */
/* Whose cache it is, how large it may become, and what may go wrong with it. */
#include "cache_fixture.h"

TEST(a_directory_that_others_can_write_to_is_not_used)
{
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
		CHECK(store(header_inputs()));
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
	CHECK(!store(header_inputs()));
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

	fresh();
	write_text(images, "rubbish");
	CHECK_CONTAINS(store(header_inputs()), "is not a directory");
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
	const char *trouble;

	if (mount(images, images, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, images, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return 1;
	if (!hit_with(&trouble) || trouble)
		return 2;
	options.headers = SKBSCOPE_HEADERS_UAPI;
	trouble = store(header_inputs());
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
	const char *trouble;
	int fd;

	if (mount("none", images, "tmpfs", 0, "size=4k,mode=700") < 0)
		return 1;
	fd = openat(AT_FDCWD, images, O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || write(fd, (char[4096]){ 0 }, 4096) != 4096)
		return 2;
	trouble = store(header_inputs());
	if (!trouble || !strstr(trouble, "full"))
		return 3;
	/* Nothing half-written stays. */
	if (hit() || entry_count(NULL) != 0 || rmdir(images) == 0)
		return 4;
	close(fd);
	return store(header_inputs()) || !hit() ? 5 : 0;
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
	struct cache_key key = { .bytes = { 0 } }, first = { .bytes = { 0 } },
			 second = { .bytes = { 1 } };

	fresh();
	directory = private_dir_open(images, CACHE_DIRECTORY_MODE);
	REQUIRE(directory >= 0);
	buffer_string(&bytes, "entry");
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
	directory = private_dir_open(images, CACHE_DIRECTORY_MODE);
	REQUIRE(directory >= 0);
	REQUIRE(buffer_reserve(&bytes, CACHE_ENTRY_MAX_BYTES + 1));
	memset(bytes.data, 0, CACHE_ENTRY_MAX_BYTES + 1);
	bytes.length = CACHE_ENTRY_MAX_BYTES;
	for (uint8_t i = 0; i < 7; i++) {
		struct cache_key key = { .bytes = { i } };

		REQUIRE(cache_directory_write(directory, &key, &bytes) == 0);
		REQUIRE(entry_count(&total) != SIZE_MAX);
		CHECK(total <= CACHE_MAX_BYTES);
	}
	bytes.length++;
	CHECK_NUMBER(
		cache_directory_write(directory, &(struct cache_key){ .bytes = { 0 } }, &bytes),
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

			for (int round = 0; round < 23; round++)
				if (store(header_inputs()) || !hit())
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
	cache_listing_clear(&listing);
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
