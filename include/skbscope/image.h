/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image: a compiled program as plain data. It holds no file descriptor and
 * no kernel object, so it can cross a process boundary, be stored, be replayed
 * or be exported.
 *
 * The structs are read-only to callers, are made only by the library, and may
 * grow at their ends: never copy or embed them by value.
 */
#ifndef SKBSCOPE_IMAGE_H
#define SKBSCOPE_IMAGE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/snapshot.h>
#include <skbscope/source.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which of the numbers that it meets a store leaves in an entry. */
enum skbscope_image_keeps {
	SKBSCOPE_KEEPS_ANY, /* not known */
	SKBSCOPE_KEEPS_FIRST,
	SKBSCOPE_KEEPS_SMALLEST,
	SKBSCOPE_KEEPS_LARGEST,
};

/* What a function stores into the values of a map. */
struct skbscope_image_write {
	uint32_t offset, size; /* in bytes, within a value */
	/* Or may: else all those bytes are set to what was not there, or bits of it are set,
	 * cleared or inverted. */
	bool adds;
	bool bits;  /* what is not set before is set, and nothing else: "|=" */
	bool whole; /* with all of the entry, which may be its first value */
	enum skbscope_image_keeps keeps;
	uint32_t program, instruction;
};

/* What functions of this image submit to a table of events. */
struct skbscope_image_events {
	uint32_t size;        /* of every event, in bytes; 0: not known, or not the same */
	bool has_rest;        /* bytes of the packet may follow (perf_submit_skb) */
	const char *function; /* the only one that submits; NULL: it is one of several */
};

struct skbscope_image_map {
	const char *name;
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size;
	uint32_t value_size; /* one CPU's */
	uint32_t max_entries;
	uint32_t flags;                    /* BPF_F_* of BPF_MAP_CREATE */
	uint32_t btf_key_type_id;          /* into the image's BTF; 0: none */
	uint32_t btf_value_type_id;        /* into the image's BTF; 0: none */
	int32_t inner_map;                 /* index of the template of a map of maps; -1: none */
	const char *pin_path;              /* on bpffs; NULL unless BPF_TABLE_PINNED */
	const char *key_description;       /* bcc's JSON; never NULL */
	const char *value_description;     /* bcc's JSON; never NULL */
	enum skbscope_histogram histogram; /* declared with BPF_HISTOGRAM or tagged @histogram */
	/* By functions of this image, zeros and constant first values left out. Others may write
	 * into a pinned map: of that all is said to be added to. */
	const struct skbscope_image_write *writes;
	size_t write_count;
	/* NULL: nothing is submitted to it, or it is pinned and somebody else may read it. */
	const struct skbscope_image_events *events;
};

/* A pseudo map load: instruction INSTRUCTION (the first of the pair) refers to
 * map MAP. Its immediate is 0 in the image. */
struct skbscope_relocation {
	uint32_t instruction;
	uint32_t map;
};

struct skbscope_image_program {
	const char *name; /* the C function */
	uint32_t line;    /* of its definition in the user's file; 0 unknown */
	const struct bpf_insn *instructions;
	uint32_t instruction_count;
	const struct skbscope_relocation *relocations;
	size_t relocation_count;
	const struct bpf_func_info *functions; /* type_id into the image's BTF */
	uint32_t function_count;
	/* File name, line and text are the user's own, not the rewritten text's. */
	const struct bpf_line_info *lines;
	uint32_t line_count;
	const char *context; /* the struct its parameter points to; NULL or "": not known */
	bool is_void;        /* returns nothing, so its verdict is whatever was in the register */
	const char *path;    /* of the file it is in, unless that is the image's; else NULL */
};

/* One field of a struct submitted to a perf or ring buffer. */
struct skbscope_event_field {
	const char *name;
	const char *type; /* as written in C */
};

struct skbscope_event_layout {
	const char *table;
	const struct skbscope_event_field *fields;
	size_t field_count;
};

enum skbscope_headers {
	SKBSCOPE_HEADERS_AUTO,
	SKBSCOPE_HEADERS_UAPI,   /* the small tree shipped with skbscope */
	SKBSCOPE_HEADERS_KERNEL, /* the running kernel's headers */
	SKBSCOPE_HEADERS_DIRECTORY,
};

struct skbscope_image {
	const char *name; /* of the source; of several files, the first one's, as is the next */
	const char *path;
	const char *comment; /* the documentation comment, verbatim */
	const struct skbscope_documentation *documentation; /* parsed from it */
	const char *license;
	uint32_t kernel_version; /* what the program was compiled for; 0 unknown */
	const struct skbscope_image_map *maps;
	size_t map_count;
	const struct skbscope_image_program *programs; /* in source order */
	size_t program_count;
	const struct skbscope_event_layout *events;
	size_t event_count;
	const uint8_t *btf; /* raw BTF, or NULL */
	uint32_t btf_size;

	/* How it came about, for people. */
	enum skbscope_headers headers; /* what was used in the end, never AUTO */
	bool kernel_types;             /* structs were taken from the kernel's BTF */
	const char *headers_path;      /* root of the tree used */
	const char *const *includes;   /* every file read, absolute, in order of opening */
	size_t include_count;
};

SKBSCOPE_API void skbscope_image_free(struct skbscope_image *image);

#ifdef __cplusplus
}
#endif

#endif
