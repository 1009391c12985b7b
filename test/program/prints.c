/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_trace_printk() in the real kernel: what a program prints comes out of its ring as it
 * was meant, whoever the values belong to and wherever the call stands, and mistakes are told
 * at the user's own line and column.
 */
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/print_record.h"
#include "fixture.h"

struct prints {
	struct fixture fixture;
	struct buffer text;           /* "line: text" for each */
	char function[64], file[128]; /* of the latest */
	uint64_t count;
};

static void prints_clear(struct prints *prints)
{
	fixture_close(&prints->fixture);
	buffer_free(&prints->text);
}

static int take(void *context, const struct skbscope_event *event)
{
	struct prints *prints = context;

	if (event->text)
		buffer_printf(&prints->text, "%u: %s\n", event->line, event->text);
	snprintf(prints->function, sizeof(prints->function), "%s",
		 event->function ? event->function : "");
	snprintf(prints->file, sizeof(prints->file), "%s", event->file ? event->file : "");
	prints->count++;
	return 0;
}

static int compile(const char *path, const char *text, struct skbscope_image **image,
		   struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct skbscope_compile_options options = { .size = sizeof(options),
							  .timeout_ms = 30000 * test_slowness(),
							  .prints = true };
	struct skbscope_source *source = NULL;
	int r = skbscope_source_from_text(path, text, strlen(text), &source, error);

	if (r == 0)
		r = skbscope_compile(source, &options, image, NULL, diagnostics, error);
	skbscope_source_free(source);
	return r;
}

static bool start(struct prints *prints, const char *path, const char *text)
{
	struct skbscope_session_options options = { .size = sizeof(options), .ingress = "count" };
	struct fixture *fixture = &prints->fixture;

	fixture_needs_root();
	memset(prints, 0, sizeof(*prints));
	if (skbscope_diagnostics_new(&fixture->diagnostics) < 0)
		abort();
	fixture->result =
		compile(path, text, &fixture->image, fixture->diagnostics, &fixture->error);
	if (fixture->result == 0 && image_find_program(fixture->image, "other") >= 0)
		options.egress = "other";
	if (fixture->result == 0)
		fixture->result = skbscope_session_open(fixture->image, &options, &fixture->session,
							fixture->diagnostics, &fixture->error);
	skbscope_diagnostics_print(fixture->diagnostics, 0, stderr);
	if (fixture->result < 0) {
		fprintf(stderr, "%s (%s)\n%s", fixture->error.message, fixture->error.hint,
			skbscope_diagnostics_log(fixture->diagnostics));
		return false;
	}
	CHECK_NUMBER(skbscope_diagnostics_count(fixture->diagnostics), 0);
	return true;
}

static void drain(struct prints *prints)
{
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(skbscope_session_drain(prints->fixture.session, 0, take, prints, NULL, &error),
		     0);
}

/* One packet through one function. */
static const char *run(struct prints *prints, const char *function)
{
	buffer_clear(&prints->text);
	fixture_feed(&prints->fixture, function, 1);
	drain(prints);
	return buffer_text(&prints->text);
}

static void check(const char *text, const char *expected)
{
	AUTO(prints_clear) struct prints prints;

	REQUIRE(start(&prints, "mine.c", text));
	CHECK_TEXT(run(&prints, "count"), expected);
}

#define HEADERS                                                                                    \
	"#include <uapi/linux/bpf.h>\n"                                                            \
	"#include <uapi/linux/if_ether.h>\n"                                                       \
	"#include <uapi/linux/ip.h>\n"
#define FUNCTION "int count(struct __sk_buff *skb)\n{\n" /* lines 4 and 5 */
#define END "\treturn 0;\n}\n"
#define FRAME                                                                                      \
	"\tvoid *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;\n"            \
	"\tstruct ethhdr *eth = data;\n"                                                           \
	"\tstruct iphdr *ip = data + sizeof(*eth);\n"                                              \
	"\tif ((void *)(ip + 1) > end) return 0;\n" /* lines 6 to 9 */

TEST(a_hello_world_prints)
{
	check(HEADERS FUNCTION "\tbpf_trace_printk(\"hello %d\\n\", skb->len);\n" END,
	      "6: hello 60\n");
	check("int count(struct __sk_buff *skb) { bpf_trace_printk(\"x\"); return 0; }\n",
	      "1: x\n");
}

TEST(up_to_eight_values_of_every_size_print)
{
	check(HEADERS FUNCTION
	      "\tu8 a = 200; s8 b = -1; u16 c = 65535; s16 d = -2; u32 e = 4294967295; int f = "
	      "-3;\n"
	      "\tu64 g = 5000000000ull; s64 h = -5000000000ll; bool i = true;\n"
	      "\tenum e { ONE = 1 } j = ONE; struct { u32 x : 3, y : 5; } k = { 5, 17 };\n"
	      "\tbpf_trace_printk(\"%d %d %u %hd %u %i %llu %lld\\n\", a, b, c, d, e, f, g, h);\n"
	      "\tbpf_trace_printk(\"%d %d %d %d\\n\", i, j, k.x, k.y);\n"
	      "\tbpf_trace_printk(\"%d %ld %lx %c%c %% %5d|%-5d|%05d\\n\", g, g, h, 'a', 98, 7, 8, "
	      "9);\n"
	      "\tbpf_trace_printk(\"%d %d %d %d %d\\n\", 1, skb->len, skb->protocol, -5, 1ull << "
	      "40);\n" END,
	      "9: 200 -1 65535 -2 4294967295 -3 5000000000 -5000000000\n"
	      "10: 1 1 5 17\n"
	      "11: 5000000000 5000000000 fffffffed5fa0e00 ab %     7|8    |00009\n"
	      "12: 1 60 8 -5 1099511627776\n");
}

TEST(strings_print_from_the_text_the_stack_and_the_packet)
{
	check(HEADERS FUNCTION FRAME
	      "\tchar name[8] = \"lo0\", full[4] = { 'a', 'b', 'c', 'd' };\n"
	      "\tchar *p = name + 1;\n"
	      "\tbpf_trace_printk(\"%s %s %s\\n\", \"TCP\", name, p);\n"
	      "\tbpf_trace_printk(\"%s|%6s|%-6s|%.1s\\n\", full, \"in\", \"out\", \"xyz\");\n"
	      "\tbpf_skb_load_bytes(skb, 44, name, 8);\n"
	      "\tbpf_trace_printk(\"%s %s\\n\", name, (char *)(ip + 1) + 1);\n" END,
	      "12: TCP lo0 o0\n"
	      "13: abcd|    in|out   |x\n"
	      "15:  4\n");
}

TEST(addresses_print_from_the_stack_and_the_packet)
{
	check(HEADERS FUNCTION FRAME "\tstruct iphdr own;\n"
				     "\tu8 v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };\n"
				     "\tbpf_skb_load_bytes(skb, 14, &own, sizeof(own));\n"
				     "\tu8 *mac = eth->h_source;\n"
				     "\tbpf_trace_printk(\"%pI4 > %pI4 %pM %pM\\n\", &own.saddr, "
				     "&ip->daddr, eth->h_dest, mac);\n"
				     "\tbpf_trace_printk(\"%pI6 %pI6c\\n\", v6, &v6);\n" END,
	      "14: 10.0.0.1 > 10.0.0.2 02:00:00:00:00:01 02:00:00:00:00:02\n"
	      "15: 2001:0db8:0000:0000:0000:0000:0000:0001 2001:db8::1\n");
}

TEST(wrapper_macros_print_with_the_line_that_uses_them)
{
	check(HEADERS
	      "#define DBG(f, ...) bpf_trace_printk(\"dbg: \" f, ##__VA_ARGS__)\n"
	      "#define BPF_PRINTK(fmt, args...) ({ bpf_trace_printk(fmt, ##args); })\n" FUNCTION
	      "\tDBG(\"%d\\n\", skb->len);\n"
	      "\tDBG(\"none\\n\");\n"
	      "\tBPF_PRINTK(\"%s %d\\n\", \"is\", skb->len);\n"
	      "\tbpf_trace_printk(\"%s\\n\", \"plain\");\n" END,
	      "8: dbg: 60\n9: dbg: none\n10: is 60\n11: plain\n");
}

TEST(a_call_over_several_lines_has_the_line_where_it_begins)
{
	check(HEADERS FUNCTION "\tu32 key = 1;\n"
			       "\tbpf_trace_printk(\"a %d\"\n"
			       "\t\t\" b %d\\n\",\n"
			       "\t\tkey,\n"
			       "\t\tskb->len);\n"
			       "\tbpf_trace_printk(\"c\\n\");\n" END,
	      "7: a 1 b 60\n11: c\n");
}

TEST(arguments_are_evaluated_once_and_may_call_tables)
{
	check(HEADERS "BPF_HASH(seen, u32, u64);\n" FUNCTION
		      "\tu32 key = 3, n = 0; u64 value = 42;\n"
		      "\tseen.update(&key, &value);\n"
		      "\tbpf_trace_printk(\"%d %p\\n\", ++n, seen.lookup(&n));\n"
		      "\tbpf_trace_printk(\"%d %d\\n\", n++, seen.lookup(&key) != NULL);\n"
		      "\tbpf_trace_printk(\"%d\\n\", n);\n" END,
	      "9: 1 0x0\n10: 1 1\n11: 2\n");
}

TEST(a_format_takes_no_room_on_the_stack)
{
	check(HEADERS FUNCTION "\tchar large[440] = {};\n"
			       "\tbpf_skb_load_bytes(skb, 0, large, 14);\n"
			       "\tbpf_trace_printk(\"a format of quite some length, which would "
			       "not find any room on the "
			       "stack of a function that has so much on it: %d\\n\", skb->len);\n"
			       "\tbpf_skb_load_bytes(skb, 1, large, 14);\n"
			       "\tif (large[3]) bpf_trace_printk(\"%d\\n\", 2);\n" END,
	      "8: a format of quite some length, which would not find any room on the stack of a "
	      "function that has so much on it: 60\n");
}

TEST(functions_that_are_inlined_and_branches_keep_their_lines)
{
	AUTO(prints_clear) struct prints prints;

	REQUIRE(start(&prints, "mine.c",
		      HEADERS "static inline void tell(u32 n)\n"
			      "{\n"
			      "\tif (n > 50)\n"
			      "\t\tbpf_trace_printk(\"large %d\\n\", n);\n"
			      "\telse\n"
			      "\t\tbpf_trace_printk(\"small %d\\n\", n);\n"
			      "}\n" FUNCTION "\ttell(skb->len);\n\ttell(3);\n" END
			      "int other(struct __sk_buff *skb)\n{\n\ttell(skb->len);\n" END));
	CHECK_TEXT(run(&prints, "count"), "7: large 60\n9: small 3\n");
	CHECK_TEXT(prints.function, "count");
	CHECK_TEXT(run(&prints, "other"), "7: large 60\n");
	CHECK_TEXT(prints.function, "other");
}

static void put_file(const char *path, const char *text)
{
	AUTO(fclosep) FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0)
		abort();
}

TEST(headers_print_with_their_own_lines)
{
	AUTO(prints_clear) struct prints prints;
	char directory[] = "/tmp/skbscope-prints-XXXXXX", program[64], header[64];

	fixture_needs_root();
	if (!mkdtemp(directory) || chmod(directory, 0755) < 0)
		abort();
	snprintf(program, sizeof(program), "%s/mine.c", directory);
	snprintf(header, sizeof(header), "%s/mine.h", directory);
	put_file(header,
		 "\nstatic inline void tell(u32 n)\n{\n\tbpf_trace_printk(\"far %d\\n\", n);\n}\n"
		 "#define TELL(x) bpf_trace_printk(\"of a macro: %s\\n\", x)\n");
	REQUIRE(start(&prints, program,
		      HEADERS "#include \"mine.h\"\n" FUNCTION "\ttell(skb->len);\n" END
			      "int other(struct __sk_buff "
			      "*skb)\n{\n\tTELL(\"x\");\n\tbpf_trace_printk(\"near\\n\");\n" END));
	CHECK_TEXT(run(&prints, "count"), "4: far 60\n");
	CHECK_TEXT(prints.file, header);
	CHECK_TEXT(run(&prints, "other"), "12: of a macro: x\n13: near\n");
	CHECK_TEXT(prints.file, "");
	unlink(program);
	unlink(header);
	rmdir(directory);
}

static int take_function(void *context, const struct skbscope_event *event)
{
	buffer_printf(context, "%s %u: %s\n", event->function, event->line, event->text);
	return 0;
}

TEST(what_waits_at_a_swap_has_the_names_of_the_version_that_printed_it)
{
	static const char next[] = HEADERS "int later(struct __sk_buff *skb)\n"
					   "{\n\tbpf_trace_printk(\"new\\n\");\n" END;
	AUTO(prints_clear) struct prints prints;
	AUTO(buffer_free) struct buffer told = { 0 };
	struct fixture *fixture = &prints.fixture;
	struct skbscope_image *image = NULL;
	const struct skbscope_table *table;
	struct skbscope_snapshot *snapshot;

	REQUIRE(start(&prints, "mine.c", HEADERS FUNCTION "\tbpf_trace_printk(\"old\\n\");\n" END));
	CHECK(fixture_feed(fixture, "count", 3) != INT32_MAX);
	REQUIRE(compile("mine.c", next, &image, fixture->diagnostics, &fixture->error) == 0);
	CHECK(skbscope_session_swap(fixture->session, image, NULL, NULL, fixture->diagnostics,
				    &fixture->error) == 0);
	skbscope_image_free(fixture->image);
	fixture->image = image;
	CHECK(fixture_feed(fixture, "later", 2) != INT32_MAX);
	CHECK_NUMBER(skbscope_session_drain(fixture->session, 0, take_function, &told, NULL,
					    &fixture->error),
		     0);
	CHECK_TEXT(buffer_text(&told), "count 6: old\ncount 6: old\ncount 6: old\n"
				       "later 6: new\nlater 6: new\n");
	snapshot = fixture_read(fixture);
	table = fixture_table(snapshot, PRINT_SHOWN);
	REQUIRE(table);
	CHECK_NUMBER(table->received, 5);
	skbscope_snapshot_free(snapshot);
}

TEST(what_finds_no_room_is_counted_and_does_not_stop_the_program)
{
	AUTO(prints_clear) struct prints prints;
	const struct skbscope_table *table;
	struct skbscope_snapshot *snapshot;

	REQUIRE(start(&prints, "mine.c",
		      HEADERS "BPF_ARRAY(runs, u64, 1);\n" FUNCTION
			      "\tbpf_trace_printk(\"%d\\n\", skb->len);\n"
			      "\truns.increment(0);\n" END));
	CHECK(fixture_feed(&prints.fixture, "count", 400000) != INT32_MAX);
	drain(&prints);
	snapshot = fixture_read(&prints.fixture);
	table = fixture_table(snapshot, PRINT_SHOWN);
	REQUIRE(table);
	CHECK(table->lost > 0);
	CHECK_NUMBER(table->received, prints.count);
	CHECK_NUMBER(table->received + table->lost, 400000);
	CHECK_NUMBER(fixture_number(snapshot, "runs", 0), 400000);
	CHECK_TEXT(run(&prints, "count"), "7: 60\n");
	skbscope_snapshot_free(snapshot);
}

TEST(without_the_option_prints_go_where_they_always_went)
{
	struct skbscope_image *image =
		fixture_compile(HEADERS FUNCTION "\tbpf_trace_printk(\"%d\\n\", skb->len);\n" END);

	REQUIRE(image);
	CHECK_NUMBER(image->map_count, 0);
	skbscope_image_free(image);
}

TEST(calls_of_what_libbcc_makes_of_it_print_too)
{
	check(HEADERS FUNCTION "\tchar text[] = \"own %d %s\\n\";\n"
			       "\tbpf_trace_printk_(text, sizeof(text), skb->len, \"x\");\n" END,
	      "7: own 60 x\n");
}

TEST(a_program_without_prints_has_no_ring)
{
	struct skbscope_error error;
	struct skbscope_image *image = NULL;

	CHECK_NUMBER(compile("mine.c",
			     "/* bpf_trace_printk() */\nint count(void *skb) { return 0; }\n",
			     &image, NULL, &error),
		     0);
	REQUIRE(image);
	CHECK_NUMBER(image->map_count, 0);
	skbscope_image_free(image);
}

/* The first diagnostic about the body of a function, which begins at column 2 of line 6. */
static void check_told(const char *lines, enum skbscope_severity severity, uint32_t line,
		       uint32_t column, const char *message, const char *advice)
{
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };
	const struct skbscope_diagnostic *entry = NULL;
	char text[2048];
	int before = test_failures, r;

	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	snprintf(text, sizeof(text), HEADERS "%s", lines);
	r = compile("mine.c", text, &image, diagnostics, &error);
	CHECK(severity == SKBSCOPE_SEVERITY_ERROR ? r < 0 : r == 0);
	if (skbscope_diagnostics_count(diagnostics))
		entry = skbscope_diagnostics_get(diagnostics, 0);
	CHECK(entry);
	if (entry) {
		CHECK_NUMBER(entry->severity, severity);
		CHECK_NUMBER(entry->line, line);
		CHECK_NUMBER(entry->column, column);
		CHECK_CONTAINS(entry->message, message);
		CHECK_CONTAINS(entry->hint ? entry->hint : "", advice);
		CHECK_NUMBER(skbscope_diagnostics_count(diagnostics), 1);
	}
	if (test_failures != before) {
		fprintf(stderr, "… of: %s", lines);
		skbscope_diagnostics_print(diagnostics, 0, stderr);
		fprintf(stderr, "%s\n", skbscope_diagnostics_log(diagnostics));
	}
	skbscope_diagnostics_free(diagnostics);
	skbscope_image_free(image);
}

#define BODY(statement) FUNCTION "\t" statement "\n" END
#define MACRO(statement) "#define DBG(f, ...) bpf_trace_printk(f, ##__VA_ARGS__)\n" BODY(statement)
#define WARNING SKBSCOPE_SEVERITY_WARNING
#define ERROR SKBSCOPE_SEVERITY_ERROR

TEST(mistakes_in_formats_are_told_where_they_are)
{
	check_told(BODY("bpf_trace_printk(\"%d %d\\n\", skb->len);"), WARNING, 6, 24,
		   "asks for more values", "");
	check_told(BODY("bpf_trace_printk(\"%d\\n\", skb->len, 5);"), WARNING, 6, 37,
		   "is not printed", "");
	check_told(BODY("bpf_trace_printk(\"%y\\n\", skb->len);"), WARNING, 6, 21, "conversion",
		   "%d %i %u");
	check_told(BODY("bpf_trace_printk(\"%s\\n\", skb->len);"), WARNING, 6, 27, "points to", "");
	check_told(BODY("bpf_trace_printk(\"%pI4\\n\", skb->len);"), WARNING, 6, 29, "points to",
		   "");
	check_told(BODY("bpf_trace_printk(\"%f\\n\", skb->len);"), WARNING, 6, 27, "floating point",
		   "");
	check_told(BODY("bpf_trace_printk(\"%d%d%d%d%d%d%d%d%d\\n\", 1,2,3,4,5,6,7,8,9);"), ERROR,
		   6, 2, "at most eight", "second");
	check_told(BODY("char f[] = \"%d\"; bpf_trace_printk(f, sizeof(f), skb->len);"), ERROR, 6,
		   19, "no size of it", "bpf_trace_printk(\"%d");
}

TEST(mistakes_in_formats_of_macros_are_told_where_they_are)
{
	check_told(MACRO("DBG(\"%d %d\\n\", skb->len);"), WARNING, 7, 11, "asks for more values",
		   "");
	check_told(MACRO("DBG(\"%d\\n\", skb->len, 5);"), WARNING, 7, 24, "is not printed", "");
	check_told(MACRO("DBG(\"%s\\n\", skb->len);"), WARNING, 7, 14, "points to", "");
	check_told(MACRO("DBG(\"%d%d%d%d%d%d%d%d%d\\n\", 1,2,3,4,5,6,7,8,9);"), ERROR, 7, 2,
		   "at most eight", "second");
}

TEST(texts_that_are_chosen_at_run_time_print)
{
	check(HEADERS
	      "#define SIZE(x) ((x) > 99 ? \"large\" : (x) > 50 ? \"medium\" : \"small\")\n"
	      "#define DBG(f, ...) bpf_trace_printk(\"dbg: \" f, ##__VA_ARGS__)\n"
	      "#define TELL(skb) DBG(\"%s %s\\n\", (skb)->len > 99 ? \"more\" : \"less\", \\\n"
	      "	SIZE((skb)->len))\n" FUNCTION
	      "\tbpf_trace_printk(\"%s\\n\", skb->len > 99 ? \"large\" : \"small\");\n"
	      "\tbpf_trace_printk(\"%s|%s|%s?\\n\", skb->len == 60 ? \"a\" \"b\" : \"c\", \"x?\", "
	      "\n"
	      "\t\tskb->len ? (const char *)\"n:\" : NULL);\n"
	      "\tDBG(\"%s\\n\", SIZE(skb->len));\n"
	      "\tTELL(skb);\n"
	      "\tchar own[] = \"own\";\n"
	      "\tbpf_trace_printk(\"%s %d\\n\", skb->len > 99 ? \"\" : own, 2);\n" END,
	      "10: small\n"
	      "11: ab|x?|n:?\n"
	      "13: dbg: medium\n"
	      "14: dbg: less medium\n"
	      "16: own 2\n");
}

/* They have no memory, and the kernel does not mind. */
TEST(texts_that_are_nowhere_are_refused_where_they_are_printed)
{
	check_told(BODY("const char *up = skb->len > 99 ? \"large\" : \"small\";\n"
			"\tbpf_trace_printk(\"%s\\n\", up);"),
		   ERROR, 7, 2, "no memory", "in the call itself");
	check_told(BODY("const char *up = \"up\";\n\n"
			"\tbpf_trace_printk(\"%s %d\\n\",\n\t\tup, 3);"),
		   ERROR, 8, 2, "no memory", "in the call itself");
	check_told(
		"static inline const char *name(u32 n)\n{\n"
		"\tswitch (n) {\n\tcase 60:\n\t\treturn \"sixty\";\n\tcase 70:\n\t\treturn "
		"\"seventy\";\n"
		"\t}\n\treturn \"many\";\n}\n" BODY("bpf_trace_printk(\"%s\\n\", name(skb->len));"),
		ERROR, 16, 2, "no memory", "");
	check_told(MACRO("const char *up = skb->mark ? \"up\" : \"down\"; DBG(\"%s\\n\", up);"),
		   ERROR, 7, 2, "no memory", "");
}

TEST(what_is_right_gets_no_warning)
{
	AUTO(prints_clear) struct prints prints;

	REQUIRE(start(&prints, "mine.c",
		      HEADERS FUNCTION
		      "\tu64 a = 1; __be32 b = 2; __u8 c[6] = {}; unsigned long d = 3;\n"
		      "\tbpf_trace_printk(\"%d %lu %llx %lx %u %x %ld %hhu\\n\", a, a, a, b, d, b, "
		      "b, a);\n"
		      "\tbpf_trace_printk(\"%08x %pI4 %5lu%% %pM\\n\", a, &b, d, c);\n"
		      "\tbpf_trace_printk(\"\\xc3\\xa9 %s %s\\n\", c, \"x\");\n"
		      "\tbpf_trace_printk(\"%*d\\n\", 4, a);\n" END));
	CHECK_CONTAINS(run(&prints, "count"), "1 1 1 2 3 2 2 1");
	CHECK_CONTAINS(run(&prints, "count"), "00000001 2.0.0.0     3% 00:00:00:00:00:00");
	CHECK_CONTAINS(run(&prints, "count"), "10:    1\n");
}
