/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What image_write and image_read agree on. The file is for this machine and
 * this build of the format: numbers are in the machine's byte order, and a file
 * of another version is refused rather than converted (it can be made again from
 * its source in a tenth of a second).
 *
 * See docs/image.md for the layout, read.c for the order of the fields.
 */
#ifndef IMAGE_FORMAT_H
#define IMAGE_FORMAT_H

#include <stdint.h>

#define IMAGE_MAGIC "skbimage"
#define IMAGE_VERSION 2u
#define IMAGE_BYTE_ORDER 0x01020304u

/* Whole file, header included. The largest program the kernel takes (a million
 * instructions, 8 MB) fits several times. */
#define IMAGE_MAX_BYTES (64u << 20)

/* The kernel's own bounds, or far beyond what BCC can produce. */
#define IMAGE_MAX_MAPS 1024u
#define IMAGE_MAX_PROGRAMS 1024u
#define IMAGE_MAX_INSTRUCTIONS 1000000u /* BPF_COMPLEXITY_LIMIT_INSNS */
#define IMAGE_MAX_EVENTS 1024u
#define IMAGE_MAX_FIELDS 4096u
#define IMAGE_MAX_INCLUDES 65536u
#define IMAGE_MAX_BTF (16u << 20) /* BTF_MAX_SIZE */
#define IMAGE_MAX_KEY (1u << 16)
#define IMAGE_MAX_VALUE (1u << 26)
#define IMAGE_MAX_MAP_TYPE 255u /* of those to come; 33 are known */

struct image_header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint64_t length; /* of the whole file */
};

#endif
