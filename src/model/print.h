/* SPDX-License-Identifier: Apache-2.0 */
/* What bpf_trace_printk() wrote (base/print_record.h), as the text that was meant. */
#ifndef MODEL_PRINT_H
#define MODEL_PRINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/print_record.h"

struct print {
	uint64_t time_ns;         /* CLOCK_MONOTONIC */
	uint32_t line;            /* 0: not known */
	uint32_t program, header; /* PRINT_INDEX_NONE: not known; in no header */
};

/* Appends the text without the newline at its end. Nothing in it obeys a terminal: control
 * characters and what is no UTF-8 are written as "\xNN", in strings newlines and tabs too.
 * The bytes come from a stranger's program: -EBADMSG for what is no such record. */
int print_read(const void *record, size_t size, struct print *out, struct buffer *text);

#endif
