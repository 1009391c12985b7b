/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot: what a session's tables, verdicts and losses were at one instant,
 * with the types that say how to show them. Pure data; it outlives the session.
 *
 * The structs are read-only to callers, are made only by the library, and may
 * grow at their ends: never copy or embed them by value.
 */
#ifndef SKBSCOPE_SNAPSHOT_H
#define SKBSCOPE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum skbscope_kind {
	SKBSCOPE_KIND_INTEGER,
	SKBSCOPE_KIND_BOOLEAN,
	SKBSCOPE_KIND_ENUM,
	SKBSCOPE_KIND_FLOAT,
	SKBSCOPE_KIND_POINTER,
	SKBSCOPE_KIND_ARRAY,
	SKBSCOPE_KIND_STRUCT,
	SKBSCOPE_KIND_UNION,
};

/* How a value is shown, decided by the name of its type. */
enum skbscope_display {
	SKBSCOPE_DISPLAY_PLAIN,
	SKBSCOPE_DISPLAY_HEX,
	SKBSCOPE_DISPLAY_TEXT,      /* char[N] up to the NULs at its end */
	SKBSCOPE_DISPLAY_IPV4,      /* network order */
	SKBSCOPE_DISPLAY_IPV6,      /* 16 bytes */
	SKBSCOPE_DISPLAY_MAC,       /* 6 bytes */
	SKBSCOPE_DISPLAY_PORT_BE,   /* network order */
	SKBSCOPE_DISPLAY_NS,        /* a duration in nanoseconds */
	SKBSCOPE_DISPLAY_BYTES,     /* a size in bytes */
	SKBSCOPE_DISPLAY_IP_PROTO,  /* IANA protocol number */
	SKBSCOPE_DISPLAY_ETH_PROTO, /* EtherType, host order */
	SKBSCOPE_DISPLAY_ETH_PROTO_BE,
	SKBSCOPE_DISPLAY_TCP_FLAGS,
	SKBSCOPE_DISPLAY_IFINDEX,
	SKBSCOPE_DISPLAY_VERDICT, /* TC_ACT_* */
	SKBSCOPE_DISPLAY_LOG2,    /* the exponent of a power of two */
	SKBSCOPE_DISPLAY_IPV4_HOST,
	SKBSCOPE_DISPLAY_NUMBER_BE, /* a number in network order */
	SKBSCOPE_DISPLAY_WHEN,      /* an instant of CLOCK_MONOTONIC, in nanoseconds */
	SKBSCOPE_DISPLAY_IP,        /* 16 bytes: IPv6, or IPv4 as ::ffff:192.0.2.1 */
	/* What one bucket of a histogram holds: an array of them is one, in powers of two. */
	SKBSCOPE_DISPLAY_BUCKET,
	SKBSCOPE_DISPLAY_BUCKET_NS,
	SKBSCOPE_DISPLAY_BUCKET_BYTES,
	/* Bits of an LPM table's key, in front of an address of DISPLAY_IP: of IPv4 they are shown
	 * as they are written, 8 of 10.0.0.0/8, where the kernel has 104. */
	SKBSCOPE_DISPLAY_PREFIX,
};

/* What the buckets of a histogram stand for. */
enum skbscope_histogram {
	SKBSCOPE_HISTOGRAM_NONE,
	SKBSCOPE_HISTOGRAM_LOG2,   /* powers of two */
	SKBSCOPE_HISTOGRAM_LINEAR, /* themselves */
};

/* What several CPUs' values of something that does not add up are as one. */
enum skbscope_of_cpus {
	SKBSCOPE_OF_CPUS_FIRST, /* that is not 0 */
	SKBSCOPE_OF_CPUS_LARGEST,
	SKBSCOPE_OF_CPUS_SMALLEST, /* that is not 0 */
	/* The largest, of what the program only sets, in a type that does not say what it is. */
	SKBSCOPE_OF_CPUS_SET,
	SKBSCOPE_OF_CPUS_BITS, /* all that any has set, of what the program only sets bits in */
};

/* What is told of a histogram that is a member of a value. */
enum skbscope_figure {
	SKBSCOPE_FIGURE_NONE,
	SKBSCOPE_FIGURE_N, /* how many values it has counted */
	SKBSCOPE_FIGURE_P50,
	SKBSCOPE_FIGURE_P90,
	SKBSCOPE_FIGURE_P99,
};

struct skbscope_type;

struct skbscope_enumerator {
	const char *name;
	int64_t value; /* of an unsigned 64-bit enum: the same bits */
};

struct skbscope_member {
	const char *name; /* "" for an anonymous struct or union */
	uint32_t bit_offset;
	uint32_t bit_size; /* of a bit-field; else the type's */
	const struct skbscope_type *type;
};

struct skbscope_type {
	enum skbscope_kind kind;
	enum skbscope_display display;
	const char *name; /* as written: "__be32", "struct flow", "u64"; "" if none */
	uint32_t bits;    /* size of the whole */
	bool is_signed;
	const struct skbscope_type *element;   /* ARRAY */
	uint32_t count;                        /* ARRAY: elements */
	const struct skbscope_member *members; /* STRUCT, UNION */
	size_t member_count;
	const struct skbscope_enumerator *enumerators; /* ENUM */
	size_t enumerator_count;
	bool adds_up;                  /* INTEGER, FLOAT: an amount, so that CPUs can be summed */
	enum skbscope_of_cpus of_cpus; /* INTEGER that is no amount; SET: of any kind */
	/* A number of all ones, or a text without a letter, stands for what is not known. */
	bool has_unknown;
};

/* One leaf of a key or a value, as it appears in a table's head. Structs and
 * unions become one column a member ("inner.field"), arrays stay one column. */
struct skbscope_column {
	const char *name;
	const struct skbscope_type *type;
	uint32_t bit_offset; /* within the key, or within the value */
	uint32_t bit_size;
	bool is_key;
	bool is_counter; /* an integer in a value, of which a rate makes sense */
	uint32_t rate;   /* of a counter: its place in a record's rates */
	/* Computed from the histogram of that type at bit_offset; NONE: it is what lies there. */
	enum skbscope_figure figure;
	const struct skbscope_type *histogram;
	const char *help; /* what the program's comment says of it, or NULL */
	bool is_detail;   /* people are shown tables and events without it */
	bool is_unrated;  /* and without its rate */
};

struct skbscope_schema {
	const char *table;
	/* "hash", "percpu_array", … as bpftool spells it; else what its rows are made of. */
	const char *map_type;
	uint32_t key_size;
	uint32_t value_size; /* one CPU's */
	uint32_t max_entries;
	bool per_cpu;
	bool is_array; /* every index has a row, and one of zeros is nothing */
	/* The last column of the key is the bucket, the only one of the
	 * value the count; each value of the key's other columns has its own. */
	enum skbscope_histogram histogram;
	bool has_btf;  /* else the columns come from bcc's descriptions */
	bool hidden;   /* tagged @hide */
	bool readable; /* rows can be walked; false for prog arrays, buffers, maps of maps */
	/* Events are submitted to it, and are no rows: the columns are theirs, and value_size is
	 * the size of the struct; 0: nothing is known of it (skbscope/events.h). */
	bool is_events;
	bool is_prints;          /* and they are what bpf_trace_printk() printed */
	const char *sort_column; /* tagged @sort; NULL: by the first counter, descending */
	const struct skbscope_column *columns; /* keys first */
	size_t column_count;
	size_t counter_count; /* of columns and figures */
	/* "response.p99": four of each column that is a histogram, in the columns' order */
	const struct skbscope_column *figures;
	size_t figure_count;
	const char *help; /* what the program's comment says of its values, or NULL */
};

/* One row of a table, or one event, which has no key. Borrowed from what it is part
 * of, and the one struct here that may be copied. */
struct skbscope_record {
	const struct skbscope_schema *schema;
	const uint8_t *key;   /* key_size bytes; NULL for an event */
	const uint8_t *value; /* value_size bytes */
	const double *rates;  /* one a counter, as in struct skbscope_table; NULL: none */
};

/* That have the sockets which a row's packets belong to, as it seems. */
struct skbscope_process {
	uint32_t pid;
	const char *name; /* as it calls itself: any bytes */
};

struct skbscope_processes {
	const struct skbscope_process *list;
	size_t count; /* 0: none is known */
};

struct skbscope_table {
	const struct skbscope_schema *schema;
	size_t row_count;
	const uint8_t *keys;   /* row_count × key_size */
	const uint8_t *values; /* row_count × value_size; counters summed over CPUs */
	/* row_count × cpu_count × value_size; NULL unless asked for on a per-CPU map */
	const uint8_t *cpu_values;
	uint32_t cpu_count;
	/* row_count × counter_count, per second, NAN where unknown; NULL before the
	 * second reading */
	const double *rates;
	uint64_t since;   /* the generation of the program since which it counts */
	bool complete;    /* false: the walk over the live map hit its bound */
	bool full;        /* a hash with no room for another key */
	bool may_evict;   /* an LRU with so many rows that it may have thrown away others */
	bool padding;     /* bytes of keys that no column shows are not 0 */
	bool cpus_differ; /* in what is SKBSCOPE_OF_CPUS_SET, of one row at least */
	/* Events, since the session began. unseen: of those received, what was drained for
	 * nobody. */
	uint64_t received, lost, unseen;
	/* row_count; NULL: not asked for, or keys without ports. */
	const struct skbscope_processes *processes;
};

/* Verdicts the program gave (enforced) or would have given (passive). */
struct skbscope_verdict_count {
	const char *function;
	int32_t verdict; /* TC_ACT_*; INT32_MIN for every value the kernel does not know */
	uint64_t packets;
};

enum skbscope_direction { SKBSCOPE_INGRESS, SKBSCOPE_EGRESS };
enum skbscope_hook { SKBSCOPE_HOOK_AUTO, SKBSCOPE_HOOK_TCX, SKBSCOPE_HOOK_CLSACT };

struct skbscope_hook_state {
	const char *interface;
	uint32_t ifindex;
	enum skbscope_direction direction;
	enum skbscope_hook hook; /* never AUTO */
	const char *function;
	uint32_t program_id;
	bool attached; /* false: the interface or its namespace is gone, or someone detached us */
};

/* Something that was not counted, and therefore makes the numbers smaller than
 * the truth. */
struct skbscope_loss {
	const char *table; /* NULL: the session as a whole */
	const char *what;  /* a short reason, stable: "map full", "walk incomplete", … */
	uint64_t count;
	bool known; /* false: it may have happened, how often is not known */
};

struct skbscope_snapshot {
	const char *program; /* the source's name */
	const char *path;
	uint64_t wall_ns;      /* CLOCK_REALTIME */
	uint64_t monotonic_ns; /* CLOCK_MONOTONIC */
	uint64_t interval_ns;  /* since the previous reading; 0 on the first */
	/* Of the program: 1, and one more with each that is swapped in; 0: not known. */
	uint64_t generation;
	const char *stale; /* why the version on disk is not the one that runs; NULL: it is */
	bool enforced;
	const struct skbscope_hook_state *hooks;
	size_t hook_count;
	const struct skbscope_table *tables; /* in source order */
	size_t table_count;
	const struct skbscope_verdict_count *verdicts; /* only those that were given */
	size_t verdict_count;
	const struct skbscope_loss *losses;
	size_t loss_count;
	const char *recording; /* the file that is fed; NULL: packets are live */
	const char *filter;    /* the tcpdump expression in front of the program; NULL: none */
	const char *direction; /* "in", "out" or "inout", if that was asked for; else NULL */
};

SKBSCOPE_API void skbscope_snapshot_free(struct skbscope_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
