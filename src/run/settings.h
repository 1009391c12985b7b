/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of a run, in the groups that commands share. Strings are borrowed
 * from argv; NULL and zero mean "not asked".
 */
#ifndef RUN_SETTINGS_H
#define RUN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
	const char **items;
	size_t count;
};

struct compile_settings {
	const char *text; /* the program itself */
	const char *headers;
	struct list with; /* other files of the program */
	struct list defines, include_directories, program_paths;
	bool no_cache;
	uint64_t limit_ns;  /* of a compilation */
	bool passive;       /* SKBSCOPE_PASSIVE is there for programs with @enforce */
	bool kernel_prints; /* what is printed goes to the kernel's trace */
};

struct traffic_settings {
	struct list interfaces;
	struct list filter; /* a tcpdump expression, in words */
	const char *ingress, *egress, *netns;
	const char *direction; /* in, out or inout */
	int hook;              /* enum skbscope_hook */
	const char *recording; /* a capture file, in place of interfaces */
	struct list local;     /* networks that are ours, in a recording */
	bool enforce;
	bool numbers;          /* instead of names, in all that is shown */
	uint64_t buffer_bytes; /* of each table of events */
	bool points;           /* no option: it is noted which lines run */
};

struct table_settings {
	struct list set; /* TABLE[KEY]=VALUE or TABLE=@FILE */
};

struct output_settings {
	int format; /* which of render_format_names */
	bool exact, per_cpu, bars, process, hex;
	int time; /* enum event_time */
	const char *sort;
	uint64_t top;
	const char *table; /* of CSV */
	uint64_t series;   /* of a table, as metrics; 0: the default */
	bool plain;        /* no live screen, though stdout is a terminal */
};

/* When readings are taken, and when that ends. */
struct pace_settings {
	uint64_t interval_ns, duration_ns, count;
};

struct talk_settings {
	bool verbose, quiet;
};

struct http_settings {
	struct list ports;   /* lists of them */
	struct list columns; /* header:NAME */
	bool ai;
	uint64_t burst, places, anomaly_ns, anomaly_factor; /* 0: the default */
	const char *consumer_key;                           /* files */
	const char *audit, *audit_key, *offenders;
	uint64_t audit_bytes, audit_ns; /* when a file of the audit ends; 0: never */
};

struct run_settings {
	const char *program;
	struct compile_settings compiling;
	struct traffic_settings traffic;
	struct table_settings tables;
	struct output_settings output;
	struct pace_settings pace;
	struct talk_settings talk;
	const char *write;   /* a capture to write submitted packets to */
	const char *listen;  /* where a page is served; NULL: nowhere */
	const char *metrics; /* a file that has those of the latest reading */
	const char *verdict; /* of a recording: or those that got it */
	bool watch, no_watch, reset, fail_on_loss;
	const struct http_settings *http; /* the program's pieces are calls; NULL: of no other */
	uint64_t confirm_ns; /* passive again unless confirmed within; 0: it need not be */
};

struct diff_settings {
	const char *old, *new;
	struct compile_settings compiling;
	struct traffic_settings traffic;
	struct table_settings tables;
	struct output_settings output;
	struct pace_settings pace;
	struct talk_settings talk;
};

#endif
