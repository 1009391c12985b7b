/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of several files in the real kernel: a table of one is counted in by another, a
 * tail call leads across, errors are at the file that has them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>

#include "base/cleanup.h"
#include "compiler.h"
#include "fixture.h"

#define HEAD "#include <uapi/linux/bpf.h>\n#include <uapi/linux/pkt_cls.h>\n"
#define MAX_FILES 4

static const char *const names[MAX_FILES] = { "one.c", "two.c", "three.c", "four.c" };

/* What came of texts as one program: one.c, two.c, …. */
static struct outcome compile(const char *const *texts, size_t count)
{
	struct skbscope_compile_options options = { .size = sizeof(options) };
	struct skbscope_source *sources[MAX_FILES] = { NULL };
	struct outcome outcome = { .code = -EINVAL };

	if (skbscope_diagnostics_new(&outcome.diagnostics) < 0)
		abort();
	for (size_t i = 0; i < count; i++)
		if (skbscope_source_from_text(names[i], texts[i], strlen(texts[i]), &sources[i],
					      &outcome.error) < 0)
			abort();
	options.with = (const struct skbscope_source *const *)&sources[1];
	options.with_count = count - 1;
	outcome.code =
		skbscope_compiler_compile(test_compiler(), sources[0], &options, &outcome.image,
					  NULL, outcome.diagnostics, &outcome.error);
	for (size_t i = 0; i < count; i++)
		skbscope_source_free(sources[i]);
	return outcome;
}

static bool opened(struct fixture *fixture, const char *const *texts, size_t count,
		   const char *ingress)
{
	const struct skbscope_session_options options = { .size = sizeof(options),
							  .ingress = ingress };
	struct outcome outcome = compile(texts, count);

	memset(fixture, 0, sizeof(*fixture));
	fixture->image = TAKE(outcome.image);
	fixture->diagnostics = TAKE(outcome.diagnostics);
	fixture->error = outcome.error;
	fixture->result = outcome.code;
	if (fixture->image)
		fixture->result = skbscope_session_open(fixture->image, &options, &fixture->session,
							fixture->diagnostics, &fixture->error);
	if (fixture->result < 0) {
		fprintf(stderr, "%s (%s)\n", fixture->error.message, fixture->error.hint);
		skbscope_diagnostics_print(fixture->diagnostics, 0, stderr);
	}
	return fixture->result == 0;
}

static const char owner[] = "/* owns the table\n@tail next[3] second\n@ingress first */\n" HEAD
			    "BPF_TABLE_PUBLIC(\"percpu_hash\", u32, u64, counts, 64);\n"
			    "BPF_PROG_ARRAY(next, 4);\n"
			    "int first(struct __sk_buff *skb)\n{\n"
			    "	u32 key = 1;\n	u64 zero = 0, *value;\n"
			    "	value = counts.lookup_or_try_init(&key, &zero);\n"
			    "	if (value)\n		(*value)++;\n"
			    "	next.call(skb, 3);\n	return TC_ACT_SHOT;\n}\n";
static const char user[] = HEAD "BPF_TABLE(\"extern\", u32, u64, counts, 1);\n"
				"int second(struct __sk_buff *skb)\n{\n"
				"	u32 key = 2;\n	u64 zero = 0, *value;\n"
				"	value = counts.lookup_or_try_init(&key, &zero);\n"
				"	if (value)\n		*value += 2;\n"
				"	return TC_ACT_OK;\n}\n";

TEST(a_tail_call_leads_into_the_other_file_which_counts_in_the_firsts_table)
{
	const char *const texts[] = { owner, user };
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(opened(&fixture, texts, 2, NULL));
	CHECK_NUMBER(fixture_feed(&fixture, "first", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 1), 23);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 2), 46);
	CHECK_NUMBER(fixture_table(snapshot, "counts")->schema->max_entries, 64);
	CHECK_NUMBER(fixture_verdicts(snapshot, "second", TC_ACT_OK), 23);
	CHECK_NUMBER(fixture_verdicts(snapshot, "first", TC_ACT_SHOT), 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(the_first_file_may_be_the_user)
{
	const char *const texts[] = { user, owner };
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	/* Its one function is a tail's target, so that none is left to attach. */
	REQUIRE(opened(&fixture, texts, 2, "first"));
	CHECK_NUMBER(fixture_feed(&fixture, "first", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 1), 23);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 2), 46);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

/* Each has a table of the other; a guess for one of them is wrong: only an array has all
 * its keys, and an LRU takes what a hash of BPF_F_RDONLY_PROG would not. */
TEST(files_may_need_each_others_tables)
{
	static const char one[] = HEAD "BPF_TABLE(\"extern\", int, u64, second_table, 4);\n"
				       "BPF_TABLE_PUBLIC(\"lru_hash\", u32, u64, first_table, 4);\n"
				       "int f(struct __sk_buff *skb)\n{\n"
				       "	second_table.atomic_increment(2);\n"
				       "	return TC_ACT_OK;\n}\n";
	static const char two[] =
		HEAD "BPF_TABLE(\"extern\", u32, u64, first_table, 4);\n"
		     "BPF_TABLE_PUBLIC(\"percpu_array\", int, u64, second_table, 4);\n"
		     "int g(struct __sk_buff *skb)\n{\n"
		     "	u32 key = 7;\n	u64 value = 23;\n"
		     "	first_table.update(&key, &value);\n"
		     "	return TC_ACT_OK;\n}\n";
	const char *const texts[] = { one, two };
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(opened(&fixture, texts, 2, NULL));
	CHECK_NUMBER(fixture_feed(&fixture, "f", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "second_table", 2), 23);
	CHECK_NUMBER(fixture_table(snapshot, "first_table")->row_count, 0);
	CHECK_TEXT(fixture_table(snapshot, "first_table")->schema->map_type, "lru_hash");
	CHECK_TEXT(fixture_table(snapshot, "second_table")->schema->map_type, "percpu_array");
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_file_may_hold_tables_alone_and_they_have_types)
{
	static const char tables[] =
		HEAD "struct flow { u32 a; u16 port; u16 zero; };\n"
		     "BPF_TABLE_PUBLIC(\"percpu_hash\", struct flow, u64, flows, 8);\n";
	static const char counter[] =
		HEAD "struct flow { u32 a; u16 port; u16 zero; };\n"
		     "BPF_TABLE(\"extern\", struct flow, u64, flows, 8);\n"
		     "int f(struct __sk_buff *skb)\n{\n"
		     "	struct flow key = { 5 };\n	u64 zero = 0, *value;\n"
		     "	value = flows.lookup_or_try_init(&key, &zero);\n"
		     "	if (value)\n		(*value)++;\n"
		     "	return TC_ACT_OK;\n}\n";
	const char *const texts[] = { counter, tables };
	const struct skbscope_table *table;
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(opened(&fixture, texts, 2, NULL));
	CHECK_NUMBER(fixture_feed(&fixture, "f", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	table = fixture_table(snapshot, "flows");
	REQUIRE(table);
	CHECK(table->schema->has_btf);
	CHECK_NUMBER(fixture_number(snapshot, "flows", 5), 23);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

/* Types, lines and strings of one file must not become another's. */
TEST(what_the_verifier_refuses_is_at_its_line_of_its_file)
{
	static const char bad[] = HEAD "BPF_TABLE(\"extern\", u32, u64, counts, 1);\n"
				       "int second(struct __sk_buff *skb)\n{\n"
				       "	u32 key = 2;\n"
				       "	u64 *value = counts.lookup(&key);\n"
				       "	return *value;\n}\n";
	const struct skbscope_session_options options = { .size = sizeof(options) };
	const char *const texts[] = { owner, bad };
	AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);
	struct skbscope_session *session = NULL;
	const struct skbscope_diagnostic *entry;

	REQUIRE(outcome.image);
	skbscope_diagnostics_clear(outcome.diagnostics);
	CHECK(skbscope_session_open(outcome.image, &options, &session, outcome.diagnostics,
				    &outcome.error) < 0);
	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_VERIFY);
	REQUIRE(skbscope_diagnostics_count(outcome.diagnostics) == 1);
	entry = skbscope_diagnostics_get(outcome.diagnostics, 0);
	CHECK_TEXT(entry->file, "two.c");
	CHECK_NUMBER(entry->line, 8);
	CHECK_TEXT(entry->source, "	return *value;");
}

TEST(an_error_in_an_extern_declaration_quotes_what_was_written)
{
	static const char bad[] = HEAD "BPF_TABLE(\"extern\", struct nope, u64, counts, 1);\n"
				       "int second(struct __sk_buff *skb) { return 0; }\n";
	const char *const texts[] = { owner, bad };
	AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);
	const struct skbscope_diagnostic *entry;

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	REQUIRE(skbscope_diagnostics_count(outcome.diagnostics));
	entry = skbscope_diagnostics_get(outcome.diagnostics, 0);
	CHECK_TEXT(entry->file, "two.c");
	CHECK_NUMBER(entry->line, 3);
	CHECK_TEXT(entry->source, "BPF_TABLE(\"extern\", struct nope, u64, counts, 1);");
	for (size_t i = 0; i < skbscope_diagnostics_count(outcome.diagnostics); i++)
		CHECK(!strstr(skbscope_diagnostics_get(outcome.diagnostics, i)->message, "SKBX"));
}

TEST(a_table_of_no_file_is_told_where_it_is_used)
{
	const char *const texts[] = { "int f(struct __sk_buff *skb) { return 0; }\n", user };
	AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);
	const struct skbscope_diagnostic *entry;

	CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
	REQUIRE(skbscope_diagnostics_count(outcome.diagnostics));
	entry = skbscope_diagnostics_get(outcome.diagnostics, 0);
	CHECK_TEXT(entry->file, "two.c");
	CHECK_CONTAINS(entry->message, "'counts'");
	CHECK_CONTAINS(entry->hint, "--with");
}

/* Two that only use it cannot wait for each other. */
TEST(nor_do_two_users_wait_for_each_other)
{
	static const char other[] = HEAD "BPF_TABLE(\"extern\", u32, u64, counts, 1);\n"
					 "int third(struct __sk_buff *skb) { return 0; }\n";
	const char *const texts[] = { other, user };
	AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);

	CHECK(outcome.code < 0);
	REQUIRE(skbscope_diagnostics_count(outcome.diagnostics));
	CHECK_CONTAINS(skbscope_diagnostics_get(outcome.diagnostics, 0)->message, "'counts'");
}

/* A comment of the other file speaks of it, and so it is compiled with a guess. */
TEST(a_word_is_no_declaration)
{
	static const char speaks[] =
		HEAD "BPF_TABLE(\"extern\", u32, u64, missing, 1);\n"
		     "static inline int counts_of(int counts) { return counts; }\n"
		     "int f(struct __sk_buff *skb) { return counts_of(1); }\n";
	static const char needs[] = HEAD "BPF_TABLE(\"extern\", u32, u64, counts, 1);\n"
					 "static inline int g(int missing) { return missing; }\n"
					 "int h(struct __sk_buff *skb) { return g(1); }\n";
	const char *const texts[] = { speaks, needs };
	AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);

	CHECK(outcome.code < 0);
	CHECK(strstr(outcome.error.message, "'missing'") ||
	      skbscope_diagnostics_count(outcome.diagnostics));
}

static const struct {
	const char *one, *two, *message;
} refused[] = {
	{ "int f(struct __sk_buff *skb) { return 0; }\n",
	  "int f(struct __sk_buff *skb) { return 1; }\n",
	  "'one.c' and 'two.c' both have a function 'f'" },
	{ "BPF_HASH(t, u32, u64); int f(struct __sk_buff *skb) { return 0; }\n",
	  "BPF_HASH(t, u32, u64); int g(struct __sk_buff *skb) { return 1; }\n",
	  "'one.c' and 'two.c' both declare a table 't'" },
	{ "BPF_HASH(t, u32, u64); int f(struct __sk_buff *skb) { return 0; }\n",
	  "BPF_TABLE(\"extern\", u64, u64, t, 1); int g(struct __sk_buff *skb) { return 1; }\n",
	  "'two.c' says that the table 't' has keys of 8 and values of 8 bytes; in 'one.c'" },
};

TEST(what_does_not_fit_together_gets_a_sentence)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *const texts[] = { refused[i].one, refused[i].two };
		AUTO(outcome_clear) struct outcome outcome = compile(texts, 2);

		CHECK(outcome.code < 0);
		CHECK_NUMBER(outcome.error.stage, SKBSCOPE_STAGE_COMPILE);
		CHECK_CONTAINS(outcome.error.message, refused[i].message);
	}
}

TEST(every_file_is_kept_by_itself_and_found_again)
{
	char directory[] = "/tmp/skbscope-with-XXXXXX", command[64];
	const char *const texts[] = { owner, user };
	struct skbscope_compile_options options = { .size = sizeof(options),
						    .cache_directory = directory };
	struct skbscope_compile_times times[3];

	REQUIRE(mkdtemp(directory));
	for (int i = 0; i < 3; i++) {
		AUTO(outcome_clear) struct outcome outcome = { 0 };
		struct skbscope_source *one, *two;

		if (skbscope_diagnostics_new(&outcome.diagnostics) < 0 ||
		    skbscope_source_from_text("one.c", texts[0], strlen(texts[0]), &one, NULL) <
			    0 ||
		    skbscope_source_from_text("two.c", texts[1],
					      strlen(texts[1]) - (i == 2 ? 2 : 0), &two, NULL) < 0)
			abort();
		options.with = (const struct skbscope_source *const *)&two;
		options.with_count = 1;
		outcome.code = skbscope_compile(one, &options, &outcome.image, &times[i],
						outcome.diagnostics, &outcome.error);
		CHECK_NUMBER(outcome.code, i == 2 ? -EINVAL : 0); /* cut before its brace */
		skbscope_source_free(one);
		skbscope_source_free(two);
	}
	CHECK(!times[0].cached && times[0].attempts == 2);
	CHECK(times[1].cached && times[1].attempts == 0);
	CHECK(!times[2].cached && times[2].attempts == 1); /* the first is as it was */
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CHECK(system(command) == 0);
}

TEST(the_other_file_is_swapped_and_the_table_goes_on)
{
	static const char edited[] = HEAD "BPF_TABLE(\"extern\", u32, u64, counts, 1);\n"
					  "int second(struct __sk_buff *skb)\n{\n"
					  "	u32 key = 3;\n	u64 zero = 0, *value;\n"
					  "	value = counts.lookup_or_try_init(&key, &zero);\n"
					  "	if (value)\n		*value += 3;\n"
					  "	return TC_ACT_OK;\n}\n";
	const char *const texts[] = { owner, user }, *const next[] = { owner, edited };
	AUTO(outcome_clear) struct outcome outcome = compile(next, 2);
	struct skbscope_snapshot *snapshot;
	struct skbscope_image *image = TAKE(outcome.image);
	struct fixture fixture;

	REQUIRE(image && opened(&fixture, texts, 2, NULL));
	CHECK_NUMBER(fixture_feed(&fixture, "first", 23), TC_ACT_UNSPEC);
	REQUIRE(skbscope_session_swap(fixture.session, image, NULL, NULL, fixture.diagnostics,
				      &fixture.error) == 0);
	CHECK_NUMBER(fixture_feed(&fixture, "first", 7), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 1), 30);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 2), 46);
	CHECK_NUMBER(fixture_number(snapshot, "counts", 3), 21);
	CHECK_NUMBER(fixture_verdicts(snapshot, "second", TC_ACT_OK), 30);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
	skbscope_image_free(image);
}
