/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small program that does something to one row of a map that packet programs use at the
 * same time. From user space that is a lookup and an update, and what is counted between the
 * two is lost. It is run by BPF_PROG_TEST_RUN, in which no packet can come between on the
 * same CPU, so that a per-CPU row is safe too.
 */
#ifndef KERNEL_ROW_PROGRAM_H
#define KERNEL_ROW_PROGRAM_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include <skbscope/snapshot.h>

#include "base/buffer.h"

struct row_program {
	int program, argument; /* the argument is a map: a key, a value, and a CPU */
	uint32_t key_size, value_size;
	uint32_t values_at; /* in the argument */
};
#define ROW_PROGRAM_INIT                                                                           \
	{                                                                                          \
		.program = -1, .argument = -1                                                      \
	}

/* What the caller's instructions start from and may change the others. */
#define ROW_ROW BPF_REG_0      /* points to the value in the map */
#define ROW_ARGUMENT BPF_REG_6 /* points to the argument: a value's byte is at values_at + it */

void row_emit(struct buffer *code, uint8_t opcode, uint8_t to, uint8_t from, int16_t offset,
	      int32_t immediate);
uint8_t row_size_code(uint32_t bytes); /* BPF_B to BPF_DW */

/* body writes the instructions between finding the row and the end. With any_cpu it is the
 * row of a CPU that each run names (from Linux 5.18 on), of a per-CPU map. */
struct row_body {
	const char *name; /* in the kernel */
	bool any_cpu;
	void (*emit)(void *context, uint32_t values_at, struct buffer *code);
	void *context;
};
int row_program_open(int map, const struct skbscope_schema *schema, const struct row_body *body,
		     struct row_program *out);
void row_program_close(struct row_program *program); /* for AUTO() too */

/* value is laid out as one CPU's. 1: there is no such row. */
int row_program_run(const struct row_program *program, const void *key, const uint8_t *value,
		    uint32_t cpu);

#endif
