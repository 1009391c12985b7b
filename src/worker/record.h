/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recording kernel: bpf(2) as libbcc and libbpf see it in this process.
 * Maps, BTF and programs are remembered and answered with placeholder
 * descriptors; nothing reaches the real kernel.
 */
#ifndef WORKER_RECORD_H
#define WORKER_RECORD_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_map {
	int fd;
	union bpf_attr attr; /* of BPF_MAP_CREATE; zero for a pinned table */
	char *pin_path;      /* NULL unless pinned */
};

struct record_btf {
	int fd;
	void *data;
	uint32_t size;
};

/* One BPF_PROG_LOAD, copied. */
struct record_program {
	bool seen;
	struct bpf_insn *instructions;
	uint32_t instruction_count;
	struct bpf_func_info *functions;
	uint32_t function_count;
	struct bpf_line_info *lines;
	uint32_t line_count;
	int btf_fd;
};

/* The latest to be given that descriptor: libbpf's feature probes create maps
 * too, but close them at once, so their numbers are given out again. NULL if
 * there is none. */
const struct record_map *record_find_map(int fd);
const struct record_btf *record_find_btf(int fd);
size_t record_map_position(const struct record_map *map); /* in order of creation */

/* Only a load of exactly these instructions is the program; others are libbpf
 * asking what the kernel can do. *program is filled by the load and cleared
 * (not freed) here. */
void record_expect(const void *instructions, struct record_program *program);

bool record_failed(void); /* out of memory while recording */

/* As if nothing had been recorded; descriptors are the caller's to close. */
void record_forget(void);

#endif
