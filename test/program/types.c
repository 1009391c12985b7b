/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From C types through the real compiler, the real kernel and the renderer to JSON;
 * and what libbcc's descriptions of the same types say where there is no BTF.
 */
#include <skbscope/render.h>

#include "fixture.h"
#include "model/schema.h"

#define HEAD                                                                                       \
	"#include <uapi/linux/bpf.h>\n"                                                            \
	"#include <uapi/linux/in6.h>\n"                                                            \
	"#include <skbscope/types.h>\n"

static char *rows_of(struct fixture *fixture, const char *table)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	struct skbscope_error error = { 0 };
	char *text = NULL, *rows = NULL, start[64];
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (!snapshot || skbscope_render_json(snapshot, NULL, stream, &error) < 0)
		fprintf(stderr, "types: %s\n", error.message);
	fclose(stream);
	snprintf(start, sizeof(start), "\"%s\":{", table);
	rows = strstr(text, start);
	rows = rows ? strstr(rows, "\"rows\":") : NULL;
	if (rows && strchr(rows, '}'))
		rows = strdup(rows);
	free(text);
	skbscope_snapshot_free(snapshot);
	return rows;
}

static const char everything[] = HEAD "enum state { IDLE, BUSY = 7 };\n"
				      "struct everything {\n"
				      "	ipv4_t source;\n"
				      "	__be16 port;\n"
				      "	u8 smac[6];\n"
				      "	enum state state;\n"
				      "	u32 low:3, high:5;\n"
				      "	union { u32 word; u8 bytes[4]; };\n"
				      "	struct { u16 x; bool y; } inner;\n"
				      "	u64 *pointer;\n"
				      "	unsigned __int128 big;\n"
				      "	char text[8];\n"
				      "	u16 grid[2][3];\n"
				      "	struct { u8 a; u16 b; } pairs[2];\n"
				      "	struct in6_addr v6;\n"
				      "	ns_t took;\n"
				      "	s64 below;\n"
				      "};\n"
				      "BPF_ARRAY(table, struct everything, 1);\n"
				      "int fill(struct __sk_buff *skb)\n"
				      "{\n"
				      "	int zero = 0;\n"
				      "	struct everything *e = table.lookup(&zero);\n"
				      "	if (!e)\n"
				      "		return -1;\n"
				      "	e->source = bpf_htonl(0xc0000201);\n"
				      "	e->port = bpf_htons(443);\n"
				      "	e->smac[5] = 23;\n"
				      "	e->state = BUSY;\n"
				      "	e->low = 5;\n"
				      "	e->high = 17;\n"
				      "	e->word = 0x01020304;\n"
				      "	e->inner.x = 9;\n"
				      "	e->inner.y = 1;\n"
				      "	e->pointer = (u64 *)0xffff888000000000ULL;\n"
				      "	e->big = (unsigned __int128)1 << 100;\n"
				      "	e->text[0] = 'h';\n"
				      "	e->text[1] = 'i';\n"
				      "	e->grid[1][2] = 23;\n"
				      "	e->pairs[1].b = 46;\n"
				      "	e->v6.s6_addr[0] = 0x20;\n"
				      "	e->v6.s6_addr[1] = 1;\n"
				      "	e->took += 1500;\n"
				      "	e->below -= 5;\n"
				      "	return -1;\n"
				      "}\n";

TEST(every_kind_of_type_arrives_as_it_was_written)
{
	struct fixture fixture;
	char *rows;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, everything, (struct skbscope_session_options){ 0 }));
	fixture_feed(&fixture, "fill", 2);
	rows = rows_of(&fixture, "table");
	REQUIRE(rows);
	CHECK_CONTAINS(
		rows,
		"\"source\":16908480,\"port\":47873,\"smac\":[0,0,0,0,0,23],\"state\":7,"
		"\"low\":5,\"high\":17,\"word\":16909060,\"bytes\":[4,3,2,1],"
		"\"inner.x\":9,\"inner.y\":true,\"pointer\":18446612682070032384,"
		"\"big\":1267650600228229401496703205376,\"value.text\":\"hi\","
		"\"grid\":[[0,0,0],[0,0,23]],\"pairs\":[{\"a\":0,\"b\":0},{\"a\":0,\"b\":46}],"
		"\"v6\":[32,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"took\":3000,\"below\":-10,");
	CHECK_CONTAINS(rows, "\"text\":{\"source\":\"192.0.2.1\",\"port\":\"443\","
			     "\"smac\":\"00:00:00:00:00:17\",\"state\":\"BUSY\","
			     "\"pointer\":\"0xffff888000000000\",\"v6\":\"2001::\"}");
	free(rows);
	fixture_close(&fixture);
}

/* Structs as bcc describes them in its three ways: packed by padding, with
 * bit-fields, and in unions. */
static const char described[] =
	HEAD "struct padded { u8 a; u64 b; u16 c; struct { u8 d; u32 e; } in; u8 f[3]; };\n"
	     "struct fields { u8 a; u32 b:3, c:30; u64 d; u16 e:9; };\n"
	     "struct choice { u16 a; union { u64 b; struct { u8 c; u16 d; }; u8 e[12]; }; };\n"
	     "struct large { u32 a; unsigned __int128 b; char c[5]; struct in6_addr d; bool e; };\n"
	     "BPF_HASH(t1, struct padded, struct fields);\n"
	     "BPF_HASH(t2, struct choice, struct large);\n"
	     "int look(struct __sk_buff *skb)\n"
	     "{\n"
	     "	struct padded p = {};\n"
	     "	struct choice c = {};\n"
	     "	t1.lookup(&p);\n"
	     "	t2.lookup(&c);\n"
	     "	return -1;\n"
	     "}\n";

TEST(descriptions_tell_of_the_same_columns_as_btf)
{
	struct skbscope_image *image = fixture_compile(described);
	struct schema_set *with = NULL, *without = NULL;
	struct skbscope_image bare;

	REQUIRE(image);
	bare = *image;
	bare.btf = NULL;
	bare.btf_size = 0;
	REQUIRE(schema_set_new(image, &with, NULL) == 0);
	REQUIRE(schema_set_new(&bare, &without, NULL) == 0);
	CHECK_NUMBER(schema_set_count(with), 2);
	for (size_t i = 0; i < schema_set_count(with); i++) {
		const struct skbscope_schema *a = schema_set_get(with, i);
		const struct skbscope_schema *b = schema_set_get(without, i);

		CHECK(a->has_btf && !b->has_btf);
		CHECK_NUMBER(a->column_count, b->column_count);
		for (size_t c = 0; c < a->column_count && c < b->column_count; c++) {
			CHECK_TEXT(a->columns[c].name, b->columns[c].name);
			CHECK_NUMBER(a->columns[c].bit_offset, b->columns[c].bit_offset);
			CHECK_NUMBER(a->columns[c].bit_size, b->columns[c].bit_size);
			CHECK_NUMBER(a->columns[c].type->display, b->columns[c].type->display);
		}
	}
	schema_set_unref(with);
	schema_set_unref(without);
	skbscope_image_free(image);
}

#define SET                                                                                        \
	HEAD "struct v { u64 a, b; u32 c, d; };\nBPF_PERCPU_ARRAY(t, struct v, 1);\n"              \
	     "BPF_HASH(h, u32, u64);\nBPF_HASH(other, u32, u64);\n"                                \
	     "int f(struct __sk_buff *skb)\n{\nu32 k = 0; u64 one = 1, zero = 0, *p;\n"            \
	     "struct v *v = t.lookup(&k), copy;\nif (!v) return -1;\n"
#define END "\nreturn -1;\n}\n"

TEST(what_is_set_or_left_to_others_and_never_added_to_is_no_counter)
{
	static const struct {
		const char *text, *counters; /* those of t's value, and of h's */
	} programs[] = {
		{ SET "v->a++; v->b = bpf_ktime_get_ns(); v->c = skb->len;" END, "av" },
		{ SET "v->a++; if (skb->len > v->c) v->c = skb->len; if (!v->d || skb->len < v->d) "
		      "v->d = skb->len;" END,
		  "av" },
		{ SET
		  "v->b = v->a; v->a = bpf_ktime_get_ns(); v->c = v->a - v->b; v->d += v->c;" END,
		  "dv" },
		{ SET "u64 n = v->a; if (skb->len > 99) n++; v->a = n; v->b = 1;" END, "av" },
		{ SET "v->a = skb->len; lock_xadd(&v->a, 1); v->c = 3; v->d = skb->mark;" END,
		  "av" },
		{ SET "copy = *v; copy.a++; bpf_skb_load_bytes(skb, 0, &copy.c, 4); t.update(&k, "
		      "&copy);" END,
		  "av" },
		{ SET "bpf_skb_load_bytes(skb, 0, &v->c, 4); v->b = 7;" END, "v" },
		{ SET "bpf_probe_read_kernel(v, skb->len & 15, skb); v->b = 7;" END, "abcdv" },
		{ SET "u64 *w = skb->len & 1 ? &v->a : &v->b; *w = skb->len; v->c = 9;" END,
		  "abcdv" },
		{ SET "u64 *w = (u64 *)((u64)&v->a ^ skb->len); *w = 1; v->c = 9;" END, "abcdv" },
		{ SET "one = bpf_ktime_get_ns(); h.update(&k, &one);" END, "abcd" },
		{ SET "p = h.lookup(&k); if (p) one = *p + 1; h.update(&k, &one);" END, "abcdv" },
		{ SET "p = h.lookup_or_try_init(&k, &zero); if (p) *p = skb->len;" END, "abcd" },
		{ SET "p = h.lookup(&k); if (p) lock_xadd(p, skb->len); else { one = skb->len; "
		      "h.update(&k, &one); }" END,
		  "abcdv" },
		{ SET
		  "p = other.lookup(&k); if (p) { v->a = *p; v->b = bpf_ktime_get_ns() - *p; }" END,
		  "av" },
		/* bits of a mask */
		{ SET "v->a |= skb->mark; v->b &= ~6ULL; v->c ^= skb->hash; v->d |= 4;" END, "v" },
		{ SET "p = h.lookup(&k); if (p) *p |= 1ULL << (skb->len & 63);" END, "abcd" },
		{ SET "v->a |= 1; if (skb->len > 99) v->a++; v->c = (v->c + 2) & 0xff; "
		      "v->d = v->d << 1 | 1;" END,
		  "acdv" },
		{ SET "v->a |= v->b; v->b++; v->c += skb->len | 1;" END, "bcv" },
		{ SET "asm volatile(\"lock *(u64 *)(%0 + 0) |= %1\" :: \"r\"(v), \"r\"(one) : "
		      "\"memory\"); v->c = 3; v->d = skb->mark;" END,
		  "v" },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		struct skbscope_image *image = fixture_compile(programs[i].text);
		struct schema_set *set = NULL;
		char counters[16] = "";

		REQUIRE(image);
		REQUIRE(schema_set_new(image, &set, NULL) == 0);
		for (size_t table = 0; table < 2; table++) {
			const struct skbscope_schema *schema = schema_set_get(set, table);

			for (size_t c = 1; c < schema->column_count; c++)
				if (schema->columns[c].is_counter)
					strncat(counters, schema->columns[c].name, 1);
		}
		CHECK_TEXT(counters, programs[i].counters);
		schema_set_unref(set);
		skbscope_image_free(image);
	}
}
