/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit's walk writes down of one instruction, given what is known in front of it. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdlib.h>

#include "image/audit_helpers.h"
#include "image/audit_walk.h"
#include "image/byte_order.h"

void add_finding(struct walk *walk, struct audit_finding finding)
{
	if (!walk->writing || walk->result < 0 || walk->uses != (finding.kind >= AUDIT_LOOKS_UP))
		return;
	if (walk->finding_count == walk->finding_capacity) {
		size_t capacity = walk->finding_capacity ? walk->finding_capacity * 2 : 16;
		struct audit_finding *grown =
			reallocarray(walk->findings, capacity, sizeof(*grown));

		if (!grown) {
			walk->result = -ENOMEM;
			return;
		}
		walk->findings = grown;
		walk->finding_capacity = capacity;
	}
	walk->findings[walk->finding_count++] = finding;
}

void add_kind(struct walk *walk, enum audit_kind kind, uint32_t at, const char *what)
{
	add_finding(walk, (struct audit_finding){
				  .kind = kind, .instruction = at, .map = -1, .what = what });
}

void add_verdict(struct walk *walk, uint32_t at, int32_t verdict)
{
	add_finding(walk, (struct audit_finding){ .kind = AUDIT_VERDICT,
						  .instruction = at,
						  .map = -1,
						  .verdict = verdict });
}

void add_use(struct walk *walk, enum audit_kind kind, uint32_t at, int32_t map)
{
	add_finding(walk, (struct audit_finding){ .kind = kind, .instruction = at, .map = map });
}

void add_length(struct walk *walk, uint32_t at, int32_t offset)
{
	add_finding(walk, (struct audit_finding){ .kind = AUDIT_READS_LENGTH,
						  .instruction = at,
						  .map = -1,
						  .offset = offset });
}

void note_length(struct walk *walk, const struct abstract *address, uint32_t at)
{
	const int32_t offset = walk->insns[at].off;

	_Static_assert(offsetof(struct __sk_buff, len) == 0, "what is compared with");
	if (address->kinds == ABSTRACT_CONTEXT && address->known && address->amount == 0) {
		if (offset >= 0 && offset < 4)
			add_length(walk, at, offset);
	} else if (address->kinds & (ABSTRACT_CONTEXT | ABSTRACT_LOST)) {
		add_length(walk, at, -1);
	}
}

/* Of an event, if it is the same on every way there. */
static uint32_t submitted_size(const struct state *state, int32_t helper)
{
	const struct abstract *size = &state->registers[helper == BPF_FUNC_ringbuf_reserve  ? 2
							: helper == BPF_FUNC_ringbuf_output ? 3
											    : 5];

	return abstract_is_constant(size) && size->amount > 0 ? (uint32_t)size->amount : 0;
}

void note_uses(struct walk *walk, const struct state *state, uint32_t at)
{
	const int32_t helper = walk->insns[at].imm;

	if (helper == BPF_FUNC_trace_printk || helper == BPF_FUNC_trace_vprintk)
		add_use(walk, AUDIT_PRINTS, at, -1);
	for (unsigned int i = 1; i <= 5; i++) {
		const struct abstract *argument = &state->registers[i];

		if ((argument->kinds & ABSTRACT_MAP) &&
		    helper_use((uint32_t)helper) == AUDIT_SUBMITS)
			add_finding(walk, (struct audit_finding){
						  .kind = AUDIT_SUBMITS,
						  .instruction = at,
						  .map = argument->map,
						  .size = submitted_size(state, helper) });
		else if (argument->kinds & ABSTRACT_MAP)
			add_use(walk, helper_use((uint32_t)helper), at, argument->map);
		if ((argument->kinds & ABSTRACT_MAP_VALUE) && !helper_only_reads((uint32_t)helper))
			add_use(walk, AUDIT_STORES, at, argument->map);
	}
}

/* The kernel refuses a store through a scalar; here it means that the walk does
 * not understand the function. */
void note_write(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	const struct abstract *address;

	if (insn->dst_reg >= STATE_REGISTERS)
		return;
	address = &state->registers[insn->dst_reg];
	if ((address->kinds & ABSTRACT_LOST) || !(address->kinds & ABSTRACT_KIND_POINTERS)) {
		add_kind(walk, AUDIT_UNKNOWN_WRITE, at, NULL);
		return;
	}
	if (address->kinds & ABSTRACT_MAP_VALUE)
		add_use(walk, AUDIT_STORES, at, address->map);
	if (address->kinds & ABSTRACT_PACKET)
		add_kind(walk, AUDIT_PACKET_WRITE, at, NULL);
	if (state_is_scratch(address, insn))
		add_kind(walk, AUDIT_SCRATCH_ACCESS, at, NULL);
	else if (address->kinds & ABSTRACT_CONTEXT)
		add_kind(walk, AUDIT_METADATA_WRITE, at,
			 address->known ? context_field((int64_t)address->amount + insn->off)
					: NULL);
}

void note_exit(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct abstract *verdict = &state->registers[0];

	if (verdict->kinds == ABSTRACT_SCALAR && verdict->known) {
		add_verdict(walk, at, verdict->amount);
		return;
	}
	for (int32_t v = -1; v <= 8; v++)
		if (verdict->verdicts & (1u << (v + 1)))
			add_verdict(walk, at, v);
	if ((verdict->verdicts & ABSTRACT_OTHER_VERDICT) || verdict->kinds != ABSTRACT_SCALAR)
		add_kind(walk, AUDIT_VARIABLE_VERDICT, at, NULL);
}

/* What people take it to be: a protocol as <linux/if_ether.h> has it, in host order, and
 * the type of packets that only sockets see. */
static bool is_never(uint16_t field, int32_t constant)
{
	switch (field - 1) {
	case offsetof(struct __sk_buff, protocol):
	case offsetof(struct __sk_buff, vlan_proto):
		return byte_order_is_protocol(constant);
	case offsetof(struct __sk_buff, pkt_type):
		return constant == PACKET_OUTGOING;
	default:
		return false;
	}
}

/* Headers are numbers; who compares with letters reads what comes behind them. */
static bool is_text(int32_t constant)
{
	uint32_t rest = (uint32_t)constant;
	int letters = 0;

	for (; rest; rest >>= 8) {
		uint8_t c = (uint8_t)rest;

		if (c != ' ' && c != '/' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
		letters += c != ' ' && c != '/';
	}
	return letters > 0;
}

static bool pulls_payload(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->count; i++)
		if (walk->insns[i].code == (BPF_JMP | BPF_CALL) && walk->insns[i].src_reg == 0 &&
		    walk->insns[i].imm == BPF_FUNC_skb_pull_data)
			return true;
	return false;
}

/* Small numbers in host order may be lengths. */
static bool is_turned(const struct abstract *compared, int32_t constant)
{
	if (compared->raw == 2 && constant == ETH_P_IP && compared->field == ABSTRACT_FIELD_NO_TYPE)
		return false; /* ntohs() of it is compared with 8 */
	if (compared->raw == 2)
		return byte_order_is_protocol(constant) || byte_order_is_port(constant);
	if (compared->raw == 4)
		return byte_order_is_address(constant);
	return compared->wide == 2 && byte_order_is_turned(constant) &&
	       (constant > UINT8_MAX || compared->field == ABSTRACT_FIELD_TYPE);
}

void note_comparison(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	const uint8_t op = BPF_OP(insn->code);
	const struct abstract *compared;
	uint16_t field;

	if ((op != BPF_JEQ && op != BPF_JNE) || BPF_SRC(insn->code) != BPF_K ||
	    insn->dst_reg >= STATE_REGISTERS)
		return;
	compared = &state->registers[insn->dst_reg];
	field = compared->field;
	if (compared->kinds == ABSTRACT_SCALAR && is_turned(compared, insn->imm))
		add_finding(walk, (struct audit_finding){ .kind = AUDIT_NEVER_EQUAL,
							  .instruction = at,
							  .map = -1,
							  .verdict = insn->imm,
							  .host_order = !compared->raw,
							  .size = compared->wide });
	if (field == ABSTRACT_FIELD_TYPE)
		return;
	if (field == ABSTRACT_FIELD_PAYLOAD) {
		if (is_text(insn->imm) && !pulls_payload(walk))
			add_kind(walk, AUDIT_PAYLOAD_READ, at, NULL);
		return;
	}
	if (field && is_never(field, insn->imm))
		add_finding(walk, (struct audit_finding){ .kind = AUDIT_NEVER_EQUAL,
							  .instruction = at,
							  .map = -1,
							  .verdict = insn->imm,
							  .what = context_field(field - 1) });
}
