/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as an ELF object that libbpf loads, and so do tc and bpftool: functions as
 * a session would load them, maps with their types, line records. See docs/export.md.
 */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include <skbscope/error.h>
#include <skbscope/image.h>

#include "image/filter.h"

/* Of a passive object, and of an enforced one: see image/passive.h. */
#define ELF_VERDICTS "skb_verdicts"

/* The names of types that libbpf, of any version, and tc know for tc programs. */
#define ELF_SECTION "tc"
#define ELF_SECTION_SECOND "classifier"

struct elf_function {
	const struct skbscope_image_program *program;
	enum filter_direction direction;
	bool second; /* in ELF_SECTION_SECOND: tc finds only the first of a section */
};

struct elf_request {
	const struct skbscope_image *image;
	/* The entry functions first. Their order is that of the places in ELF_VERDICTS. */
	const struct elf_function *functions;
	size_t function_count;
	bool enforce;
	const struct skbscope_filter *filter; /* in front of entry functions; NULL: none */
};

/* To a file that is open for writing, and empty. Refuses a function that changes packets unless
 * enforced; the kernel's own judgement is for the caller to have asked. */
int elf_write(const struct elf_request *request, int fd, struct skbscope_error *error);

#endif
