/* SPDX-License-Identifier: Apache-2.0 */
/* Which header trees are found where, and what a refusal by the compiler means. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compile/headers.h"
#include "compile/headers_need.h"

static char root[64];

static void begin(void)
{
	snprintf(root, sizeof(root), "/tmp/skbscope-headers-XXXXXX");
	if (!mkdtemp(root))
		abort();
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void end(void)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *in_root(const char *name)
{
	static char paths[8][256];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

/* A file and all directories above it. */
static void file(const char *name, const char *text)
{
	char path[256];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	stream = fopen(path, "w");
	if (!stream)
		abort();
	fputs(text, stream);
	fclose(stream);
}

static struct kernel_places places(void)
{
	return (struct kernel_places){
		.modules = in_root("modules"),
		.sources = in_root("src"),
		.archive = in_root("kheaders.tar.xz"),
		.cache = in_root("cache"),
		.release = "6.23.0-23-test",
		.build = "#23 SMP",
		.os_release = in_root("os-release"),
		.packages = in_root("dpkg"),
	};
}

static bool has_flag(const struct header_tree *tree, const char *start)
{
	for (size_t i = 0; i < tree->flag_count; i++)
		if (strncmp(tree->flags[i], start, strlen(start)) == 0)
			return true;
	return false;
}

static bool run(const char *format, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return system(command) == 0;
}

static struct skbscope_diagnostics *error_of(const char *message)
{
	struct skbscope_diagnostic entry = { .severity = SKBSCOPE_SEVERITY_ERROR,
					     .message = message };
	struct skbscope_diagnostics *diagnostics = NULL;

	if (skbscope_diagnostics_new(&diagnostics) < 0 ||
	    skbscope_diagnostics_add(diagnostics, &entry) < 0)
		abort();
	return diagnostics;
}

static enum headers_need need(const char *message)
{
	struct skbscope_diagnostics *diagnostics = error_of(message);
	enum headers_need answer = headers_need(diagnostics);

	skbscope_diagnostics_free(diagnostics);
	return answer;
}

static bool need_kernel(const char *message)
{
	struct skbscope_diagnostics *diagnostics = error_of(message);
	bool answer = headers_need_kernel(diagnostics);

	skbscope_diagnostics_free(diagnostics);
	return answer;
}

TEST(whatever_was_not_declared_asks_for_kernel_types)
{
	static const char *const messages[] = {
		"incomplete definition of type 'struct sock'",
		"incomplete definition of type 'const struct sk_buff'",
		"variable has incomplete type 'struct task_struct'",
		"invalid application of 'sizeof' to an incomplete type 'struct net'",
		"offsetof of incomplete type 'struct net_device'",
		"use of undeclared identifier 'RTM_NEWLINK'",
		"use of undeclared identifier 'cuont'; did you mean 'count'?",
		"unknown type name 'spinlock_t'",
		"implicit declaration of function 'skb_transport_header' is invalid in C99 "
		"[-Werror,-Wimplicit-function-declaration]",
		"call to undeclared function 'skb_transport_header'; ISO C99 and later do not "
		"support implicit function declarations",
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		CHECK_NUMBER(need(messages[i]), HEADERS_NEED_KERNEL_TYPES);
	CHECK_NUMBER(need("expected ';' after expression"), HEADERS_NEED_NOTHING);
	CHECK_NUMBER(need(""), HEADERS_NEED_NOTHING);
}

TEST(the_kernels_tree_is_asked_for_what_its_btf_has_and_types_do_not_bring)
{
	SKIP_UNLESS(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "this kernel has no BTF");
	CHECK(need_kernel("incomplete definition of type 'const struct bpf_map'"));
	CHECK(need_kernel("unknown type name 'spinlock_t'"));
	CHECK(need_kernel("use of undeclared identifier 'NETDEV_TX_OK'"));
	CHECK(need_kernel("'net/mac80211.h' file not found"));
	CHECK(!need_kernel("variable has incomplete type 'struct flwo_kye'"));
	CHECK(!need_kernel("use of undeclared identifier 'cuont'; did you mean 'count'?"));
	CHECK(!need_kernel("unknown type name 'u23'"));
	CHECK(!need_kernel("call to undeclared function 'cuont'"));
	CHECK(!need_kernel("expected ';' after expression"));
}

static bool may_help(const char *message)
{
	struct skbscope_diagnostics *diagnostics = error_of(message);
	bool answer = headers_may_help(diagnostics);

	skbscope_diagnostics_free(diagnostics);
	return answer;
}

TEST(the_kernels_tree_is_tried_for_what_is_not_in_btf)
{
	CHECK(may_help("call to undeclared function 'nf_ct_protonum'; ISO C99 and later do not "
		       "support implicit function declarations"));
	CHECK(may_help("implicit declaration of function 'nf_ct_protonum' is invalid in C99"));
	CHECK(may_help("no member named 'inet_daddr' in 'struct inet_sock'"));
	CHECK(!may_help("no member named 'lenght' in 'struct inet_sock'; did you mean 'length'?"));
	CHECK(!may_help("no member named 'saddr' in 'struct __sk_buff'"));
	CHECK(!may_help("no member named 'lookup' in 'flows_table_t'"));
	CHECK(!may_help("implicit declaration of function 'cuont'; did you mean 'count'?"));
	CHECK(!may_help("expected ';' after expression"));
}

TEST(a_missing_header_of_the_kernel_asks_for_its_tree)
{
	CHECK_NUMBER(need("'net/mac80211.h' file not found"), HEADERS_NEED_KERNEL);
	CHECK_NUMBER(need("'linux/dsa/8021q.h' file not found"), HEADERS_NEED_KERNEL);
	CHECK_NUMBER(need("'uapi/linux/no_such_thing.h' file not found"), HEADERS_NEED_KERNEL);
}

TEST(a_missing_header_of_the_users_does_not)
{
	CHECK_NUMBER(need("'flow.h' file not found"), HEADERS_NEED_NOTHING);
	CHECK_NUMBER(need("'stdio.h' file not found"), HEADERS_NEED_NOTHING);
	CHECK_NUMBER(need("'netinet/in.h' file not found"), HEADERS_NEED_NOTHING);
}

TEST(a_program_with_its_own_memcpy_gets_the_tree_that_leaves_it_alone)
{
	CHECK_NUMBER(need("static declaration of 'memcpy' follows non-static declaration"),
		     HEADERS_NEED_KERNEL_TYPES);
	CHECK_NUMBER(need("static declaration of 'count' follows non-static declaration"),
		     HEADERS_NEED_NOTHING);
}

TEST(a_warning_asks_for_nothing)
{
	struct skbscope_diagnostic entry = { .severity = SKBSCOPE_SEVERITY_WARNING,
					     .message = "'net/mac80211.h' file not found" };
	struct skbscope_diagnostics *diagnostics = NULL;

	REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
	CHECK_NUMBER(headers_need(diagnostics), HEADERS_NEED_NOTHING);
	CHECK_NUMBER(skbscope_diagnostics_add(diagnostics, &entry), 0);
	CHECK_NUMBER(headers_need(diagnostics), HEADERS_NEED_NOTHING);
	skbscope_diagnostics_free(diagnostics);
}

TEST(the_small_tree_is_found_and_told_the_kernels_version)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	char path[4096];

	REQUIRE(headers_uapi(&tree, &error) == 0);
	CHECK_NUMBER(tree.kind, SKBSCOPE_HEADERS_UAPI);
	snprintf(path, sizeof(path), "%s/include/linux/kconfig.h", tree.path);
	CHECK(access(path, R_OK) == 0);
	CHECK(has_flag(&tree, "-DLINUX_VERSION_CODE="));
	CHECK(has_flag(&tree, "-DCONFIG_PAGE_SHIFT="));
}

TEST(no_descriptor_to_look_with_is_not_taken_for_missing_headers)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	struct rlimit before, none;
	int r;

	REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
	r = headers_uapi(&tree, &error);
	setrlimit(RLIMIT_NOFILE, &before);
	if (r == 0)
		return; /* not a multiarch system: nothing had to be searched */
	CHECK_NUMBER(r, -EMFILE);
	CHECK_CONTAINS(error.message, "Too many open files");
	CHECK_CONTAINS(error.hint, "ulimit -n");
}

TEST(debians_split_tree_is_used_as_one)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	struct kernel_places where;

	begin();
	where = places();
	file("os-release", "ID=debian\nNAME=\"Debian GNU/Linux\"\n");
	file("modules/6.23.0-23-test/source/include/linux/kconfig.h", "");
	file("modules/6.23.0-23-test/build/include/generated/autoconf.h", "");
	CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), 0);
	CHECK_TEXT(tree.path, in_root("modules/6.23.0-23-test/source"));
	CHECK_TEXT(tree.note, "Debian GNU/Linux 6.23.0-23-test");
	CHECK_NUMBER(tree.flag_count, 4);
	CHECK(has_flag(&tree, "-I"));
	CHECK(tree.flag_count && strstr(tree.flags[1], "build/include"));
	end();
}

TEST(a_tree_in_one_piece_needs_no_flags)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	struct kernel_places where;

	begin();
	where = places();
	file("modules/6.23.0-23-test/build/include/linux/kconfig.h", "");
	file("modules/6.23.0-23-test/build/include/generated/autoconf.h", "");
	CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), 0);
	CHECK_TEXT(tree.path, in_root("modules/6.23.0-23-test/build"));
	CHECK_NUMBER(tree.flag_count, 0);
	end();
}

TEST(missing_kernel_headers_name_the_package_that_brings_them)
{
	static const char *const cases[][2] = {
		{ "ID=debian\n", "apt install linux-headers-6.23.0-23-test" },
		{ "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "linux-headers-6.23.0-23-test" },
		{ "ID=fedora\n", "kernel-devel-6.23.0-23-test" },
		{ "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n", "kernel-devel-6.23.0-23-test" },
		{ "ID=opensuse-tumbleweed\nID_LIKE=\"opensuse suse\"\n", "kernel-default-devel" },
		{ "ID=arch\n", "pacman -S linux-headers" },
		{ "ID=alpine\n", "apk add" },
		{ "ID=plan9\n", "development headers of kernel 6.23.0-23-test" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct header_tree tree = { 0 };
		struct skbscope_error error = { 0 };
		struct kernel_places where;

		begin();
		where = places();
		file("os-release", cases[i][0]);
		file("dpkg/linux-image-6.23.0-23-test.list", "");
		/* What an uninstalled package leaves behind is no tree. */
		file("modules/6.23.0-23-test/build/Makefile", "");
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), -ENOENT);
		CHECK(strstr(error.hint, cases[i][1]));
		CHECK(strstr(error.message, "6.23.0-23-test"));
		end();
	}
}

static bool make_archive(void)
{
	file("in/include/linux/kconfig.h", "");
	file("in/include/generated/autoconf.h", "");
	return run("cd %s/in && tar -cJf ../kheaders.tar.xz ./include", root);
}

TEST(the_kernels_own_archive_is_unpacked_once)
{
	struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	struct kernel_places where;
	char first[256];
	struct stat status;

	begin();
	where = places();
	if (make_archive()) {
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), 0);
		snprintf(first, sizeof(first), "%s", tree.path ? tree.path : "");
		CHECK(strstr(first, "kheaders-6.23.0-23-test-"));
		CHECK(stat(first, &status) == 0 && (status.st_mode & 0777) == 0755);
		header_tree_clear(&tree);

		/* Found again without the archive's content, and per build. */
		file("kheaders.tar.xz", "no archive at all");
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), 0);
		CHECK_TEXT(tree.path ? tree.path : "", first);
		header_tree_clear(&tree);
		where.build = "#24 SMP";
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), -EIO);
		CHECK(!run("ls -A %s/cache | grep -q unpacking", root));
	}
	end();
}

TEST(a_cache_that_others_can_write_to_is_not_used)
{
	struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	struct kernel_places where;

	begin();
	where = places();
	if (make_archive()) {
		mkdir(in_root("cache"), 0755);
		chmod(in_root("cache"), 0777);
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), -EPERM);
		CHECK(error.hint[0]);
		chmod(in_root("cache"), 0755);
		/* Nor one that leads elsewhere. */
		rmdir(in_root("cache"));
		mkdir(in_root("elsewhere"), 0755);
		CHECK(symlink(in_root("elsewhere"), in_root("cache")) == 0);
		CHECK(headers_kernel_in(&where, &tree, &error) < 0);
	}
	end();
}

TEST(a_named_directory_must_be_a_tree)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };

	begin();
	CHECK_NUMBER(headers_directory(root, &tree, &error), -ENOENT);
	CHECK(strstr(error.message, "not a kernel header tree"));
	CHECK_NUMBER(headers_directory(in_root("nowhere"), &tree, &error), -ENOENT);
	file("include/linux/kconfig.h", "");
	CHECK_NUMBER(headers_directory(root, &tree, &error), 0);
	CHECK_NUMBER(tree.kind, SKBSCOPE_HEADERS_DIRECTORY);
	CHECK_TEXT(tree.path, root);
	end();
}

TEST(a_kernel_that_no_package_brought_is_sent_to_no_package)
{
	static const char *const systems[] = { "ID=debian\n", "ID=ubuntu\n", "ID=fedora\n" };

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		struct header_tree tree = { 0 };
		struct skbscope_error error = { 0 };
		struct kernel_places where;

		begin();
		where = places();
		file("os-release", systems[i]);
		file("dpkg/linux-image-6.22.0-other.list", "");
		CHECK_NUMBER(headers_kernel_in(&where, &tree, &error), -ENOENT);
		CHECK(!strstr(error.hint, "install"));
		CHECK_CONTAINS(error.hint, "where it was built");
		end();
	}
}
