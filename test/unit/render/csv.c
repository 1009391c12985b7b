/* SPDX-License-Identifier: Apache-2.0 */
/* render/csv and render/document_csv: fields, and which table. */
#include "render/csv.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"
#include "render/document.h"
#include "scene.h"

static const char *field(const char *text, size_t length)
{
	static struct buffer out;

	buffer_clear(&out);
	csv_text(&out, text, length);
	return buffer_text(&out);
}

#define FIELD(text) field(text, sizeof(text) - 1)

TEST(fields_are_quoted_where_they_have_to_be)
{
	CHECK_TEXT(FIELD("plain"), "plain");
	CHECK_TEXT(FIELD("two words"), "two words");
	CHECK_TEXT(FIELD("a,b"), "\"a,b\"");
	CHECK_TEXT(FIELD("a \"b\""), "\"a \"\"b\"\"\"");
	CHECK_TEXT(FIELD("\""), "\"\"\"\"");
	CHECK_TEXT(FIELD("a\nb"), "\"a\nb\"");
	CHECK_TEXT(FIELD(" a"), "\" a\"");
	CHECK_TEXT(FIELD(""), "\"\"");
	CHECK_TEXT(FIELD("\x1b[2J\xff\r\0x"), "\\x1b[2J\\xff\\x0d\\x00x");
	CHECK_TEXT(FIELD("\xc3\xa4"), "\xc3\xa4");
}

TEST(what_is_not_known_is_a_field_without_anything)
{
	AUTO(buffer_free) struct buffer out = { 0 };

	csv_string(&out, NULL);
	csv_string(&out, NULL);
	csv_string(&out, "");
	csv_number(&out, 23);
	csv_end_line(&out);
	csv_number(&out, 1);
	csv_string(&out, NULL);
	csv_time(&out, 1795407082123456789u);
	CHECK_TEXT(buffer_text(&out), "\"\",,\"\",23\n1,,2026-11-23T04:11:22.123456789Z");
}

static const struct skbscope_schema rows = { .table = "rows", .readable = true };
static const struct skbscope_schema more = { .table = "more", .readable = true };
static const struct skbscope_schema events = { .table = "events", .is_events = true };
static const struct skbscope_schema hidden = { .table = "hidden",
					       .readable = true,
					       .hidden = true };
static const struct skbscope_schema queue = { .table = "queue" };

TEST(of_several_tables_one_is_chosen)
{
	const struct skbscope_schema *all[] = { &rows, &more, &events, &hidden, &queue };
	const struct skbscope_schema *one[] = { &hidden, &rows, &queue }, *chosen = NULL;
	struct skbscope_error error;

	CHECK_NUMBER(csv_choose(all, 5, NULL, &chosen, &error), -EINVAL);
	CHECK_TEXT(error.message, "CSV is one table, and there are 3: rows, more, events");
	CHECK_NUMBER(csv_choose(all, 5, "events", &chosen, &error), 0);
	CHECK(chosen == &events);
	CHECK_NUMBER(csv_choose(all, 5, "hidden", &chosen, &error), 0);
	CHECK(chosen == &hidden);
	CHECK_NUMBER(csv_choose(all, 5, "row", &chosen, &error), -ENOENT);
	CHECK_CONTAINS(error.hint, "'rows'");
	CHECK_NUMBER(csv_choose(all, 5, "queue", &chosen, &error), -ENOENT);
	CHECK_NUMBER(csv_choose(one, 3, NULL, &chosen, &error), 0);
	CHECK(chosen == &rows);
	CHECK_NUMBER(csv_choose(&all[4], 1, NULL, &chosen, &error), -ENOENT);
}

/* Two lists, the first of which has lists in its items; or none. */
static char *document(const char *table, size_t lists, int *r, struct skbscope_error *error)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct document document = document_start_csv(table, stream);

	document_fact(&document, "path", NULL, fact_text("a,b"));
	document_fact(&document, "bytes", NULL, fact_bytes(2048));
	for (size_t list = 0; list < lists; list++) {
		document_begin_list(&document, list ? "second" : "first", "");
		for (size_t i = 0; i < 2; i++) {
			document_begin_object(&document, NULL);
			document_fact(&document, "n", ">N", fact_number(i));
			document_fact(&document, NULL, "FOR PEOPLE", fact_text("x"));
			document_begin_list(&document, "inner", NULL);
			for (size_t k = 0; k < 2; k++) {
				document_begin_object(&document, NULL);
				document_fact(&document, "a", NULL, fact_text("u32"));
				document_fact(&document, "b", NULL, fact_boolean(k));
				document_end_object(&document);
			}
			document_end_list(&document);
			document_fact(&document, "last", "", fact_text(NULL));
			document_end_object(&document);
		}
		document_end_list(&document);
	}
	*r = document_end(&document);
	*error = document.error;
	fclose(stream);
	return text;
}

TEST(a_list_of_a_document_is_a_table)
{
	static const char table[] = "n,inner,last\n"
				    "0,u32 false; u32 true,\n"
				    "1,u32 false; u32 true,\n";
	struct skbscope_error error;
	char *text;
	int r;

	text = document(NULL, 1, &r, &error);
	CHECK_NUMBER(r, 0);
	CHECK_TEXT(text, table);
	free(text);
	text = document("second", 2, &r, &error);
	CHECK_NUMBER(r, 0);
	CHECK_TEXT(text, table);
	free(text);
	text = document(NULL, 2, &r, &error);
	CHECK_NUMBER(r, -EINVAL);
	CHECK_TEXT(error.message, "CSV is one table, and there are 2: first, second");
	CHECK_TEXT(text, "");
	free(text);
	text = document("third", 2, &r, &error);
	CHECK_NUMBER(r, -EINVAL);
	CHECK_TEXT(error.message, "there is no list 'third'");
	free(text);
	text = document(NULL, 0, &r, &error);
	CHECK_NUMBER(r, 0);
	CHECK_TEXT(text, "path,bytes\n\"a,b\",2048\n");
	free(text);
}
