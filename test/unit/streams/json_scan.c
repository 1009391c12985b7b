/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/json_scan.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "harness.h"

static void note(void *context, const struct json_value *value)
{
	buffer_printf(context, "%s%s%s%s ", value->path, value->is_text ? "=" : ":", value->text,
		      value->cut ? "~" : "");
	CHECK_NUMBER(strlen(value->text), value->length);
}

/* All values of a text that comes in two parts. */
static void scan(const char *text, size_t length, size_t at, struct buffer *out)
{
	struct json_scan scan;

	buffer_clear(out);
	json_scan_init(&scan, note, out);
	json_scan_feed(&scan, text, at);
	json_scan_feed(&scan, text + at, length - at);
	json_scan_end(&scan);
}

static const struct {
	const char *json, *values;
} examples[] = {
	{ "{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":null,\"e\":-1.5e3}",
	  "a:1 b=x c:true d:null e:-1.5e3 " },
	{ " {\r\n\t\"a\" : { \"b\" : { \"c\" : \"d\" } , \"e\" : 2 } , \"f\" : 3 }",
	  "a.b.c=d a.e:2 f:3 " },
	{ "{\"a\":[1,2,{\"b\":3},[{\"c\":4}],\"x\"],\"d\":5}", "a[].b:3 a[][].c:4 d:5 " },
	{ "[{\"a\":1},{\"b\":2}]", "[].a:1 [].b:2 " },
	{ "{\"text\":\"\\\"model\\\":\\\"decoy\\\",{[\",\"model\":\"m\"}",
	  "text=\"model\":\"decoy\",{[ model=m " },
	{ "{\"a.b\":1,\"a\":{\"b\":2},\"c[]\":3}", "a?b:1 a.b:2 c??:3 " },
	{ "{\"m\\u006fdel\":\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\"}", "model=Aé€😀\n/ " },
	{ "{\"a\":\"\\ud83d\",\"b\":\"\\ude00x\",\"c\":\"\\ud83d\\ud83d\\ude00\",\"d\":"
	  "\"\\u0000\"}",
	  "a=\xef\xbf\xbd b=\xef\xbf\xbdx c=\xef\xbf\xbd😀 d=\xef\xbf\xbd " },
	{ "{\"a\":\"\\uZZ\",\"b\":1}", "a=\xef\xbf\xbdZ b:1 " },
	{ "{\"\":1,\"a\":{}}", ":1 " },
	{ "{\"a\":{\"b\":1}}{\"c\":2}", "a.b:1 c:2 " },
	{ "{\"a\":1,\"a\":2}", "a:1 a:2 " },
	{ "}}]],,\"x\":{\"a\":1}", "a:1 " },
	{ "5", "" },
	{ "\"text\"", "" },
	{ "", "" },
};

TEST(values_are_told_with_where_they_stand_wherever_the_text_is_cut)
{
	AUTO(buffer_free) struct buffer out = { 0 };

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		for (size_t at = 0; at <= strlen(examples[i].json); at++) {
			scan(examples[i].json, strlen(examples[i].json), at, &out);
			CHECK_TEXT(buffer_text(&out), examples[i].values);
		}
}

TEST(what_is_too_long_or_too_deep_is_passed_over_and_the_rest_is_not)
{
	AUTO(buffer_free) struct buffer text = { 0 }, out = { 0 };

	buffer_string(&text, "{\"long\":\"");
	for (int i = 0; i < 1000; i++)
		buffer_string(&text, "é");
	buffer_string(&text, "\",\"deep\":");
	for (int i = 0; i < 5000; i++)
		buffer_string(&text, i % 2 ? "{\"k\":" : "[");
	buffer_string(&text, "1");
	for (int i = 5000; i-- > 0;)
		buffer_string(&text, i % 2 ? "}" : "]");
	buffer_printf(&text, ",\"%0200d\":1,\"a\":{\"%0100d\":{\"%0100d\":2}},\"last\":3}", 0, 0,
		      0);
	scan(text.data, text.length, 0, &out);
	CHECK(strncmp(buffer_text(&out), "long=éé", 9) == 0);
	CHECK_CONTAINS(buffer_text(&out), "é~ ");
	CHECK_CONTAINS(buffer_text(&out), " last:3 ");
	CHECK(!strstr(buffer_text(&out), "k"));
	CHECK(out.length < 700);
}

TEST(a_model_behind_megabytes_of_decoys_is_found)
{
	AUTO(buffer_free) struct buffer text = { 0 }, out = { 0 };

	buffer_string(&text, "{\"messages\":[{\"content\":\"");
	for (int i = 0; i < 150000; i++)
		buffer_string(&text, "\\\"model\\\":\\\"no\\\",");
	buffer_string(&text, "\"}],\"model\":\"yes\"}");
	scan(text.data, text.length, text.length / 2, &out);
	CHECK_CONTAINS(buffer_text(&out), " model=yes ");
	CHECK(out.length < 300);
}

TEST(objects_of_an_array_are_counted)
{
	struct json_scan scan;
	AUTO(buffer_free) struct buffer out = { 0 };
	static const char text[] = "[{\"a\":[{},{}]},{},{\"b\":{}}]";

	json_scan_init(&scan, note, &out);
	json_scan_feed(&scan, text, sizeof(text) - 1);
	CHECK_NUMBER(scan.elements, 3);
}
