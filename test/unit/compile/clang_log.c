/* SPDX-License-Identifier: Apache-2.0 */
/* What clang, LLVM and libbcc print becomes places in the user's file. */
#include "harness.h"

#include "base/cleanup.h"
#include "compile/clang_log.h"

static const char *const paths[] = { "/share/skbscope/kernel", "/home/me" };
static const struct clang_log_directory directories[] = { { "/home/me", "." } };
static const struct worker_request request = {
	.path = "mine.c",
	.text = "one\n\ttwo\nthree\n",
	.text_length = 15,
	.paths = paths,
	.path_count = 2,
};

struct parsed {
	struct skbscope_diagnostics *diagnostics;
	size_t errors;
};

static void parsed_clear(struct parsed *parsed)
{
	skbscope_diagnostics_free(parsed->diagnostics);
}

static struct parsed parse_of(const struct worker_request *of, const char *log)
{
	const struct clang_log context = { of, directories, 1 };
	struct parsed parsed = { 0 };

	if (skbscope_diagnostics_new(&parsed.diagnostics) == 0)
		CHECK(clang_log_parse(&context, log, strlen(log), parsed.diagnostics,
				      &parsed.errors) == 0);
	return parsed;
}

static struct parsed parse(const char *log)
{
	return parse_of(&request, log);
}

static const struct skbscope_diagnostic *get(const struct parsed *parsed, size_t index)
{
	static const struct skbscope_diagnostic none = { .file = "", .message = "" };
	const struct skbscope_diagnostic *entry =
		skbscope_diagnostics_get(parsed->diagnostics, index);

	CHECK(entry);
	return entry ? entry : &none;
}

TEST(a_front_end_error_quotes_the_users_text)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("/virtual/source.c:2:2: error: bad thing\n\ttwo\n\t^\n");
	const struct skbscope_diagnostic *entry = get(&parsed, 0);

	CHECK_NUMBER(parsed.errors, 1);
	CHECK_NUMBER(skbscope_diagnostics_count(parsed.diagnostics), 1);
	CHECK_TEXT(entry->file, "mine.c");
	CHECK_NUMBER(entry->line, 2);
	CHECK_NUMBER(entry->column, 2);
	CHECK_TEXT(entry->message, "bad thing");
	CHECK_TEXT(entry->source, "\ttwo");
}

TEST(a_back_end_error_loses_the_functions_type)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("error: /virtual/source.c:3:1: in function count i32 "
				     "(%struct.__sk_buff*): something new\n");

	CHECK_NUMBER(get(&parsed, 0)->line, 3);
	CHECK_TEXT(get(&parsed, 0)->message, "something new");
}

TEST(a_back_end_error_without_a_place_stands_at_its_function)
{
	static const char text[] = "static int counter(int a);\n"
				   "int recount(void) { return 1; }\n"
				   "int count(void) { return 1; }\n";
	struct worker_request other = request;

	other.text = text;
	other.text_length = sizeof(text) - 1;
	{
		AUTO(parsed_clear)
		struct parsed parsed = parse_of(
			&other, "error: <unknown>:0:0: in function count i32 (ptr): Looks like "
				"the BPF stack limit is exceeded. Please move\n");

		CHECK_CONTAINS(get(&parsed, 0)->message, "512 bytes");
		CHECK_NUMBER(get(&parsed, 0)->line, 3);
		CHECK_TEXT(get(&parsed, 0)->source, "int count(void) { return 1; }");
	}
}

TEST(a_quotation_loses_its_lines_number)
{
	AUTO(parsed_clear)
	struct parsed parsed =
		parse("/proc/self/fd/7/my.h:4:1: error: mine\n    4 | int z;\n      | ^\n"
		      "/proc/self/fd/7/my.h:5:1: error: mine too\n4 | z;\n^\n");

	CHECK_TEXT(get(&parsed, 0)->source, "int z;");
	CHECK_TEXT(get(&parsed, 1)->source, "4 | z;"); /* that is the text */
}

TEST(warnings_in_other_peoples_headers_are_counted)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("In file included from /virtual/source.c:1:\n"
				     "include/linux/x.h:9:1: warning: theirs\nint x;\n^\n"
				     "include/linux/x.h:8:1: note: see here\nint y;\n^\n"
				     "/virtual/include/bcc/helpers.h:1:1: warning: theirs\n"
				     "/proc/self/fd/6/include/y.h:1:1: warning: theirs\n"
				     "/virtual/source.c:1:1: warning: ours [-Wours]\none\n^\n");

	CHECK_NUMBER(skbscope_diagnostics_count(parsed.diagnostics), 2);
	CHECK_TEXT(get(&parsed, 0)->message, "ours [-Wours]");
	CHECK_CONTAINS(get(&parsed, 1)->message, "3 warnings in header files");
	CHECK_NUMBER(parsed.errors, 0);
}

TEST(an_error_in_the_tree_is_shown_at_the_users_include)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("In file included from /virtual/source.c:3:\n"
				     "In file included from include/linux/a.h:1:\n"
				     "include/linux/b.h:9:1: error: broken\nint x;\n^\n");

	CHECK_TEXT(get(&parsed, 0)->file, "mine.c");
	CHECK_NUMBER(get(&parsed, 0)->line, 3);
	CHECK_CONTAINS(get(&parsed, 0)->message, "broken (in include/linux/b.h, line 9)");
}

TEST(headers_beside_the_program_are_the_users)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("/proc/self/fd/7/my.h:4:1: error: mine\nint z;\n^\n"
				     "/home/me/sub/my.h:5:1: error: mine too\n");

	CHECK_TEXT(get(&parsed, 0)->file, "my.h");
	CHECK_TEXT(get(&parsed, 0)->source, "int z;");
	CHECK_TEXT(get(&parsed, 1)->file, "sub/my.h");
	CHECK(!get(&parsed, 1)->source);
}

TEST(an_error_without_a_place_is_kept)
{
	AUTO(parsed_clear) struct parsed parsed = parse("error: <unknown>:0: odd\n");

	CHECK_NUMBER(parsed.errors, 1);
	CHECK(!get(&parsed, 0)->file);
	CHECK_TEXT(get(&parsed, 0)->message, "<unknown>:0: odd");
}

TEST(our_own_werror_is_not_mentioned)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("/virtual/source.c:1:1: error: wrong [-Werror,-Wsomething]\n");

	CHECK_TEXT(get(&parsed, 0)->message, "wrong");
}

TEST(the_log_speaks_of_real_files_without_our_own_chatter)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("clang -cc1 -triple x\n"
				     "Running from kernel directory at: /proc/self/fd/6\n"
				     "see /proc/self/fd/7/a.h and /virtual/source.c, not "
				     "/proc/self/fd/99/x or /proc/self/fd/\n");

	CHECK_TEXT(skbscope_diagnostics_log(parsed.diagnostics),
		   "see /home/me/a.h and mine.c, not /proc/self/fd/99/x or /proc/self/fd/\n");
}

TEST(lines_after_the_rewritten_text_are_brought_back)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("#if defined(BPF_LICENSE)\n"
				     "#error BPF_LICENSE cannot be specified through cflags\n"
				     "#line 1 \"/virtual/source.c\"\n"
				     "one\n__attribute__((always_inline))\n\ttwo\nthree\n"
				     "\n#include <bcc/footer.h>\n"
				     "/virtual/source.c:3:2: error: late\n"
				     "skbscope-compile:3: warning: counted right already\n");

	CHECK_NUMBER(get(&parsed, 0)->line, 2);
	CHECK_TEXT(get(&parsed, 0)->source, "\ttwo");
	CHECK_NUMBER(get(&parsed, 1)->line, 3);
	CHECK_TEXT(get(&parsed, 1)->file, "mine.c");
}

TEST(an_abort_is_explained_once)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse("Error at line 2: Unsupport signed division for DAG\n"
				     "LLVM ERROR: Cannot select: 0x1: i64 = sdiv\n");

	CHECK_NUMBER(parsed.errors, 1);
	CHECK_NUMBER(get(&parsed, 0)->line, 2);
	CHECK_CONTAINS(get(&parsed, 0)->hint, "unsigned");
}

TEST(an_abort_at_no_line_is_kept)
{
	AUTO(parsed_clear) struct parsed parsed = parse("Error at line 0: too much of it\n");

	CHECK_NUMBER(parsed.errors, 1);
	CHECK_NUMBER(get(&parsed, 0)->line, 0);
	CHECK_TEXT(get(&parsed, 0)->message, "too much of it");
}

TEST(junk_is_no_diagnostic)
{
	AUTO(parsed_clear)
	struct parsed parsed = parse(":::\n1:2:3:\n::1:1: error\nIn file included from \n"
				     "\xff\xfe:99999999999: error: x\n\n\n^");

	CHECK_NUMBER(skbscope_diagnostics_count(parsed.diagnostics), 0);
}
