/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a function's instructions say about it before the kernel sees them:
 * whether it changes packets, where it counts without atomicity, which verdicts
 * it gives. One walk over the control flow that knows, for each register and
 * stack slot, whether it holds the context, packet data, or a value of a map.
 */
#ifndef IMAGE_AUDIT_H
#define IMAGE_AUDIT_H

#include <skbscope/image.h>

enum audit_kind {
	AUDIT_MUTATING_HELPER, /* calls a helper that changes the packet or where it goes */
	AUDIT_PACKET_WRITE,    /* stores through a packet pointer */
	AUDIT_METADATA_WRITE,  /* stores into struct __sk_buff */
	AUDIT_UNKNOWN_WRITE,   /* stores through a pointer the walk lost track of */
	AUDIT_SCRATCH_ACCESS,  /* loads from skb->cb or stores into it: see image/scratch.c */
	AUDIT_RACY_INCREMENT,  /* load, add, store (or update) of a value that CPUs share */
	AUDIT_RACY_EXTREME,    /* compare and store of such a value: a maximum, a minimum */
	AUDIT_NEVER_EQUAL,     /* a field is compared with what it never is; or, with no name, a
				  number of the packet with a constant of the other byte order */
	AUDIT_PAYLOAD_READ,    /* text is looked for through data and data_end */
	AUDIT_FIRST_COUNT,  /* a key made with a count of its own after it was looked up in vain */
	AUDIT_WIDE_INDEX,   /* a field of the context (or, with no name, a number of the packet),
				whatever it is, as the index of an array */
	AUDIT_TAIL_SLOT,    /* a tail call through this slot of a map, in VERDICT */
	AUDIT_KEY,          /* a key on the stack is handed to a helper */
	AUDIT_VALUE_STORE,  /* a store into a value of a map, other than of 0 */
	AUDIT_VALUE_UPDATE, /* a whole value of a map is written */
	AUDIT_VERDICT,      /* a constant verdict reaches an exit */
	AUDIT_VARIABLE_VERDICT, /* an exit whose verdict is computed */

	/* Of audit_uses() only: a call that does this with a map (-1: with any). */
	AUDIT_LOOKS_UP,
	AUDIT_FILLS,  /* adds entries */
	AUDIT_STORES, /* changes a value in place */
	AUDIT_TAIL_CALLS,
	AUDIT_SUBMITS,      /* an event, to user space */
	AUDIT_PRINTS,       /* bpf_trace_printk */
	AUDIT_INDEXES,      /* hands an array an index that is not 0 for certain */
	AUDIT_READS_LENGTH, /* no call: a load of skb->len, or what may be one */
};

struct audit_finding {
	enum audit_kind kind;
	uint32_t instruction;
	int32_t map;     /* RACY_…, FIRST_COUNT, KEY, VALUE_… (-1: any), audit_uses(); else -1
			  */
	int32_t verdict; /* VERDICT, TAIL_SLOT; with NEVER_EQUAL, what it is compared with: a number
			    of SIZE bytes, which is in HOST_ORDER or not */
	const char *what; /* helper name, or the field of struct __sk_buff; static; or NULL */
	/* Of the bytes of a KEY or a VALUE_UPDATE, the first 64: those that are 0 for certain,
	 * that are other constants, that are of a word of the packet as load_word() answers it,
	 * which is in host order, that are of a number of the packet as it lies there, and that
	 * are set, not added to what the entry had. */
	uint64_t zeros, constants, host_order, packet_order, fresh;
	uint64_t unset; /* and those that nothing was stored in on any way */
	int32_t offset; /* VALUE_STORE: in the value, READS_LENGTH: in skb->len; -1: not known */
	uint32_t size;  /* VALUE_UPDATE: 0: nothing is known of the bytes; SUBMITS: of the event,
			   0: not known */
	bool adds;      /* VALUE_STORE: to what was there, perhaps; of bits alone: not */
	bool bits;      /* VALUE_STORE: of bits alone, and none is cleared */
	enum skbscope_image_keeps keeps; /* VALUE_STORE */
};

/* Findings in instruction order in a new array that the caller frees. */
int audit_program(const struct skbscope_image *image, const struct skbscope_image_program *program,
		  struct audit_finding **findings, size_t *count);

/* What a function does with its maps, likewise. */
int audit_uses(const struct skbscope_image *image, const struct skbscope_image_program *program,
	       struct audit_finding **findings, size_t *count);

/* Whether a finding means the program cannot be made passive by its verdict. */
static inline bool audit_changes_packets(const struct audit_finding *finding)
{
	return finding->kind == AUDIT_MUTATING_HELPER || finding->kind == AUDIT_PACKET_WRITE ||
	       finding->kind == AUDIT_METADATA_WRITE || finding->kind == AUDIT_UNKNOWN_WRITE;
}

#endif
