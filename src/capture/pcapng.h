/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of pcapng; what readers and writers of them share. */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "capture/fields.h"
#include "capture/reader.h"

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete since 2004, and still met */
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

#define PCAPNG_BYTE_ORDER 0x1a2b3c4du

/* The body is what stands between a block's two lengths, which are right. */
int pcapng_interface(struct capture *capture, struct fields *body, struct skbscope_error *error);
/* 1, or an error. */
int pcapng_packet(struct capture *capture, uint32_t type, struct fields *body,
		  struct capture_packet *packet, struct skbscope_error *error);

#endif
