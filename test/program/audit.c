/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image/audit on what BCC and LLVM really make of C: nothing that changes a
 * packet is missed, and what only looks is not accused.
 */
#include "image/audit.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "image/image.h"

#define HEAD                                                                                       \
	"#include <uapi/linux/bpf.h>\n#include <uapi/linux/if_ether.h>\n"                          \
	"#include <uapi/linux/ip.h>\n#include <bcc/proto.h>\n"                                     \
	"BPF_HASH(shared, u32, u64);\nBPF_PERCPU_ARRAY(per_cpu, u64, 4);\n"                        \
	"BPF_HISTOGRAM(sizes);\n"
#define FUNCTION(body) HEAD "int f(struct __sk_buff *skb)\n{\n" body "}\n"
#define PACKET                                                                                     \
	"void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;\n"              \
	"struct ethhdr *eth = data; struct iphdr *ip = data + sizeof(*eth);\n"                     \
	"if (data + sizeof(*eth) + sizeof(*ip) > end) return -1;\n"
#define CURSOR                                                                                     \
	"u8 *cursor = 0; struct ethernet_t *e = cursor_advance(cursor, sizeof(*e));\n"             \
	"struct ip_t *i = cursor_advance(cursor, sizeof(*i));\n"

struct report {
	struct skbscope_image *image;
	struct audit_finding *findings;
	size_t count;
};

static void report_clear(struct report *report)
{
	free(report->findings);
	skbscope_image_free(report->image);
}

static struct report audit(const char *text)
{
	struct report report = { .image = fixture_compile(text) };

	CHECK(report.image);
	if (report.image)
		CHECK_NUMBER(audit_program(report.image, &report.image->programs[0],
					   &report.findings, &report.count),
			     0);
	return report;
}

static const struct audit_finding *find(const struct report *report, enum audit_kind kind)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].kind == kind)
			return &report->findings[i];
	return NULL;
}

static size_t changes(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += audit_changes_packets(&report->findings[i]);
	return count;
}

TEST(programs_that_change_packets_are_told_with_the_line)
{
	static const struct {
		const char *text;
		enum audit_kind kind;
		const char *source; /* in the line that is named */
		const char *what;
	} programs[] = {
		{ FUNCTION(PACKET "ip->ttl = 5;\nreturn 0;\n"), AUDIT_PACKET_WRITE, "ip->ttl = 5",
		  NULL },
		{ FUNCTION(PACKET
			   "for (int n = 0; n < 4; n++)\neth->h_dest[n] ^= eth->h_source[n];\n"
			   "return 0;\n"),
		  AUDIT_PACKET_WRITE, "eth->h_dest[n]", NULL },
		{ FUNCTION(PACKET "u8 *p = skb->len > 100 ? (u8 *)&ip->tos : (u8 *)&eth->h_proto;\n"
				  "*p = 1;\nreturn 0;\n"),
		  AUDIT_PACKET_WRITE, "*p = 1", NULL },
		{ FUNCTION("skb->mark = 7;\nreturn 0;\n"), AUDIT_METADATA_WRITE, "skb->mark = 7",
		  "mark" },
		{ FUNCTION("u32 key = 0; u64 *v = shared.lookup(&key);\n"
			   "if (v) skb->priority = *v;\nreturn 0;\n"),
		  AUDIT_METADATA_WRITE, "skb->priority", "priority" },
		{ FUNCTION("u8 ttl = 9;\nbpf_skb_store_bytes(skb, 22, &ttl, 1, 0);\nreturn 0;\n"),
		  AUDIT_MUTATING_HELPER, "bpf_skb_store_bytes", "bpf_skb_store_bytes" },
		{ FUNCTION("bpf_clone_redirect(skb, 1, 0);\nreturn 0;\n"), AUDIT_MUTATING_HELPER,
		  "bpf_clone_redirect", "bpf_clone_redirect" },
		{ FUNCTION(CURSOR "i->ttl = 3;\nreturn e->type;\n"), AUDIT_MUTATING_HELPER, "",
		  "bpf_skb_store_bytes" },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		AUTO(report_clear) struct report report = audit(programs[i].text);
		const struct audit_finding *finding = find(&report, programs[i].kind);
		struct image_place place = { .source = NULL };

		REQUIRE(finding);
		CHECK(image_place(report.image, &report.image->programs[0], finding->instruction,
				  &place));
		CHECK_CONTAINS(place.source, programs[i].source);
		if (programs[i].what)
			CHECK_TEXT(finding->what, programs[i].what);
		CHECK(!find(&report, AUDIT_UNKNOWN_WRITE));
	}
}

TEST(programs_that_only_look_are_not_accused)
{
	static const char *const programs[] = {
		FUNCTION(PACKET "u32 key = ip->saddr; u64 one = 1; shared.update(&key, &one);\n"
				"return ip->ttl == 1 ? 2 : 0;\n"),
		FUNCTION(CURSOR "if (e->type == 0x0800 && i->nextp == 6)\nsizes.increment(1);\n"
				"return 0;\n"),
		FUNCTION("char bytes[64] = {};\nif (bpf_skb_load_bytes(skb, 0, bytes, 40)) return "
			 "0;\n"
			 "u32 key = bytes[23]; shared.increment(key);\nreturn -1;\n"),
		FUNCTION("skb->cb[2] = skb->len; skb->cb[4]++;\nreturn skb->cb[2] > 100 ? 2 : "
			 "-1;\n"),
		FUNCTION("u32 key = skb->len > 128; u64 *v = per_cpu.lookup(&key);\n"
			 "if (v) *v += skb->len;\nsizes.increment(bpf_log2l(skb->len));\n"
			 "bpf_skb_pull_data(skb, 0);\nreturn bpf_redirect(1, 0);\n"),
		FUNCTION("struct { u64 a[8]; } big = {}; u32 key = skb->hash & 7;\n"
			 "big.a[key & 7] = bpf_ktime_get_ns(); u64 v = big.a[skb->priority & 7];\n"
			 "shared.update(&key, &v);\nreturn 0;\n"),
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		AUTO(report_clear) struct report report = audit(programs[i]);

		REQUIRE(report.image);
		CHECK_NUMBER(changes(&report), 0);
	}
}

TEST(the_classic_increment_is_racy_and_the_atomic_one_is_not)
{
	AUTO(report_clear)
	struct report classic = audit(FUNCTION("u32 key = 0; u64 zero = 0;\n"
					       "u64 *v = shared.lookup_or_try_init(&key, &zero);\n"
					       "if (v) (*v)++;\nreturn 0;\n"));
	AUTO(report_clear)
	struct report atomic = audit(FUNCTION("u32 key = 0; u64 zero = 0;\n"
					      "u64 *v = shared.lookup_or_try_init(&key, &zero);\n"
					      "if (v) lock_xadd(v, 1);\nreturn 0;\n"));
	AUTO(report_clear)
	struct report per_cpu = audit(FUNCTION("u32 key = 0; u64 *v = per_cpu.lookup(&key);\n"
					       "if (v) (*v)++;\nreturn 0;\n"));
	const struct audit_finding *racy = find(&classic, AUDIT_RACY_INCREMENT);

	REQUIRE(racy);
	CHECK_TEXT(classic.image->maps[racy->map].name, "shared");
	CHECK(!find(&atomic, AUDIT_RACY_INCREMENT));
	CHECK(!find(&per_cpu, AUDIT_RACY_INCREMENT));
}

TEST(verdicts_are_found_through_what_the_compiler_makes_of_them)
{
	AUTO(report_clear)
	struct report report = audit(FUNCTION("switch (skb->protocol) {\ncase 8: return 2;\n"
					      "case 0xdd86: return 5;\ndefault: return -1;\n}\n"));
	bool given[10] = { false };

	for (size_t i = 0; i < report.count; i++)
		if (report.findings[i].kind == AUDIT_VERDICT && report.findings[i].verdict >= -1 &&
		    report.findings[i].verdict <= 8)
			given[report.findings[i].verdict + 1] = true;
	CHECK(given[3] && given[6] && given[0]);
	CHECK(!given[1] && !given[2]);
}

/* A function and a table of its own for each statement. */
static void put_case(size_t number, const char *type, const char *statement, struct buffer *text)
{
	buffer_printf(text,
		      "struct v%zu { u64 packets; %s m; };\n"
		      "BPF_PERCPU_HASH(t%zu, u32, struct v%zu);\n"
		      "int f%zu(struct __sk_buff *skb)\n"
		      "{ u32 k = 0; struct v%zu *v = t%zu.lookup(&k), zero = {};\n"
		      "u64 now = bpf_ktime_get_ns(); %s x = skb->len - skb->mark;\n"
		      "if (!v) v = t%zu.lookup_or_try_init(&k, &zero); if (!v) return -1;\n"
		      "v->packets++; %s return -1; }\n",
		      number, type, number, number, number, number, number, type, number,
		      statement);
}

/* Of the stores into "m" of a value. */
static enum skbscope_image_keeps keeps(const struct skbscope_image *image, size_t number)
{
	enum skbscope_image_keeps found = SKBSCOPE_KEEPS_ANY;
	char name[16];

	snprintf(name, sizeof(name), "t%zu", number);
	for (size_t m = 0; m < image->map_count; m++)
		for (size_t i = 0;
		     strcmp(image->maps[m].name, name) == 0 && i < image->maps[m].write_count; i++)
			if (image->maps[m].writes[i].offset == 8 &&
			    !image->maps[m].writes[i].whole &&
			    image->maps[m].writes[i].keeps != SKBSCOPE_KEEPS_FIRST)
				found = image->maps[m].writes[i].keeps;
	return found;
}

TEST(what_a_comparison_lets_through_is_known_by_its_direction)
{
	static const struct {
		const char *statement;
		enum skbscope_image_keeps keeps;
	} cases[] = {
		{ "if (x > v->m) v->m = x;", SKBSCOPE_KEEPS_LARGEST },
		{ "if (v->m >= x) return -1; v->m = x;", SKBSCOPE_KEEPS_LARGEST },
		{ "v->m = x > v->m ? x : v->m;", SKBSCOPE_KEEPS_LARGEST },
		{ "if (x < v->m) v->m = x;", SKBSCOPE_KEEPS_SMALLEST },
		{ "if (!v->m || x < v->m) v->m = x;", SKBSCOPE_KEEPS_SMALLEST },
		{ "if (!v->m || skb->len < v->m) v->m = skb->len;", SKBSCOPE_KEEPS_SMALLEST },
		{ "if (!v->m) v->m = x; else if (v->m > x) v->m = x;", SKBSCOPE_KEEPS_SMALLEST },
		{ "v->m = x < v->m ? x : v->m;", SKBSCOPE_KEEPS_SMALLEST },
		{ "if (x > v->packets) v->packets = x; if (!v->m || x < v->m) v->m = x;",
		  SKBSCOPE_KEEPS_SMALLEST },
		{ "x -= v->packets; if (x > v->m) v->m = x;", SKBSCOPE_KEEPS_LARGEST },
		{ "if (v->m < x - v->packets) v->m = x - v->packets;", SKBSCOPE_KEEPS_LARGEST },
		{ "v->m = now;", SKBSCOPE_KEEPS_LARGEST },
		{ "if (!v->m) v->m = now;", SKBSCOPE_KEEPS_SMALLEST },
		{ "if (x > v->m) v->packets++; v->m = x;", SKBSCOPE_KEEPS_ANY },
		{ "if (skb->mark > v->m) v->m = x;", SKBSCOPE_KEEPS_ANY },
		{ "if (x > v->packets) v->m = x;", SKBSCOPE_KEEPS_ANY },
		{ "v->m = x;", SKBSCOPE_KEEPS_ANY },
	};

	static const char *const types[] = { "u16", "u32", "u64" };
	const size_t count = 3 * sizeof(cases) / sizeof(cases[0]);
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_image *image;

	buffer_string(&text, "#include <uapi/linux/bpf.h>\n");
	for (size_t i = 0; i < count; i++)
		put_case(i, types[i % 3], cases[i / 3].statement, &text);
	image = fixture_compile(buffer_text(&text));
	REQUIRE(image);
	for (size_t i = 0; i < count; i++) {
		const enum skbscope_image_keeps found = keeps(image, i);
		/* Of what is left of a time in fewer bits, the latest is not the largest. */
		const bool wraps = i % 3 < 2 && strstr(cases[i / 3].statement, "now");
		const enum skbscope_image_keeps expected =
			wraps ? SKBSCOPE_KEEPS_ANY : cases[i / 3].keeps;

		CHECK_NUMBER(found, expected);
		if (found != expected)
			fprintf(stderr, "%s: %s\n", types[i % 3], cases[i / 3].statement);
	}
	skbscope_image_free(image);
}
