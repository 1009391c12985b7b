/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that do not compile, through the real worker: what is said, where it
 * points and what is advised. Every row is something that makes libbcc crash,
 * exit or complain of what the user never wrote.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <skbscope/compile.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "program/compiler.h"

#define BEGIN "#include <uapi/linux/bpf.h>\n"

static struct outcome compile_with(const char *path, const char *text,
				   const struct skbscope_compile_options *options)
{
	struct outcome outcome = { .code = -EINVAL };
	struct skbscope_source *source = NULL;

	if (skbscope_diagnostics_new(&outcome.diagnostics) < 0 ||
	    skbscope_source_from_text(path, text, strlen(text), &source, &outcome.error) < 0)
		return outcome;
	outcome.code = skbscope_compiler_compile(test_compiler(), source, options, &outcome.image,
						 NULL, outcome.diagnostics, &outcome.error);
	skbscope_source_free(source);
	return outcome;
}

static struct outcome compile(const char *text)
{
	return compile_with("mine.c", text, NULL);
}

static const struct skbscope_diagnostic *first_of(const struct outcome *outcome,
						  enum skbscope_severity severity)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(outcome->diagnostics); i++) {
		const struct skbscope_diagnostic *entry =
			skbscope_diagnostics_get(outcome->diagnostics, i);

		if (entry->severity == severity)
			return entry;
	}
	return NULL;
}

/* The first error stands at LINE of mine.c, quotes it, and says these words. */
static void check_refused(const char *text, uint32_t line, const char *message, const char *advice)
{
	AUTO(outcome_clear) struct outcome outcome = compile(text);
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	CHECK(outcome.code < 0);
	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	CHECK_CONTAINS(outcome.error.message, "mine.c");
	REQUIRE(entry);
	CHECK_CONTAINS(entry->message, message);
	if (advice)
		CHECK_CONTAINS(entry->hint, advice);
	CHECK_NUMBER(entry->line, line);
	if (line) {
		CHECK_TEXT(entry->file, "mine.c");
		CHECK(entry->source);
	}
}

static void check_warned(const char *text, uint32_t line, const char *message, const char *advice)
{
	AUTO(outcome_clear) struct outcome outcome = compile(text);
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_WARNING);

	CHECK_NUMBER(outcome.code, 0);
	REQUIRE(entry);
	CHECK_CONTAINS(entry->message, message);
	CHECK_CONTAINS(entry->hint, advice);
	CHECK_NUMBER(entry->line, line);
}

TEST(a_syntax_error_points_at_its_line_and_column)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(BEGIN "int count(struct __sk_buff *skb)\n"
					       "{\n"
					       "\tint x = 3\n"
					       "\treturn x;\n"
					       "}\n");
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	REQUIRE(entry);
	CHECK_TEXT(entry->file, "mine.c");
	CHECK_NUMBER(entry->line, 4);
	CHECK_NUMBER(entry->column, 11);
	CHECK_TEXT(entry->source, "\tint x = 3");
	CHECK_CONTAINS(entry->message, "expected ';'");
	CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "\033["));
	CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "/virtual/source.c"));
}

TEST(lines_that_end_as_on_windows_are_quoted_without_the_extra)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile("#include <uapi/linux/bpf.h>\r\n"
					 "int count(struct __sk_buff *skb)\r\n"
					 "{\r\n"
					 "\treturn x;\r\n"
					 "}\r\n");
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	REQUIRE(entry);
	CHECK_NUMBER(entry->line, 4);
	CHECK_TEXT(entry->source, "\treturn x;");
}

TEST(the_advice_is_in_the_error_where_nobody_takes_diagnostics)
{
	static const char text[] = BEGIN "int count(struct __sk_buff *skb) { return gone(); }\n";
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	REQUIRE(skbscope_source_from_text("mine.c", text, strlen(text), &source, &error) == 0);
	CHECK(skbscope_compile(source, NULL, &image, NULL, NULL, &error) < 0);
	CHECK_CONTAINS(error.hint, "spelling");
	CHECK(!image);
	skbscope_source_free(source);

	AUTO(outcome_clear) struct outcome outcome = compile(text);
	CHECK_TEXT(outcome.error.hint, "");
}

TEST(a_stack_over_512_bytes_leads_to_a_scratch_table)
{
	check_refused(BEGIN "struct big { char a[600]; };\n"
			    "BPF_ARRAY(b, struct big, 1);\n"
			    "static inline u32 one(void) { return 1; }\n"
			    /* newer LLVM knows the function only, older the variable, too */
			    "int count(struct __sk_buff *skb) { struct big big = {};\n"
			    "\tu32 zero = 0;\n"
			    "\tbig.a[skb->len & 511] = one();\n"
			    "\tb.update(&zero, &big);\n"
			    "\treturn 0;\n"
			    "}\n",
		      5, "512 bytes", "BPF_PERCPU_ARRAY");
}

TEST(signed_division_is_explained_although_llvm_aborts)
{
	check_refused(BEGIN "BPF_HASH(t, u32, u64);\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tint a = skb->len, b = skb->mark;\n"
			    "\tu32 key = 1;\n"
			    "\n"
			    "\tt.increment(key);\n"
			    "\treturn a / b;\n"
			    "}\n",
		      9, "unsigned", "u32");
}

TEST(floating_point_leads_to_smaller_units)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tfloat x = skb->len;\n"
			    "\treturn x * 1.5;\n"
			    "}\n",
		      4, "floating point", "integers");
}

TEST(a_sixth_argument_is_too_many)
{
	check_refused(BEGIN
		      "BPF_HASH(t, u32, u64);\n"
		      "static __attribute__((__noinline__)) int six(u32 *a, u32 b, u32 c, u32 d,\n"
		      "\t\t\t\t\t\tu32 e, u32 f)\n"
		      "{\n"
		      "\tt.increment(*a);\n"
		      "\treturn *a + b * c + d * e + f;\n"
		      "}\n"
		      "int count(struct __sk_buff *skb)\n"
		      "{\n"
		      "\tu32 l = skb->len;\n"
		      "\treturn six(&l, skb->mark, skb->hash, skb->ifindex, 1, skb->priority) +\n"
		      "\t       six(&l, skb->mark, skb->hash, skb->ifindex, 2, skb->mark);\n"
		      "}\n",
		      12, "more than five arguments", "struct");
}

TEST(a_missing_function_is_an_error_at_its_call)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn not_there(skb->len);\n"
			    "}\n",
		      4, "no function 'not_there'", "spelling");
}

TEST(a_function_without_a_body_is_an_error)
{
	check_refused(BEGIN "static int declared(int x);\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn declared(skb->len);\n"
			    "}\n",
		      2, "'declared' is declared but has no body", "body");
}

TEST(a_helper_that_is_not_static_is_told_to_be)
{
	check_refused(BEGIN "int helper(u32 x)\n"
			    "{\n"
			    "\treturn x + 1;\n"
			    "}\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn helper(skb->len);\n"
			    "}\n",
		      8, "must be static", "static inline");
}

TEST(a_second_parameter_is_not_taken_for_a_kernel_probe_in_silence)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb, int extra)\n"
			    "{\n"
			    "\treturn skb->len + extra;\n"
			    "}\n",
		      3, "one parameter", "struct __sk_buff *skb and nothing else");
}

TEST(memset_of_a_variable_size_is_explained)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tchar a[64];\n"
			    "\t__builtin_memset(a, 0, skb->len & 63);\n"
			    "\treturn a[skb->mark & 63];\n"
			    "}\n",
		      5, "'memset' with a length", "constant");
}

TEST(inline_assembly_of_another_machine_is_refused)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tasm volatile(\"bogus r1, r2\");\n"
			    "\treturn 0;\n"
			    "}\n",
		      0, "<inline asm>", "inline assembly must be for BPF");
}

TEST(a_section_named_like_its_function_is_refused)
{
	check_refused(BEGIN "__attribute__((section(\"count\")))\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn skb->len;\n"
			    "}\n",
		      0, "section has the name of a function", "remove");
}

TEST(cursor_advance_before_any_packet_function_is_found_by_its_word)
{
	check_refused(BEGIN "#include <bcc/proto.h>\n"
			    "static int parse(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tu8 *cursor = 0;\n"
			    "\tstruct ethernet_t *e = cursor_advance(cursor, sizeof(*e));\n"
			    "\treturn e->type;\n"
			    "}\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn parse(skb);\n"
			    "}\n",
		      6, "cursor_advance()", "struct __sk_buff *skb");
}

TEST(a_return_address_is_found_by_its_word)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn (long)__builtin_return_address(1);\n"
			    "}\n",
		      4, "no meaning in BPF", "remove");
}

TEST(two_tables_of_one_name_are_one_error)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(BEGIN "BPF_HASH(t, u32, u64);\n"
					       "BPF_HASH(t, u32, u64);\n"
					       "int count(struct __sk_buff *skb) { return 0; }\n");
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	REQUIRE(entry);
	CHECK_NUMBER(entry->line, 3);
	CHECK_CONTAINS(entry->message, "a table of this name exists already");
	CHECK_CONTAINS(outcome.error.message, "1 error");
	entry = first_of(&outcome, SKBSCOPE_SEVERITY_NOTE);
	REQUIRE(entry);
	CHECK_NUMBER(entry->line, 2);
}

TEST(an_unknown_table_type_suggests_the_near_one)
{
	check_refused(BEGIN "BPF_TABLE(\"hsah\", u32, u64, t, 10);\n"
			    "int count(struct __sk_buff *skb) { return 0; }\n",
		      2, "no table type \"hsah\"", "did you mean \"hash\"?");
}

TEST(an_extern_table_is_told_to_be_another_files)
{
	check_refused(BEGIN "BPF_TABLE(\"extern\", u32, u64, t, 10);\n"
			    "int count(struct __sk_buff *skb) { return 0; }\n",
		      2, "'t' is another file's", "BPF_TABLE(\"hash\"");
}

TEST(one_that_a_macro_declares_is_not_looked_for_in_other_files)
{
	check_refused(BEGIN "#define THEIRS(t) BPF_TABLE(\"extern\", u32, u64, t, 10)\nTHEIRS(t);\n"
			    "int count(struct __sk_buff *skb) { return 0; }\n",
		      3, "extern by a macro or in a header", "in the file that uses it");
}

TEST(an_unknown_table_function_is_named)
{
	check_refused(BEGIN "BPF_HASH(t, u32, u64);\n"
			    "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\tu32 k = 1;\n"
			    "\tt.lookup_all(&k);\n"
			    "\treturn 0;\n"
			    "}\n",
		      6, "no function 'lookup_all'", "lookup");
}

TEST(a_global_variable_is_a_warning_that_says_what_to_use)
{
	check_warned(BEGIN "int counter;\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{\n"
			   "\tcounter++;\n"
			   "\treturn 0;\n"
			   "}\n",
		     5, "global or static variable", "BPF_ARRAY");
}

TEST(a_table_that_increment_leaves_empty_is_a_warning)
{
	check_warned(BEGIN "BPF_TABLE(\"lru_hash\", u32, u64, seen, 23);\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{\n"
			   "\tu32 key = 23;\n"
			   "\tseen.increment(key);\n"
			   "\treturn 0;\n"
			   "}\n",
		     6, "increment() adds no entry to 'seen'", "lookup_or_try_init");
}

TEST(recursion_is_a_warning_that_says_what_to_use)
{
	check_warned(BEGIN "static int f(int n) { return n <= 1 ? 1 : n * f(n - 1) + f(n - 2); }\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{\n"
			   "\treturn f(skb->len);\n"
			   "}\n",
		     5, "cannot be inlined", "loop");
}

TEST(a_string_of_unknown_length_cannot_be_copied)
{
	check_warned(BEGIN "int count(struct __sk_buff *skb)\n"
			   "{\n"
			   "\tchar from[8] = {}, to[8];\n"
			   "\tbpf_skb_load_bytes(skb, 0, from, 7);\n"
			   "\tstrcpy(to, from);\n"
			   "\treturn to[2];\n"
			   "}\n",
		     6, "cannot be inlined", "strcpy");
}

TEST(a_program_without_a_function_is_told_to_have_one)
{
	AUTO(outcome_clear) struct outcome outcome = compile(BEGIN "BPF_HASH(t, u32, u64);\n");

	CHECK(outcome.code < 0);
	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	CHECK_CONTAINS(outcome.error.message, "no function");
	CHECK_CONTAINS(outcome.error.hint, "struct __sk_buff");
}

TEST(a_well_known_name_leads_to_its_header)
{
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn TC_ACT_SHOT;\n"
			    "}\n",
		      4, "TC_ACT_SHOT", "write #include <linux/pkt_cls.h>");
	check_refused(BEGIN "int count(struct __sk_buff *skb)\n"
			    "{\n"
			    "\treturn skb->len - sizeof(struct iphdr);\n"
			    "}\n",
		      4, "struct iphdr", "write #include <linux/ip.h>");
}

/* A body that is right but for what stands in it. */
#define FUNCTION(body) "int count(struct __sk_buff *skb) { " body " }\n"

static const struct mistake {
	const char *text; /* from line 2 on */
	const char *message, *advice;
} mistakes[] = {
	{ "#include <linux/if_ehter.h>\n" FUNCTION("return 0;"), "file not found",
	  "did you mean <linux/if_ether.h>?" },
	{ "#include <uapi/linux/tpc.h>\n" FUNCTION("return 0;"), "file not found",
	  "did you mean <linux/tcp.h>?" },
	{ "#include <if_ether.h>\n" FUNCTION("return 0;"), "file not found",
	  "did you mean <linux/if_ether.h>?" },
	{ "#include <skbscope/typs.h>\n" FUNCTION("return 0;"), "file not found",
	  "did you mean <skbscope/types.h>?" },
	{ "BPF_HASH(t, u23, u64);\n" FUNCTION("return 0;"), "unknown type name 'u23'",
	  "did you mean 'u32'?" },
	{ FUNCTION("struct iphrd *ip = (void *)(long)skb->data; return ip->ttl;"), "'struct iphrd'",
	  "'struct iphdr'" },
	{ "BPF_HAHS(t, u32, u64);\n" FUNCTION("return 0;"), "no BPF_HAHS", "BPF_HASH" },
	{ FUNCTION("return skb->lenght;"), "'lenght'", "skb->len" },
	{ FUNCTION("return skb->network_header;"), "'network_header'", "skb->data" },
	{ FUNCTION("return ktime_get_ns();"), "'ktime_get_ns'", "bpf_ktime_get_ns()" },
	{ FUNCTION("return nothing_like_it();"), "'nothing_like_it'", "spelling" },
	{ FUNCTION("printf(\"%d\", skb->len); return 0;"), "'printf'", "bpf_trace_printk()" },
	{ FUNCTION("return *(int *)malloc(4);"), "'malloc'", "no heap" },
	{ FUNCTION("bpf_printk(\"%d\", skb->len); return 0;"), "'bpf_printk'", "bpf_trace_printk" },
	{ FUNCTION("bpf_trace_printk(\"%d %d %d %d\", 1, 2, 3, skb->len); return 0;"),
	  "at most three values", "second" },
	{ FUNCTION("BPF_HASH(t, u32, u64); return 0;"), "inside a function", "above" },
	{ "BPF_HASH(t, u32, u64); " FUNCTION("u32 k = 1; t[k]++; return 0;"), "'t' is a table",
	  "t.atomic_increment(key)" },
	{ "BPF_HASH(t, char[16], u64);\n" FUNCTION("return 0;"), "as an array", "struct name" },
	{ "int main(struct __sk_buff *skb) { return 0; }\n", "'main'", "any other name" },
	{ "BPF_TABLE(\"extern\", int, int, t, 8); " FUNCTION("t.call(skb, 1); return 0;"),
	  "another file's",
	  "--with FILE, or with @with FILE in the first comment; or declare it with "
	  "BPF_PROG_ARRAY(t, 8)" },
	{ "BPF_TABLE(\"extern\", int, u32, t, 0); " FUNCTION(
		  "u32 e = 0; t.perf_submit(skb, &e, 4); return 0;"),
	  "no function 'perf_submit'", "BPF_PERF_OUTPUT(t)" },
	{ "BPF_HASH(t, u32, u64); " FUNCTION("return *t;"), "'t' is a table", "t.lookup(&key)" },
	{ "BPF_ARRAY(t, u64, 1); " FUNCTION("t++; return 0;"), "'t' is a table", "t.lookup(&key)" },
	{ "BPF_HASH(t, u32, u64); " FUNCTION("u64 all = 3 + t; return all;"), "'t' is a table",
	  "t.lookup(&key)" },
	{ FUNCTION("char f[] = \"%d\"; bpf_trace_printk(f, sizeof(f), skb->len); return 0;"),
	  "no size of it", "bpf_trace_printk(\"%d" },
	{ FUNCTION("char t[8]; sprintf(t, \"%d\", 3); return t[0];"), "'sprintf'", "in a table" },
	{ FUNCTION("exit(1); return 0;"), "'exit'", "return ends" },
	{ "int f(struct sk_buff *skb) { return skb->len; }\n", "'struct sk_buff'",
	  "struct __sk_buff *skb" },
	{ "int f(sk_buff *skb) { return 0; }\n", "'sk_buff'", "struct __sk_buff *skb" },
	{ "int main(int argc, char **argv) { return 0; }\n", "'main'", "int count(" },
	{ FUNCTION("return sizeof(struct tcphrd);"), "'struct tcphrd'", "'struct tcphdr'" },
	{ FUNCTION("return TC_ACT_DROP;"), "'TC_ACT_DROP'",
	  "did you mean TC_ACT_SHOT? It is in #include <linux/pkt_cls.h>" },
	{ FUNCTION("return IPPROTO_ICMP6;"), "'IPPROTO_ICMP6'", "did you mean IPPROTO_ICMPV6" },
	{ FUNCTION("return ETH_P_ARPP;"), "'ETH_P_ARPP'", "ETH_P_ARP? It is in" },
	/* other dialects */
	{ "#include \"bpf_api.h\"\n" FUNCTION("return 0;"), "bpf_api.h", "iproute2's dialect" },
	{ "#!/usr/bin/bpftrace\nkprobe:f { @ = count(); }\n", "invalid", "bpftrace" },
	{ "package main\nimport \"fmt\"\nfunc main() { }\n", "'package'", "Go program" },
	{ "use aya_ebpf::programs::TcContext;\nfn main() {}\n", "'use'", "Rust program" },
	{ "SEC(\"tc\") " FUNCTION("return 0;"), "expected", "libbpf's dialect" },
	{ "#include \"vmlinux.h\"\n" FUNCTION("return 0;"), "vmlinux.h", "libbpf's dialect" },
	{ "from bcc import BPF\nBPF(text=\"int f(void *c) { return 0; }\")\n", "'from'", "Python" },
};

TEST(what_newcomers_write_is_answered_with_what_to_write)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		int before = test_failures;
		char text[1024];

		snprintf(text, sizeof(text), BEGIN "%s", mistakes[i].text);
		check_refused(text, 2, mistakes[i].message, mistakes[i].advice);
		if (test_failures != before)
			fprintf(stderr, "… of: %s", mistakes[i].text);
	}
}

static void check_silent(const char *text)
{
	AUTO(outcome_clear) struct outcome outcome = compile(text);
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	REQUIRE(entry);
	if (entry->hint)
		fprintf(stderr, "%s… is told: %s\n", text, entry->hint);
	CHECK(!entry->hint);
}

TEST(what_only_looks_like_another_dialect_is_left_alone)
{
	static const char *const texts[] = {
		"#define SEC(x)\nSEC(\"tc\") " FUNCTION("return 0;"),
		"#define BPF_MINE(x) int x(struct __sk_buff *skb) { return 0; }\nBPF_MINE(count)\n",
		FUNCTION("u32 a[2] = {}; return a[skb->len & 1];"),
		FUNCTION("bpf_trace_printk(\"%08x %pI4 %5lu%%\", skb->len); return 0;"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), BEGIN "%s", texts[i]);
		AUTO(outcome_clear) struct outcome outcome = compile(text);
		CHECK_NUMBER(outcome.code, 0);
		CHECK_NUMBER(skbscope_diagnostics_count(outcome.diagnostics), 0);
	}
	check_refused("// SEC(\"tc\"), from bcc import BPF\n/*\nfrom bcc import BPF\n*/\n"
		      "int f(struct __sk_buff *skb) { return x; }\n",
		      5, "undeclared identifier 'x'", NULL);
	check_silent("// SEC(\"tc\")\n/*\nfrom bcc import BPF\n*/\n" FUNCTION("return x;"));
	check_silent(FUNCTION("return IPPROTO_QUITE_ANOTHER_THING;"));
	check_silent(FUNCTION("return sizeof(struct quite_another);"));
	check_refused("#define SEC(x)\nSEC(\"tc\") int f(struct __sk_buff *skb) { return x; }\n", 2,
		      "undeclared identifier 'x'", NULL);
}

TEST(a_format_that_the_kernel_does_not_know_is_a_warning)
{
	check_warned(BEGIN FUNCTION("bpf_trace_printk(\"%f\", skb->len); return 0;"), 2,
		     "prints nothing at all", "it knows");
}

TEST(an_include_of_another_name_altogether_gets_no_guess)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(BEGIN "#include <linux/quite_another.h>\n");
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	REQUIRE(entry);
	CHECK(!entry->hint);
}

TEST(an_unknown_header_says_who_asked_and_what_brings_it)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(BEGIN "#include <linux/not_a_header.h>\n"
					       "int count(struct __sk_buff *skb) { return 0; }\n");
	const struct skbscope_diagnostic *entry = first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	REQUIRE(entry);
	CHECK_NUMBER(entry->line, 2);
	CHECK_CONTAINS(entry->message, "linux/not_a_header.h");
}

/* A directory of the test's own, removed with what is in it. */
static char directory[64];

static const char *file_in_directory(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	stream = fopen(path, "w");
	if (stream) {
		fputs(text, stream);
		fclose(stream);
		chmod(path, mode);
	}
	return path;
}

static bool make_directory(mode_t mode)
{
	strcpy(directory, "/tmp/skbscope-test-XXXXXX");
	return mkdtemp(directory) && chmod(directory, mode) == 0;
}

static void remove_directory(void)
{
	static const char *const names[] = { "a.h", "secret.h", "endless.h", "broken.h", "sub" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		remove(path);
	}
	rmdir(directory);
}

static struct outcome compile_in_directory(const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/mine.c", directory);
	return compile_with(path, text, NULL);
}

TEST(an_endless_include_ends)
{
	REQUIRE(make_directory(0755));
	file_in_directory("endless.h", "#include \"endless.h\"\n", 0644);
	{
		AUTO(outcome_clear)
		struct outcome outcome = compile_in_directory(
			BEGIN "#include \"endless.h\"\n"
			      "int count(struct __sk_buff *skb) { return 0; }\n");
		const struct skbscope_diagnostic *entry =
			first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

		CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
		REQUIRE(entry);
		CHECK_CONTAINS(entry->message, "includes itself endlessly");
		CHECK_CONTAINS(entry->file, "endless.h");
		CHECK_CONTAINS(entry->hint, "#pragma once");
	}
	remove_directory();
}

TEST(an_include_that_never_answers_ends_with_the_time)
{
	struct skbscope_compile_options options = { .size = sizeof(options), .timeout_ms = 300 };
	char fifo[128], text[512];

	REQUIRE(make_directory(0755));
	snprintf(fifo, sizeof(fifo), "%s/a.h", directory);
	REQUIRE(mkfifo(fifo, 0666) == 0 && chmod(fifo, 0666) == 0);
	snprintf(text, sizeof(text),
		 BEGIN "#include \"%s\"\nint count(struct __sk_buff *skb) { return 0; }\n", fifo);
	{
		AUTO(outcome_clear) struct outcome outcome = compile_with("mine.c", text, &options);

		CHECK_NUMBER(outcome.code, -ETIMEDOUT);
		CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_WORKER);
	}
	remove_directory();
}

TEST(an_include_that_is_no_file_is_not_opened)
{
	char fifo[128], text[512];
	int status = 0;
	pid_t writer;

	SKIP_UNLESS(geteuid() == 0, "a pipe of another user's takes root");
	REQUIRE(make_directory(0755));
	snprintf(fifo, sizeof(fifo), "%s/a.h", directory);
	REQUIRE(mkfifo(fifo, 0666) == 0 && chown(fifo, 65534, 65534) == 0);
	snprintf(text, sizeof(text),
		 BEGIN "#include \"%s\"\nint count(struct __sk_buff *skb) { return 0; }\n", fifo);
	/* Held in open() for as long as nobody opens the other end. */
	writer = fork();
	if (writer == 0)
		_exit(open(fifo, O_WRONLY | O_CLOEXEC) < 0);
	{
		AUTO(outcome_clear) struct outcome outcome = compile_with("mine.c", text, NULL);

		CHECK(outcome.code < 0);
		CHECK_CONTAINS(skbscope_diagnostics_log(outcome.diagnostics), "a.h");
	}
	kill(writer, SIGKILL);
	CHECK(waitpid(writer, &status, 0) == writer && WIFSIGNALED(status));
	remove_directory();
}

TEST(an_include_the_user_may_not_read_stays_unreadable)
{
	REQUIRE(make_directory(0755));
	file_in_directory("secret.h", "int the_secret = 23;\n", 0600);
	{
		AUTO(outcome_clear)
		struct outcome outcome = compile_in_directory(
			BEGIN "#include \"secret.h\"\n"
			      "int count(struct __sk_buff *skb) { return the_secret; }\n");
		const struct skbscope_diagnostic *entry =
			first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

		CHECK(outcome.code < 0);
		REQUIRE(entry);
		CHECK_CONTAINS(entry->message, "secret.h");
		CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "= 23"));
	}
	remove_directory();
}

TEST(an_absolute_include_of_a_secret_stays_unreadable)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(BEGIN "#include \"/etc/shadow\"\n"
					       "int count(struct __sk_buff *skb) { return 0; }\n");

	CHECK(outcome.code < 0);
	CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "root:"));
}

TEST(headers_beside_a_program_in_a_private_directory_are_found)
{
	REQUIRE(make_directory(0700));
	{
		char sub[128], path[256];

		snprintf(sub, sizeof(sub), "%s/sub", directory);
		REQUIRE(mkdir(sub, 0755) == 0 && chmod(sub, 0755) == 0);
		snprintf(path, sizeof(path), "%s/a.h", sub);
		FILE *stream = fopen(path, "w");
		REQUIRE(stream);
		fputs("#define ANSWER 23\n", stream);
		fclose(stream);
		chmod(path, 0644);
		snprintf(path, sizeof(path), "%s/mine.c", sub);

		AUTO(outcome_clear)
		struct outcome outcome =
			compile_with(path,
				     BEGIN "#include \"a.h\"\n"
					   "int count(struct __sk_buff *skb) { return ANSWER; }\n",
				     NULL);
		bool named = false;

		CHECK_NUMBER(outcome.code, 0);
		snprintf(path, sizeof(path), "%s/a.h", sub);
		for (size_t i = 0; outcome.image && i < outcome.image->include_count; i++)
			named = named || strcmp(outcome.image->includes[i], path) == 0;
		CHECK(named);
		remove(path);
		rmdir(sub);
	}
	remove_directory();
}

TEST(a_directory_that_the_worker_may_not_search_hurts_only_its_own_headers)
{
	REQUIRE(make_directory(0700));
	file_in_directory("a.h", "#define ANSWER 23\n", 0644);
	{
		AUTO(outcome_clear)
		struct outcome good = compile_in_directory(
			BEGIN "int count(struct __sk_buff *skb) { return 0; }\n");
		AUTO(outcome_clear)
		struct outcome bad = compile_in_directory(
			BEGIN "#include \"a.h\"\n"
			      "int count(struct __sk_buff *skb) { return ANSWER; }\n");
		const struct skbscope_diagnostic *note = first_of(&bad, SKBSCOPE_SEVERITY_NOTE);

		CHECK_NUMBER(good.code, 0);
		CHECK_NUMBER(bad.error.stage, SKBSCOPE_STAGE_COMPILE);
		REQUIRE(note);
		CHECK_CONTAINS(note->message, directory);
		CHECK_CONTAINS(note->message, "65534");
	}
	remove_directory();
}

TEST(an_error_in_the_users_own_header_is_shown_there)
{
	REQUIRE(make_directory(0755));
	file_in_directory("broken.h", "\nstruct x { int a };\n", 0644);
	{
		AUTO(outcome_clear)
		struct outcome outcome = compile_in_directory(
			BEGIN "#include \"broken.h\"\n"
			      "int count(struct __sk_buff *skb) { return 0; }\n");
		const struct skbscope_diagnostic *entry =
			first_of(&outcome, SKBSCOPE_SEVERITY_ERROR);

		(void)outcome;
		entry = entry ? entry : first_of(&outcome, SKBSCOPE_SEVERITY_WARNING);
		REQUIRE(entry);
		CHECK_CONTAINS(entry->file, "broken.h");
		CHECK_NUMBER(entry->line, 2);
		CHECK_TEXT(entry->source, "struct x { int a };");
	}
	remove_directory();
}

static struct outcome compile_with_define(const char *define)
{
	struct skbscope_compile_options options = { .size = sizeof(options),
						    .defines = &define,
						    .define_count = 1 };

	return compile_with("mine.c", BEGIN "int count(struct __sk_buff *skb) { return LIMIT; }\n",
			    &options);
}

TEST(a_define_reaches_the_program)
{
	AUTO(outcome_clear) struct outcome outcome = compile_with_define("LIMIT=23\t+ 1");

	CHECK_NUMBER(outcome.code, 0);
}

TEST(a_hostile_define_is_refused_or_stays_a_value)
{
	static const char *const hostile[] = {
		"LIMIT X=1", "-include=/etc/shadow", "LIMIT=1\nint x;", "",
		"=1",        "BPF_LICENSE=GPL",      "LIMIT(x)=1",      "LIMIT=\x7f",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		AUTO(outcome_clear) struct outcome outcome = compile_with_define(hostile[i]);

		CHECK(outcome.code < 0);
		CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_USAGE);
	}
	/* One argument, however it looks: it can be wrong C, but not an option. */
	AUTO(outcome_clear)
	struct outcome outcome = compile_with_define("LIMIT=23 -include /etc/shadow");
	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "root:"));
}

TEST(an_include_directory_that_is_not_there_is_named)
{
	const char *missing = "/nowhere/at/all";
	struct skbscope_compile_options options = { .size = sizeof(options),
						    .include_directories = &missing,
						    .include_directory_count = 1 };
	AUTO(outcome_clear) struct outcome outcome = compile_with("mine.c", BEGIN, &options);

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_USAGE);
	CHECK_CONTAINS(outcome.error.message, missing);
}

TEST(options_of_a_newer_library_are_refused)
{
	struct {
		struct skbscope_compile_options options;
		uint64_t future;
	} newer = { .options.size = sizeof(newer), .future = 1 };
	AUTO(outcome_clear) struct outcome outcome = compile_with("mine.c", BEGIN, &newer.options);

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_USAGE);
}
