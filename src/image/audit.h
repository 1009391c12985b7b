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
	AUDIT_MUTATING_HELPER,  /* calls a helper that changes the packet or where it goes */
	AUDIT_PACKET_WRITE,     /* stores through a packet pointer */
	AUDIT_METADATA_WRITE,   /* stores into struct __sk_buff */
	AUDIT_UNKNOWN_WRITE,    /* stores through a pointer the walk lost track of */
	AUDIT_SCRATCH_ACCESS,   /* loads from skb->cb or stores into it: see image/scratch.c */
	AUDIT_RACY_INCREMENT,   /* load, add, store on a value of a map that CPUs share */
	AUDIT_NEVER_EQUAL,      /* a field is compared with what it never is */
	AUDIT_PAYLOAD_READ,     /* text is looked for through data and data_end */
	AUDIT_VERDICT,          /* a constant verdict reaches an exit */
	AUDIT_VARIABLE_VERDICT, /* an exit whose verdict is computed */
};

struct audit_finding {
	enum audit_kind kind;
	uint32_t instruction;
	int32_t map;      /* RACY_INCREMENT; else -1 */
	int32_t verdict;  /* VERDICT; with NEVER_EQUAL, what it is compared with */
	const char *what; /* helper name, or the field of struct __sk_buff; static; or NULL */
};

/* Findings in instruction order in a new array that the caller frees. */
int audit_program(const struct skbscope_image *image, const struct skbscope_image_program *program,
		  struct audit_finding **findings, size_t *count);

/* Whether a finding means the program cannot be made passive by its verdict. */
static inline bool audit_changes_packets(const struct audit_finding *finding)
{
	return finding->kind == AUDIT_MUTATING_HELPER || finding->kind == AUDIT_PACKET_WRITE ||
	       finding->kind == AUDIT_METADATA_WRITE || finding->kind == AUDIT_UNKNOWN_WRITE;
}

#endif
