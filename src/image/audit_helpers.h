/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper call or a context field means for the question whether packets change. */
#ifndef IMAGE_AUDIT_HELPERS_H
#define IMAGE_AUDIT_HELPERS_H

#include <stdbool.h>
#include <stdint.h>

#include "image/audit.h"

/* Known not to touch the packet, its metadata or its way. Whatever is not known,
 * a helper of a later kernel included, is not harmless. */
bool helper_is_harmless(uint32_t helper);

/* "bpf_skb_store_bytes"; "a helper unknown to skbscope" for a later kernel's. */
const char *helper_name(uint32_t helper);

/* Reads the memory its arguments point to and writes none of it. */
bool helper_only_reads(uint32_t helper);

/* What it does with a map among its arguments: one of the kinds of audit_uses(). */
enum audit_kind helper_use(uint32_t helper);

/* The field of struct __sk_buff at an offset: "mark", "cb[2]"; NULL if none. */
const char *context_field(int64_t offset);

#endif
