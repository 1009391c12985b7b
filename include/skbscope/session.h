/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: the kernel objects made from one image. It owns map, program and
 * link descriptors, and closing it (or the death of its process) puts the
 * kernel back as it was.
 */
#ifndef SKBSCOPE_SESSION_H
#define SKBSCOPE_SESSION_H

#include <skbscope/diagnostics.h>
#include <skbscope/filter.h>
#include <skbscope/image.h>
#include <skbscope/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skbscope_session; /* one thread at a time */

/* Which packets: those that arrive, those that leave. */
enum skbscope_directions {
	SKBSCOPE_AS_TAGGED, /* as the image's tags or the named functions say */
	SKBSCOPE_IN,
	SKBSCOPE_OUT,
	SKBSCOPE_INOUT,
};

struct skbscope_session_options {
	size_t size;         /* sizeof this struct */
	const char *ingress; /* function; NULL: as the image's tags say; borrowed */
	const char *egress;  /* function; NULL: as the image's tags say; borrowed */
	bool enforce;        /* honour verdicts, allow packets to be changed */
	/* Load all functions, for checking; nothing can be attached. What would
	 * change packets is let through. A function that the verifier refuses as a
	 * tc program is a warning (it may belong to another kind of hook), and an
	 * error if it is an entry, a tail-call target, or the only one, or if none
	 * is left. */
	bool every_function;
	/* Keep the kernel's run-time statistics on while the session lives, for
	 * skbscope_session_costs(). They cost every BPF program on the machine some
	 * ten nanoseconds a run. Silently without, where the kernel has none. */
	bool measure;
	/* To be fed recorded packets (skbscope/replay.h); nothing can be attached. Programs may
	 * change packets, which are copies, and live in the recording's time. Tables are new,
	 * those that are declared as pinned too. */
	bool replay;
	/* Packets that it does not match pass by the entry functions: no table and no
	 * verdict counts them, and they go on to the next filter. Borrowed for the session's
	 * life, swaps included; NULL: none. */
	const struct skbscope_filter *filter;
	/* Of a program that has no function for one of them, its only function is taken. For
	 * the session's life, swaps included. */
	enum skbscope_directions directions;
	/* How large the buffer of each table of events is (of those a CPU: each), in bytes: a
	 * power of two, a page or more. 0: as declared, and at least what a machine of this size
	 * can spare without noticing. */
	uint64_t buffer_bytes;
	/* Protocols and interfaces are numbers, whatever their types are called. */
	bool numbers;
};

/* Creates the maps and loads the programs: the kernel verifies them here.
 * *out is written only on success and is the caller's to close. On a refusal
 * (SKBSCOPE_STAGE_VERIFY) diagnostics get the user's line, the reason and a
 * hint, and the log. The image must outlive the session. */
SKBSCOPE_API int skbscope_session_open(const struct skbscope_image *image,
				       const struct skbscope_session_options *options,
				       struct skbscope_session **out,
				       struct skbscope_diagnostics *diagnostics,
				       struct skbscope_error *error);

struct skbscope_attach_options {
	size_t size;                   /* sizeof this struct */
	const char *const *interfaces; /* borrowed */
	size_t interface_count;
	enum skbscope_hook hook; /* AUTO: tcx where the kernel has it, else clsact */
	const char *netns;       /* a name under /run/netns, a PID, a path; NULL: this one */
	bool paused;             /* sees no packet before skbscope_session_resume() */
};

/* Attaches the entry functions to every interface, or to none. */
SKBSCOPE_API int skbscope_session_attach(struct skbscope_session *session,
					 const struct skbscope_attach_options *options,
					 struct skbscope_error *error);

struct skbscope_read_options {
	size_t size;       /* sizeof this struct */
	bool per_cpu;      /* keep each CPU's values beside the sums */
	uint64_t max_rows; /* bound on each table's walk; 0: twice its max_entries */
	/* Ends the reading with -EINTR as soon as it can be read (a signalfd, an eventfd);
	 * nothing is read from it. 0 and -1: none. */
	int interrupt_fd;
	/* CLOCK_MONOTONIC and CLOCK_REALTIME, or what a recording says of them; 0: now. */
	uint64_t monotonic_ns, wall_ns;
	/* For the snapshot: why the version on disk is not the one that runs; borrowed. */
	const char *stale;
	/* For the snapshot: the file that is fed to it; borrowed. */
	const char *recording;
	/* Looks for the local process of each row whose key has ports. Fails if no key has, and
	 * for a recording. */
	bool processes;
};

/* Reads every table, verdict and loss. Rates are against the previous reading
 * of this session. options may be NULL. */
SKBSCOPE_API int skbscope_session_read(struct skbscope_session *session,
				       const struct skbscope_read_options *options,
				       struct skbscope_snapshot **out,
				       struct skbscope_error *error);

/* How many hooks are attached now; asks the kernel. */
SKBSCOPE_API size_t skbscope_session_attached(struct skbscope_session *session);

/* Runs a loaded function on one Ethernet frame with BPF_PROG_TEST_RUN. repeat of
 * 0 counts as 1. *verdict is what the loaded program returned (TC_ACT_UNSPEC when
 * passive); *duration_ns the mean of one run; either may be NULL. */
SKBSCOPE_API int skbscope_session_test_run(struct skbscope_session *session, const char *function,
					   const void *frame, size_t length, uint32_t repeat,
					   int32_t *verdict, uint32_t *duration_ns,
					   struct skbscope_error *error);

/* What the kernel says of a loaded function. */
struct skbscope_program_facts {
	uint32_t id;
	uint32_t instructions; /* after the verifier's own rewriting */
	uint32_t verified;     /* instructions the verifier walked; 0: kernel does not say */
	uint32_t stack;        /* bytes of the BPF stack, by the verifier; of every_function only */
	uint64_t load_ns;      /* how long the kernel took to verify and compile it */
	/* Whether the verifier saw a direct write to packet data. Negative: the kernel does
	 * not say; then the function can only be enforced. */
	int32_t writes_packets;
};

SKBSCOPE_API int skbscope_session_program_facts(const struct skbscope_session *session,
						const char *function,
						struct skbscope_program_facts *facts);

/* How much kernel memory a table holds now, by the kernel's own account (memlock of the map's
 * fdinfo), in bytes; before Linux 6.4 that is an estimate of the whole table. -ENOENT: no such
 * table. */
SKBSCOPE_API int skbscope_session_table_memory(const struct skbscope_session *session,
					       const char *table, uint64_t *bytes);

/* A paused session stays attached and sees no packet. Pausing and resuming take
 * microseconds where attaching and detaching take milliseconds. */
SKBSCOPE_API int skbscope_session_pause(struct skbscope_session *session,
					struct skbscope_error *error);
SKBSCOPE_API int skbscope_session_resume(struct skbscope_session *session,
					 struct skbscope_error *error);

/* Takes it off every hook. What it counted until then can still be read, and nothing
 * moves any more. A failure names a hook that it may still be on (tc filters only: the
 * kernel takes tcx links away itself); all others were tried, and it can be tried again.
 * Where a network namespace is not found, the session's programs are closed, as only that
 * tells whether it is gone: nothing of it can be attached or run again. */
SKBSCOPE_API int skbscope_session_detach(struct skbscope_session *session,
					 struct skbscope_error *error);

/* Detaches, closes, frees. Accepts NULL. What detaching could not remove is found by a
 * later session, or by "skbscope detach". */
SKBSCOPE_API void skbscope_session_close(struct skbscope_session *session);

#ifdef __cplusplus
}
#endif

#endif
