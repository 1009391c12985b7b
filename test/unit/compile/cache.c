/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a hit and what a miss: the key, the files, the entry's own bytes. */
#include "cache_fixture.h"

TEST(what_was_stored_is_found_with_what_the_compiler_said)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(inputs_freep) struct skbscope_inputs *inputs = NULL;
	struct skbscope_diagnostics *diagnostics;

	REQUIRE(fresh_with_entry());
	REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
	cache_open(&cache, source, &options);
	CHECK(cache_lookup(&cache, &image, diagnostics, &inputs));
	REQUIRE(image);
	CHECK_TEXT(image->path, "program.c");
	CHECK_TEXT(image->headers_path, "/tree");
	CHECK_NUMBER(skbscope_diagnostics_count(diagnostics), 1);
	CHECK_TEXT(skbscope_diagnostics_get(diagnostics, 0)->message, "counts can be lost");
	CHECK_TEXT(skbscope_diagnostics_log(diagnostics), "the log");
	REQUIRE(inputs);
	CHECK(inputs->complete);
	CHECK(inputs_program(inputs));
	CHECK(inputs_are_known(inputs, NULL) && inputs_are_certain(inputs));
	CHECK(!cache.trouble);
	skbscope_diagnostics_free(diagnostics);
}

TEST(without_a_directory_there_is_no_cache)
{
	fresh();
	options.cache_directory = NULL;
	CHECK(!store(header_inputs()));
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

static struct cache_key precompiled_key_of(const char *const *flags, const char *const *paths,
					   const struct cache_surroundings *around)
{
	const struct worker_request request = {
		.flags = flags, .flag_count = 2, .paths = paths, .path_count = 2
	};
	struct cache_key key;

	if (cache_key_make_precompiled(&request, around, &key) < 0)
		abort();
	return key;
}

static const char *const flags[] = { "-DA=1", "-DB=2" }, *const trees[] = { "/tree", "/tree" };

static struct cache_key precompiled_key(const struct cache_surroundings *around)
{
	return precompiled_key_of(flags, trees, around);
}

TEST(flags_tree_and_user_make_another_key_of_a_precompiled_header)
{
	static const char *const swapped[] = { "-DB=2", "-DA=1" }, *const joined[] = { "-DA=1-DB=2",
										       "" };
	static const char *const another[] = { "/tree", "/other" };
	const struct cache_key key = precompiled_key(NULL);

	CHECK(same(key, precompiled_key(NULL)));
	CHECK(!same(key, precompiled_key_of(swapped, trees, NULL)));
	CHECK(!same(key, precompiled_key_of(joined, trees, NULL)));
	CHECK(!same(key, precompiled_key_of(flags, another, NULL)));
	if (geteuid() == 0) {
		setenv("SUDO_UID", "1234", 1);
		setenv("SUDO_GID", "1234", 1);
		CHECK(!same(key, precompiled_key(NULL)));
		unsetenv("SUDO_UID");
		unsetenv("SUDO_GID");
	}
}

static struct cache_key filter_key(const char *expression, enum worker_link link,
				   const struct cache_surroundings *around)
{
	struct cache_key key;

	if (cache_key_make_filter(expression, link, around, &key) < 0)
		abort();
	return key;
}

TEST(expression_and_link_layer_make_another_key_of_a_filter)
{
	const struct cache_key key = filter_key("udp", LINK_ETHERNET, NULL);

	CHECK(same(key, filter_key("udp", LINK_ETHERNET, NULL)));
	CHECK(!same(key, filter_key("tcp", LINK_ETHERNET, NULL)));
	CHECK(!same(key, filter_key("udp", LINK_BARE, NULL)));
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
	CHECK(!same(precompiled_key(&around), key));
	CHECK(same(precompiled_key(&around), precompiled_key(&around)));
	/* For all kinds. */
#define WITH(member_, value_)                                                                      \
	(other = around, other.member_ = (value_),                                                 \
	 same(precompiled_key(&around), precompiled_key(&other)) ||                                \
			 same(filter_key("", LINK_BARE, &around),                                  \
			      filter_key("", LINK_BARE, &other))                                   \
		 ? key                                                                             \
		 : key_of(source, &options, &other))
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
	settle();
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
	settle();
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
	struct skbscope_inputs *inputs;
	char file[96], directory[96];

	fresh();
	snprintf(file, sizeof(file), "%s/shadow.h", home);
	snprintf(directory, sizeof(directory), "%s/linux", home);
	inputs = new_inputs();
	inputs_add(inputs, INPUT_READ, true, header);
	inputs_add(inputs, INPUT_MISSED, true, file);
	inputs_add(inputs, INPUT_MISSED, true, directory);
	inputs_add(inputs, INPUT_MISSED, true, "/etc/passwd/none");
	REQUIRE(!store(inputs));
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
	struct skbscope_inputs *inputs;

	fresh();
	inputs = new_inputs();
	inputs_add(inputs, INPUT_LIBRARY, true, header);
	REQUIRE(!store(inputs));
	CHECK(hit());
	settle();
	write_text(header, "#define A 23\n");
	CHECK(!hit());
}

TEST(nothing_is_kept_of_which_not_all_is_known)
{
	struct skbscope_inputs *inputs;
	char late[96];

	/* The worker could not say everything. */
	fresh();
	inputs = header_inputs();
	inputs->complete = false;
	store(inputs);
	CHECK(!hit());

	/* What the compiler read as a file is none. */
	fresh();
	inputs = new_inputs();
	inputs_add(inputs, INPUT_READ, true, "/dev/null");
	store(inputs);
	CHECK(!hit());

	/* A name was missing and is there now. */
	fresh();
	inputs = new_inputs();
	inputs_add(inputs, INPUT_MISSED, true, header);
	store(inputs);
	CHECK(!hit());

	/* A file is not older than the compilation: which state of it was read? */
	fresh();
	inputs = new_inputs();
	snprintf(late, sizeof(late), "%s/late.h", home);
	inputs_add(inputs, INPUT_READ, true, late);
	{
		AUTO(cache_close) struct cache cache = CACHE_INIT;
		AUTO(cache_write_clear) struct cache_write entry = CACHE_WRITE_INIT;
		AUTO(image_freep) struct skbscope_image *image = new_image();
		struct skbscope_diagnostics *diagnostics;

		REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
		cache_open(&cache, source, &options);
		write_text(late, "");
		REQUIRE(inputs_take(inputs, source, cache.since_ns, NULL) == 0);
		cache_prepare(&cache, image, inputs, diagnostics, &entry);
		cache_write(&entry);
		skbscope_inputs_free(inputs);
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
	buffer_append(&bytes, "", 1);
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
