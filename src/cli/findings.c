/* SPDX-License-Identifier: Apache-2.0 */
/* Turning the audit of the bytecode and the schemas into advice for the author. */
#include "cli/findings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "cli/findings_numbers.h"
#include "cli/line_text.h"
#include "cli/rules.h"
#include "cli/warning.h"
#include "image/audit.h"
#include "image/byte_order.h"
#include "image/context.h"
#include "image/image.h"
#include "image/rewrite.h"
#include "image/unseen.h"
#include "model/names.h"
#include "model/parse.h"
#include "model/schema.h"

struct collector {
	const struct skbscope_image *image;
	const struct skbscope_session *session; /* NULL: nothing is loaded */
	struct skbscope_diagnostics *out;
	struct numbers *numbers;
	bool payload_told;  /* of this function */
	uint32_t last_line; /* of the racy increment just told, for its table */
	int32_t last_map;
};

__attribute__((format(printf, 5, 6))) static int add(struct collector *collector,
						     const struct image_place *place,
						     const char *rule, const char *hint,
						     const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = warning_add(collector->out, place, rule, hint, format, arguments);
	va_end(arguments);
	return r;
}

/* atomic_increment() does not count for a key that another CPU is adding just then. */
static const char *advice_of_racy(const struct collector *collector,
				  const struct image_place *place, int32_t map)
{
	bool increment = place && place->source && strstr(place->source, ".increment(");

	if (!increment)
		return "write lock_xadd(value, 1), of a member lock_xadd(&value->member, 1), or "
		       "declare the table per CPU (BPF_PERCPU_HASH, BPF_PERCPU_ARRAY)";
	if (map >= 0 && collector->image->maps[map].type == BPF_MAP_TYPE_ARRAY)
		return "write atomic_increment in place of increment, or declare the table per CPU "
		       "(BPF_PERCPU_ARRAY)";
	return "write lookup_or_try_init(&key, &zero) and lock_xadd(value, 1), or declare the "
	       "table "
	       "per CPU (BPF_PERCPU_HASH); atomic_increment loses only a key's first counts";
}

/* Clang makes one store of those of two branches; its place is the line in front of both. */
static const char merged[] = ": clang made one store of those in the branches below";

static bool is_merged(const struct image_place *place)
{
	return place && place->source && !line_may_store(place->source);
}

static int add_racy(struct collector *collector, const struct image_place *place,
		    const struct audit_finding *finding)
{
	const char *table = finding->map >= 0 ? collector->image->maps[finding->map].name : "a map";
	uint32_t line = place ? place->line : 0;

	/* A struct's members are often counted in one line or macro: say it once. */
	if (line && line == collector->last_line && finding->map == collector->last_map)
		return 0;
	collector->last_line = line;
	collector->last_map = finding->map;
	return add(collector, place, RULE_RACY_COUNT,
		   advice_of_racy(collector, place, finding->map),
		   "counts in '%s' can be lost: CPUs share its values, and %s increment is not "
		   "atomic%s",
		   table, is_merged(place) ? "the" : "this", is_merged(place) ? merged : "");
}

/* What is meant to be enforced may leave this out when it is not (SKBSCOPE_PASSIVE). */
static const char *refused(const struct collector *collector)
{
	const struct skbscope_documentation *doc = collector->image->documentation;

	return doc && doc->enforce ? "only with --enforce, as the program's comment says"
				   : "'skbscope run' refuses it without --enforce";
}

static int add_change(struct collector *collector, const struct image_place *place,
		      const struct audit_finding *finding)
{
	const char *subject = is_merged(place) ? "what follows" : "this";
	const char *end = is_merged(place) ? merged : "";

	switch (finding->kind) {
	case AUDIT_MUTATING_HELPER:
		return add(collector, place, RULE_CHANGES, refused(collector),
			   "%s changes the packet or where it goes",
			   finding->what ? finding->what : "this helper");
	case AUDIT_PACKET_WRITE:
		return add(collector, place, RULE_CHANGES, refused(collector),
			   "%s writes into the packet%s", subject, end);
	case AUDIT_METADATA_WRITE:
		return add(collector, place, RULE_CHANGES, refused(collector),
			   "%s writes skb->%s%s", subject, finding->what ? finding->what : "…",
			   end);
	default:
		return add(collector, place, RULE_CHANGES, refused(collector),
			   "%s may write into the packet%s", subject, end);
	}
}

/* Once for all the letters of a function. */
static int add_payload(struct collector *collector, const struct image_place *place)
{
	if (collector->payload_told)
		return 0;
	collector->payload_told = true;
	return add(collector, place, RULE_PAYLOAD,
		   "read it with bpf_skb_load_bytes(skb, offset, &bytes, sizeof(bytes)), or call "
		   "bpf_skb_pull_data(skb, skb->len) first and take data and data_end again",
		   "this reads payload through data and data_end, which lead to the linear part of "
		   "a packet only: most of TCP's payload lies elsewhere, and is not found");
}

static void number_text(int32_t number, struct buffer *out)
{
	buffer_printf(out, byte_order_is_protocol(number) ? "0x%04x" : "%u", (unsigned)number);
}

/* ntohs() or a load that does it, and htons() on the other side. */
static int add_turned(struct collector *collector, const struct image_place *place,
		      const struct audit_finding *finding)
{
	AUTO(buffer_free) struct buffer number = { 0 }, hint = { 0 };

	number_text(htons((uint16_t)finding->verdict), &number);
	buffer_printf(&hint, "compare with %s itself", buffer_text(&number));
	return add(collector, place, RULE_BYTE_ORDER, buffer_text(&hint),
		   "a number of the packet, which is in host byte order by now, is compared with "
		   "htons(%s)",
		   buffer_text(&number));
}

static int add_address(struct collector *collector, const struct image_place *place,
		       const struct audit_finding *finding)
{
	const struct in_addr there = { .s_addr = (uint32_t)finding->verdict };
	AUTO(buffer_free) struct buffer hint = { 0 };

	buffer_printf(&hint, "compare with htonl(0x%08x)", (unsigned)finding->verdict);
	return add(collector, place, RULE_BYTE_ORDER, buffer_text(&hint),
		   "an address of the packet, which is in network byte order, is compared with "
		   "0x%08x: that is %s there",
		   (unsigned)finding->verdict, inet_ntoa(there));
}

static int add_never_equal(struct collector *collector, const struct image_place *place,
			   const struct audit_finding *finding)
{
	AUTO(buffer_free) struct buffer hint = { 0 };
	char constant[16];

	if (finding->what && strcmp(finding->what, "pkt_type") == 0)
		return add(collector, place, RULE_NEVER_OUTGOING,
			   "what a function for egress sees is outgoing: name it with @egress",
			   "no packet at tc has the type PACKET_OUTGOING: only sockets see those");
	if (finding->host_order)
		return add_turned(collector, place, finding);
	if (finding->size == 4)
		return add_address(collector, place, finding);
	snprintf(constant, sizeof(constant),
		 byte_order_is_protocol(finding->verdict) ? "0x%04x" : "%u",
		 (unsigned)finding->verdict);
	buffer_printf(&hint, "compare with htons(%s)", constant);
	if (finding->what)
		return add(collector, place, RULE_BYTE_ORDER, buffer_text(&hint),
			   "skb->%s is in network byte order, so it is never %s", finding->what,
			   constant);
	return add(collector, place, RULE_BYTE_ORDER, buffer_text(&hint),
		   "a number of the packet, which is in network byte order, is compared with %s as "
		   "if it was not: that is %u there",
		   constant, (unsigned)htons((uint16_t)finding->verdict));
}

static bool is_held_back(int32_t verdict)
{
	return verdict != TC_ACT_UNSPEC && verdict != TC_ACT_OK && verdict != TC_ACT_PIPE;
}

static int add_finding(struct collector *collector, const struct skbscope_image_program *program,
		       const struct audit_finding *finding)
{
	struct image_place known = { 0 };
	const struct image_place *place =
		image_place(collector->image, program, finding->instruction, &known) ? &known
										     : NULL;

	if (audit_changes_packets(finding))
		return add_change(collector, place, finding);
	if (finding->kind == AUDIT_PAYLOAD_READ)
		return add_payload(collector, place);
	if (finding->kind == AUDIT_NEVER_EQUAL)
		return add_never_equal(collector, place, finding);
	if (finding->kind == AUDIT_RACY_INCREMENT)
		return add_racy(collector, place, finding);
	return 0;
}

/* One sentence a function for all its verdicts. */
static int add_verdicts(struct collector *collector, const struct skbscope_image_program *program,
			const struct audit_finding *findings, size_t count)
{
	AUTO(buffer_free) struct buffer names = { 0 };
	struct image_place known = { 0 };
	const struct image_place *place = NULL;
	uint64_t told = 0;

	for (size_t i = 0; i < count; i++) {
		const struct audit_finding *finding = &findings[i];

		if (finding->kind != AUDIT_VERDICT || !is_held_back(finding->verdict))
			continue;
		if (finding->verdict >= 0 && finding->verdict < 64) {
			if (told & (UINT64_C(1) << finding->verdict))
				continue;
			told |= UINT64_C(1) << finding->verdict;
		}
		if (!place && image_place(collector->image, program, finding->instruction, &known))
			place = &known;
		buffer_printf(&names, "%s%s", names.length ? ", " : "",
			      verdict_name(finding->verdict));
	}
	if (names.failed)
		return -ENOMEM;
	if (!names.length)
		return 0;
	return add(collector, place, RULE_VERDICT, "pass --enforce to apply it",
		   "'%s' returns %s: by default the verdict is counted but not applied",
		   program->name, buffer_text(&names));
}

/* What the kernel found, unless the audit has said it of a line. */
static int add_kernel_opinion(struct collector *collector,
			      const struct skbscope_image_program *program,
			      const struct audit_finding *findings, size_t count)
{
	const struct image_place place = { .file = image_path_of(collector->image, program),
					   .line = program->line };
	struct skbscope_program_facts facts;

	if (!collector->session ||
	    skbscope_session_program_facts(collector->session, program->name, &facts) < 0 ||
	    facts.writes_packets == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (audit_changes_packets(&findings[i]))
			return 0;
	if (facts.writes_packets > 0)
		return add(collector, &place, RULE_CHANGES, refused(collector),
			   "'%s' writes into packets, as the kernel's verifier found",
			   program->name);
	return add(collector, &place, RULE_CHANGES, refused(collector),
		   "whether '%s' writes into packets cannot be told: the kernel hides the "
		   "instructions it made of it",
		   program->name);
}

/* What only rewriting finds: there is room for no copy of skb->cb, for example. */
static int add_refusal(struct collector *collector, const struct skbscope_image_program *program,
		       const struct audit_finding *findings, size_t count)
{
	const struct image_place place = { .file = image_path_of(collector->image, program),
					   .line = program->line };
	const struct rewrite_request request = { .passes = REWRITE_PASSIVE,
						 .findings = findings,
						 .finding_count = count };
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	struct skbscope_error error = { 0 };
	int r = rewrite_program(program, &request, &code, &error);

	if (r == 0 || r == -ENOMEM)
		return r;
	return add(collector, &place, RULE_CHANGES, refused(collector), "%s", error.message);
}

static int audit_function(struct collector *collector, const struct skbscope_image_program *program)
{
	const struct image_place place = { .file = image_path_of(collector->image, program),
					   .line = program->line };
	AUTO(freep) struct audit_finding *findings = NULL;
	struct foreign foreign;
	size_t count = 0;
	int r = 0;

	if (context_is_foreign(program, &foreign))
		return add(collector, &place, RULE_NOT_TC, foreign.instead,
			   "'%s' %s: skbscope does not run it, and it was not verified",
			   program->name, foreign.is);
	if (program->is_void)
		r = add(collector, &place, RULE_NO_VERDICT, "write int, and return TC_ACT_UNSPEC",
			"'%s' returns nothing: its verdict is whatever is in the register then",
			program->name);
	collector->payload_told = false;
	if (r == 0)
		r = audit_program(collector->image, program, &findings, &count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_finding(collector, program, &findings[i]);
	if (r == 0)
		r = numbers_add(collector->numbers, program, findings, count);
	if (r == 0)
		r = add_kernel_opinion(collector, program, findings, count);
	if (r == 0)
		r = add_refusal(collector, program, findings, count);
	return r < 0 ? r : add_verdicts(collector, program, findings, count);
}

/* Of a table that --set can fill, how; else what else can be done. */
static void advise_unseen(const struct collector *collector, const struct schema_set *schemas,
			  const struct unseen *unseen, struct buffer *out)
{
	const struct skbscope_schema *schema =
		unseen->map < 0 ? NULL : schema_set_get(schemas, (size_t)unseen->map);

	if (schema && parse_can_set(schema))
		parse_example(schema, &collector->image->maps[unseen->map], out);
	else
		unseen_hint(collector->image, unseen, out);
}

static const char *rule_of_unseen(enum unseen_kind kind)
{
	return kind == UNSEEN_PRINTS  ? RULE_PRINTS_ELSEWHERE
	       : kind == UNSEEN_TAILS ? RULE_EMPTY_SLOT
				      : RULE_NEVER_FILLED;
}

static int add_unseen(struct collector *collector, const struct schema_set *schemas,
		      const struct unseen *unseen)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer advice = { 0 };
	struct image_place known;
	bool placed = image_place(collector->image, unseen->program, unseen->instruction, &known);

	unseen_text(collector->image, unseen, 1, &text);
	advise_unseen(collector, schemas, unseen, &advice);
	if (text.failed || advice.failed)
		return -ENOMEM;
	return add(collector, placed ? &known : NULL, rule_of_unseen(unseen->kind),
		   buffer_text(&advice), "%s", buffer_text(&text));
}

static int look_for_unseen(struct collector *collector, struct skbscope_error *error)
{
	AUTO(schema_set_unrefp) struct schema_set *schemas = NULL;
	AUTO(freep) struct unseen *list = NULL;
	size_t count = 0;
	int r = schema_set_new(collector->image, &schemas, error);

	if (r < 0)
		return r;
	r = unseen_find(collector->image, &list, &count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_unseen(collector, schemas, &list[i]);
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_OBSERVE) : 0;
}

static int check_tables(struct collector *collector, struct skbscope_error *error)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;
	int r = schema_set_new(collector->image, &set, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < schema_set_count(set) && r == 0; i++) {
		const struct skbscope_schema *schema = schema_set_get(set, i);

		if (schema->readable && !schema->has_btf)
			r = add(collector, NULL, RULE_NO_TYPES,
				"its columns come from bcc's description, without enumerators and "
				"typedefs",
				"table '%s' has no type information (BTF)", schema->table);
	}
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_OBSERVE) : 0;
}

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(TAKE(*diagnostics));
}

int findings_collect(const struct skbscope_image *image, const struct skbscope_session *session,
		     struct skbscope_diagnostics **out, struct skbscope_error *error)
{
	AUTO(diagnostics_freep) struct skbscope_diagnostics *list = NULL;
	AUTO(numbers_clear) struct numbers numbers = { .image = image };
	struct collector collector = { .image = image, .session = session, .last_map = -1 };
	int r = skbscope_diagnostics_new(&list);

	collector.out = list;
	collector.numbers = &numbers;
	if (r == 0)
		r = numbers_open(&numbers, list);
	for (size_t i = 0; i < image->program_count && r == 0; i++)
		r = audit_function(&collector, &image->programs[i]);
	if (r == 0)
		r = numbers_end(&numbers);
	if (r < 0)
		return fail_memory(error, SKBSCOPE_STAGE_OBSERVE);
	r = look_for_unseen(&collector, error);
	if (r == 0)
		r = check_tables(&collector, error);
	if (r == 0)
		*out = TAKE(list);
	return r;
}
