/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text made from BTF means what BTF says: clang lays it out, and BTF's own
 * offsets are what it is held to, on this kernel and on made-up ones.
 */
#include "harness.h"

#include <bpf/btf.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/paths.h"
#include "compile/kernel_types.h"

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

/* The exit status of clang as libbcc would run it in the small tree. TYPES may be
 * NULL, for a tree without kernel types. */
static int run_clang(const struct buffer *types, const char *program, const char *redirect)
{
	AUTO(buffer_free) struct buffer command = { 0 };
	char types_path[] = "/tmp/skbscope-types-XXXXXX";
	int status, fd = mkstemp(types_path);
	FILE *clang;

	if (fd < 0 || (types && write(fd, types->data, types->length) != (ssize_t)types->length))
		abort();
	close(fd);
	buffer_printf(&command,
		      "cd '%s' && clang -target bpf -O2 -fsyntax-only -nostdinc -D__KERNEL__ "
		      "-fms-extensions -Wno-everything -Iinclude -Iarch/x86/include/generated/uapi "
		      "-Iarch/arm64/include/generated/uapi -Iinclude/uapi "
		      "-Iinclude/generated/uapi -include ./include/linux/kconfig.h ",
		      paths_get()->headers);
#if defined(__x86_64__)
	buffer_string(&command, "-D__x86_64__ ");
#elif defined(__aarch64__)
	buffer_string(&command, "-D__aarch64__ ");
#endif
	if (types)
		buffer_printf(&command, "-DSKBSCOPE_KERNEL_TYPES='\"%s\"' ", types_path);
	buffer_printf(&command, "-x c - %s", redirect);
	clang = popen(buffer_text(&command), "w");
	if (!clang)
		abort();
	fputs(program, clang);
	status = pclose(clang);
	unlink(types_path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int compile(const struct buffer *types, const char *program)
{
	return run_clang(types, program, "");
}

/* Compiling must fail, and what clang says about it is nobody's interest. */
static bool is_refused(const struct buffer *types, const char *program)
{
	return run_clang(types, program, "2>/dev/null") == 1;
}

static bool have_clang(void)
{
	return system("command -v clang >/dev/null") == 0;
}

/* Assertions for every named member of struct TYPE, through anonymous ones. */
static size_t assert_members(const struct btf *btf, const char *root, uint32_t type_id,
			     uint32_t base, struct buffer *out)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	const struct btf_member *members = btf_members(type);
	size_t count = 0;

	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, members[i].name_off);
		uint32_t bit = base + btf_member_bit_offset(type, i);
		int32_t resolved = btf__resolve_type(btf, members[i].type);

		if (!name[0] && resolved > 0 &&
		    btf_is_composite(btf__type_by_id(btf, (uint32_t)resolved)))
			count += assert_members(btf, root, (uint32_t)resolved, bit, out);
		if (!name[0] || btf_member_bitfield_size(type, i) || bit % 8)
			continue;
		buffer_printf(
			out,
			"_Static_assert(__builtin_offsetof(struct %s, %s) == %u, \"%s.%s\");\n",
			root, name, bit / 8, root, name);
		count++;
	}
	return count;
}

/* By programs: what matters most of all that is made. */
static bool is_read(const char *name)
{
	static const char *const names[] = {
		"dst_entry",    "file",        "in_device",       "inet_sock", "inode",
		"msghdr",       "net",         "net_device",      "nsproxy",   "pid",
		"request_sock", "sk_buff",     "skb_shared_info", "sock",      "sock_common",
		"socket",       "task_struct", "tcp_sock",        "udp_sock",  "unix_sock",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static size_t assert_all(const struct btf *btf, struct buffer *out)
{
	size_t count = 0;
	char seen[256][64];
	size_t seen_count = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);
		bool again = false;

		if (!btf_is_struct(type) || !is_read(name))
			continue;
		for (size_t i = 0; i < seen_count; i++)
			again |= strcmp(seen[i], name) == 0;
		if (again || seen_count == 256)
			continue;
		snprintf(seen[seen_count++], sizeof(seen[0]), "%s", name);
		buffer_printf(out, "_Static_assert(sizeof(struct %s) == %u, \"%s\");\n", name,
			      type->size, name);
		count += 1 + assert_members(btf, name, id, 0, out);
	}
	return count;
}

TEST(every_member_lies_where_the_running_kernel_has_it)
{
	AUTO(buffer_free) struct buffer types = { 0 }, program = { 0 };
	AUTO(btf_freep) struct btf *btf = NULL;
	struct skbscope_error error = { 0 };

	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0 || !have_clang()) {
		printf("no BTF or no clang here\n");
		exit(TEST_SKIPPED);
	}
	REQUIRE(kernel_types_generate(&types, &error) == 0);
	btf = btf__load_vmlinux_btf();
	REQUIRE(btf);
	buffer_string(&program, "#include <net/sock.h>\n");
	CHECK(assert_all(btf, &program) > 500);
	CHECK_NUMBER(compile(&types, buffer_text(&program)), 0);
	/* The same with one lie, or the test could not fail. */
	buffer_string(
		&program,
		"_Static_assert(__builtin_offsetof(struct sock, sk_protocol) == 23, \"\");\n");
	CHECK(is_refused(&types, buffer_text(&program)));
}

TEST(no_header_of_the_tree_quarrels_with_kernel_types)
{
	AUTO(buffer_free) struct buffer types = { 0 }, program = { 0 };
	struct skbscope_error error = { 0 };
	char command[4200], line[256];
	FILE *list;

	REQUIRE(kernel_types_generate(&types, &error) == 0);
	snprintf(command, sizeof(command),
		 "cd '%s/include' && ls linux/*.h net/*.h string.h stdint.h", paths_get()->headers);
	list = popen(command, "r");
	REQUIRE(list);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		buffer_printf(&program, "#include <%s>\n", line);
	}
	CHECK_NUMBER(pclose(list), 0);
	/* And those uapi headers that hold what kernel structs hold by value. */
	buffer_string(&program, "#include <uapi/linux/if_link.h>\n#include <uapi/linux/utsname.h>\n"
				"#include <uapi/linux/xfrm.h>\n#include <uapi/linux/pkt_sched.h>\n"
				"int at_the_end;\n");
	CHECK_NUMBER(compile(&types, buffer_text(&program)), 0);
	CHECK_NUMBER(compile(NULL, buffer_text(&program)), 0);
}

TEST(without_kernel_types_reading_a_kernel_struct_is_an_error)
{
	const char *program = "#include <linux/skbuff.h>\n"
			      "int f(struct sk_buff *skb) { return sizeof(*skb); }\n";
	AUTO(buffer_free) struct buffer types = { 0 };
	struct skbscope_error error = { 0 };

	REQUIRE(kernel_types_generate(&types, &error) == 0);
	CHECK(is_refused(NULL, program));
	CHECK_NUMBER(compile(&types, program), 0);
}

/* struct sock as no kernel has it: bit-fields, a hole, an anonymous union, a big
 * array, a typedef the tree has with another integer behind it, a uapi struct, and one
 * that is a member without a name though it has a tag (kernels from 6.19 on). */
static struct btf *made_up_kernel(void)
{
	struct btf *btf = btf__new_empty();
	int u8_, u32_, u64_, inner, array, anonymous, ktime, address, tagged, sock, r = 0;

	u8_ = btf__add_int(btf, "unsigned char", 1, 0);
	u32_ = btf__add_int(btf, "unsigned int", 4, 0);
	u64_ = btf__add_int(btf, "unsigned long", 8, 0);
	ktime = btf__add_typedef(btf, "ktime_t", u64_);
	inner = btf__add_struct(btf, "only_in_this_kernel", 5);
	r |= btf__add_field(btf, "a", u8_, 0, 0);
	r |= btf__add_field(btf, "b", u32_, 8, 0); /* packed */
	array = btf__add_array(btf, u32_, inner, 23);
	address = btf__add_struct(btf, "in6_addr", 16);
	r |= btf__add_field(btf, "words", u64_, 0, 0);
	r |= btf__add_field(btf, "more", u64_, 64, 0);
	anonymous = btf__add_union(btf, NULL, 8);
	r |= btf__add_field(btf, "number", u64_, 0, 0);
	r |= btf__add_field(btf, "half", u32_, 0, 0);
	tagged = btf__add_struct(btf, "tagged", 8);
	r |= btf__add_field(btf, "through_the_tag", u64_, 0, 0);
	sock = btf__add_struct(btf, "sock", 200);
	r |= btf__add_field(btf, "three", u32_, 0, 3);
	r |= btf__add_field(btf, "five", u32_, 3, 5);
	r |= btf__add_field(btf, "", anonymous, 64, 0);
	r |= btf__add_field(btf, "when", ktime, 128, 0);
	r |= btf__add_field(btf, "where", address, 192, 0);
	r |= btf__add_field(btf, "many", array, 320, 0);
	r |= btf__add_field(btf, "after_a_hole", u64_, 184 * 8, 0);
	r |= btf__add_field(btf, "", tagged, 192 * 8, 0);
	if (r || sock < 0)
		abort();
	return btf;
}

TEST(a_kernel_never_seen_comes_out_right)
{
	AUTO(buffer_free) struct buffer types = { 0 }, program = { 0 };
	AUTO(btf_freep) struct btf *btf = made_up_kernel();
	struct skbscope_error error = { 0 };

	REQUIRE(kernel_types_write(btf, &types, &error) == 0);
	CHECK(strstr(buffer_text(&types), "struct only_in_this_kernel {"));
	CHECK(!strstr(buffer_text(&types), "struct in6_addr {"));
	CHECK(!strstr(buffer_text(&types), "ktime_t;"));
	buffer_string(&program, "#include <net/sock.h>\n");
	CHECK_NUMBER(assert_all(btf, &program), 8);
	CHECK_NUMBER(compile(&types, buffer_text(&program)), 0);
}

TEST(a_kernel_with_none_of_the_structs_gives_an_empty_text)
{
	AUTO(buffer_free) struct buffer types = { 0 };
	AUTO(btf_freep) struct btf *btf = btf__new_empty();
	struct skbscope_error error = { 0 };

	REQUIRE(btf);
	CHECK_NUMBER(kernel_types_write(btf, &types, &error), 0);
	CHECK_NUMBER(compile(&types, "#include <net/sock.h>\nstruct sock *unknown;\n"), 0);
}

TEST(names_of_types_and_enumerators_are_found_and_no_others)
{
	AUTO(btf_freep) struct btf *btf = kernel_types_load();

	SKIP_UNLESS(btf, "this kernel has no BTF");
	CHECK(kernel_types_have(btf, true, span_of("sk_buff")));
	CHECK(!kernel_types_have(btf, true, (struct span){ "sk_buff", 5 }));
	CHECK(kernel_types_have(btf, false, span_of("spinlock_t")));
	CHECK(kernel_types_have(btf, false, span_of("IPPROTO_TCP")));
	CHECK(!kernel_types_have(btf, false, span_of("pid"))); /* a struct's, not a name alone */
	CHECK(!kernel_types_have(btf, false, span_of("tcp_sendmsg"))); /* a function */
}
