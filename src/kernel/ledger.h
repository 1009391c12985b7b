/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: one small text file for each clsact filter that is attached,
 * written before the filter and removed after it. It says whose the filter is and
 * what exactly to remove should its owner have died. Format: docs/kernel-objects.md.
 */
#ifndef KERNEL_LEDGER_H
#define KERNEL_LEDGER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>
#include <skbscope/snapshot.h>

#include "kernel/netns.h"

#define LEDGER_DIRECTORY "/run/skbscope"

struct ledger_owner {
	uint32_t pid;
	uint64_t start;         /* in clock ticks since boot: tells a PID's users apart */
	uint64_t pid_namespace; /* its inode; a PID means nothing outside */
};

struct ledger_entry {
	struct ledger_owner owner;
	struct netns_identity netns;
	/* Where its user found it, if that is neither a name nor a process: "" else. */
	struct netns_guess netns_path;
	uint32_t ifindex;
	char interface[IF_NAMESIZE]; /* as it was called then */
	enum skbscope_direction direction;
	uint32_t handle;
	uint16_t priority;
	uint32_t program_id;
	char name[256];
	/* While one program takes another's place the filter may hold either; 0: not now. */
	uint32_t next_program_id;
	char next_name[256];
	enum ledger_qdisc {
		QDISC_FOUND,
		QDISC_ADDED,    /* by us; the last filter's duty to remove */
		QDISC_CHANGING, /* so, but the filter may be there or not */
	} qdisc;
};

/* An open ledger is locked against every other process; keep it so briefly. */
struct ledger;

/* directory is LEDGER_DIRECTORY but in tests; made if missing. */
int ledger_open(const char *directory, struct ledger **out, struct skbscope_error *error);
void ledger_closep(struct ledger **ledger);

int ledger_owner_self(struct ledger_owner *out);
/* 1, 0, or -EXDEV where it cannot be told: a process of another PID namespace. */
int ledger_owner_lives(const struct ledger_owner *owner);

/* Adds the entry or replaces the one for the same filter. */
int ledger_write(struct ledger *ledger, const struct ledger_entry *entry);
/* What the ledger says of the same filter now; as it is, if that is nothing. */
void ledger_reload(struct ledger *ledger, struct ledger_entry *entry);
/* -ENOENT: it is not there, or another's is in its place. */
int ledger_remove(struct ledger *ledger, const struct ledger_entry *entry);
/* In a new array that the caller frees. Files that make no sense are skipped. */
int ledger_list(struct ledger *ledger, struct ledger_entry **out, size_t *count);

bool ledger_same_owner(const struct ledger_owner *a, const struct ledger_owner *b);
bool ledger_same_interface(const struct ledger_entry *a, const struct ledger_entry *b);
bool ledger_same_filter(const struct ledger_entry *a, const struct ledger_entry *b);

#endif
