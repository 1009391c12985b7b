/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit against the running kernel, on random programs that its verifier accepts:
 *
 *   fuzz-judges                     so many programs, always the same
 *   fuzz-judges SECONDS [SEED]      as many as there is time for
 *
 * A direct write into the packet is what the kernel calls one (kernel/prologue.h). A store
 * into struct __sk_buff is what a socket filter, which may store into cb alone, is refused
 * for. And what the audit lets pass is made passive, whether or not the verifier accepts it
 * as it was, and run: neither the packet nor what belongs to it may change, nor the verdict
 * be felt. A program that writes and that the
 * audit says nothing of is a broken promise. One that it suspects falsely is counted, and
 * it must be because it unites what it knows where paths meet.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "image/audit.h"
#include "image/passive.h"
#include "image/rewrite.h"
#include "kernel/prologue.h"
#include "tc_programs.h"

#define PROGRAMS 4000u
#define SKIPPED 77

struct tally {
	uint64_t tried, accepted, writing, storing, passive, missed, suspected, unexplained;
};

struct trial {
	uint64_t seed;
	bool packet_data;
	struct tc_program made;
	struct skbscope_image_program program;
	struct skbscope_relocation relocations[64];
	struct audit_finding *findings;
	size_t finding_count;
	bool packet, metadata, unknown; /* among them */
};

static void trial_clear(struct trial *trial)
{
	free(trial->findings);
}

static int map = -1, verdicts = -1;

static const struct skbscope_image_map image_map = { .name = "values",
						     .type = BPF_MAP_TYPE_ARRAY,
						     .inner_map = -1 };
static const struct skbscope_image image = { .maps = &image_map, .map_count = 1 };

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, uint32_t count, char *log,
		uint32_t log_size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	if (log_size) {
		options.log_buf = log;
		options.log_size = log_size;
		options.log_level = 1;
		log[0] = '\0';
	}
	return bpf_prog_load(type, "judged", "GPL", insns, count, &options);
}

static void broken(struct tally *tally, const struct trial *trial, const char *what)
{
	tally->missed++;
	fprintf(stderr, "seed %llu%s: %s\n", (unsigned long long)trial->seed,
		trial->packet_data ? "" : " (without packet data)", what);
	for (uint32_t i = 0; i < trial->made.count; i++) {
		const struct bpf_insn *insn = &trial->made.insns[i];

		fprintf(stderr, "%4u: %02x r%u r%u %+d %d\n", i, insn->code, insn->dst_reg,
			insn->src_reg, insn->off, insn->imm);
	}
}

static void describe(struct trial *trial)
{
	for (uint32_t i = 0; i < trial->made.map_load_count; i++)
		trial->relocations[i].instruction = trial->made.map_loads[i];
	trial->program = (struct skbscope_image_program){
		.name = "judged",
		.instructions = trial->made.insns,
		.instruction_count = trial->made.count,
		.relocations = trial->relocations,
		.relocation_count = trial->made.map_load_count,
	};
}

static void make(struct trial *trial, uint64_t seed)
{
	memset(trial, 0, sizeof(*trial));
	trial->seed = seed;
	trial->packet_data = seed % 3;
	tc_program_make(seed, trial->packet_data, map, &trial->made);
	describe(trial);
}

static void audit(struct trial *trial)
{
	if (audit_program(&image, &trial->program, &trial->findings, &trial->finding_count) < 0)
		abort();
	for (size_t i = 0; i < trial->finding_count; i++) {
		const enum audit_kind kind = trial->findings[i].kind;

		trial->packet |= kind == AUDIT_PACKET_WRITE;
		trial->metadata |= kind == AUDIT_METADATA_WRITE;
		trial->unknown |= kind == AUDIT_UNKNOWN_WRITE || kind == AUDIT_MUTATING_HELPER;
	}
}

#define BRANCHES_MAX 12 /* that are followed either way */

static bool suspects(const struct trial *trial)
{
	return trial->packet || trial->unknown;
}

/* Whether a false suspicion comes of uniting what is known where paths meet, and of nothing
 * else: of each path alone nothing is suspected, or the kernel sees a write there, or refuses
 * it, so that the program can only be accepted because nothing takes that path. */
static bool is_explained(const struct trial *trial)
{
	uint32_t branches = 0;

	for (uint32_t ways = 0; ways < 1u << branches; ways++) {
		AUTO(trial_clear) struct trial alone = { 0 };
		AUTO(closep) int fd = -1;
		uint32_t met = tc_program_follow(&trial->made, ways, &alone.made);

		met = met < BRANCHES_MAX ? met : BRANCHES_MAX;
		branches = branches < met ? met : branches;
		describe(&alone);
		audit(&alone);
		if (!suspects(&alone))
			continue;
		fd = load(BPF_PROG_TYPE_SCHED_CLS, alone.made.insns, alone.made.count, NULL, 0);
		if (fd >= 0 && prologue_query(fd) == 0)
			return false;
	}
	return true;
}

static void judge_packet(const struct trial *trial, int fd, struct tally *tally)
{
	const int writes = prologue_query(fd);

	if (writes < 0)
		broken(tally, trial, "the kernel does not show its instructions");
	tally->writing += writes == 1;
	if (writes == 1 && !trial->packet && !trial->unknown)
		broken(tally, trial, "a write into the packet is missed");
	if (writes == 0 && suspects(trial)) {
		tally->suspected++;
		tally->unexplained += !is_explained(trial);
	}
}

/* Of code without packet data: stores into cb a socket filter may do. */
static bool stores_metadata(const struct bpf_insn *insns, uint32_t count)
{
	static char log[1 << 20];
	AUTO(closep) int fd = load(BPF_PROG_TYPE_SOCKET_FILTER, insns, count, NULL, 0);

	if (fd >= 0)
		return false;
	fd = load(BPF_PROG_TYPE_SOCKET_FILTER, insns, count, log, sizeof(log));
	return strstr(log, "invalid bpf_context access");
}

static void judge_metadata(const struct trial *trial, struct tally *tally)
{
	if (!stores_metadata(trial->made.insns, trial->made.count))
		return;
	tally->storing++;
	if (!trial->metadata && !trial->unknown)
		broken(tally, trial, "a store into struct __sk_buff is missed");
}

static bool is_felt(int fd, uint32_t length)
{
	const uint8_t frame[64] = { [12] = 0x88, 0xb5, [20] = 0xfe, 0xdc, 0xba, 0x98 };
	const struct __sk_buff before = { .mark = 1, .priority = 2, .cb = { 3, 4, 5, 6, 7 } };
	struct __sk_buff after = { 0 };
	uint8_t out[64];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &before,
		    .ctx_size_in = sizeof(before), .ctx_out = &after, .ctx_size_out = sizeof(after),
		    .repeat = 1);

	return bpf_prog_test_run_opts(fd, &options) < 0 || (int32_t)options.retval != -1 ||
	       options.data_size_out != length || memcmp(out, frame, length) != 0 ||
	       after.mark != before.mark || after.priority != before.priority ||
	       after.tstamp != before.tstamp || memcmp(after.cb, before.cb, sizeof(after.cb)) != 0;
}

static void run_passively(const struct trial *trial, struct tally *tally)
{
	const struct rewrite_request request = { .passes = REWRITE_PASSIVE,
						 .findings = trial->findings,
						 .finding_count = trial->finding_count };
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	AUTO(closep) int fd = -1;

	if (rewrite_program(&trial->program, &request, &code, NULL) < 0)
		return;
	for (size_t i = 0; i < code.relocation_count; i++)
		code.instructions[code.relocations[i].instruction].imm =
			code.relocations[i].map == REWRITE_MAP_VERDICTS ? verdicts : map;
	fd = load(BPF_PROG_TYPE_SCHED_CLS, code.instructions, code.instruction_count, NULL, 0);
	if (fd < 0)
		return;
	tally->passive++;
	if (prologue_query(fd) != 0)
		broken(tally, trial, "it writes into the packet once it is rewritten");
	else if (!trial->packet_data && stores_metadata(code.instructions, code.instruction_count))
		broken(tally, trial, "it stores into struct __sk_buff once it is rewritten");
	else if (is_felt(fd, 60) || is_felt(fd, 61))
		broken(tally, trial, "it is felt");
}

static void judge(uint64_t seed, struct tally *tally)
{
	AUTO(trial_clear) struct trial trial;
	AUTO(closep) int fd = -1;

	make(&trial, seed);
	tally->tried++;
	audit(&trial);
	if (!trial.packet && !trial.metadata && !trial.unknown)
		run_passively(&trial, tally);
	fd = load(BPF_PROG_TYPE_SCHED_CLS, trial.made.insns, trial.made.count, NULL, 0);
	if (fd < 0)
		return;
	tally->accepted++;
	judge_packet(&trial, fd, tally);
	if (!trial.packet_data)
		judge_metadata(&trial, tally);
}

int main(int argc, char **argv)
{
	const uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	const uint64_t end = clock_monotonic_ns() + seconds * 1000000000u;
	const char *slowness = getenv("SKBSCOPE_TEST_SLOWNESS"); /* of an emulated machine */
	const uint64_t programs = PROGRAMS / (slowness && atoi(slowness) > 1 ? 4u : 1u);
	struct tally tally = { 0 };

	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "values", 4, TC_PROGRAM_VALUE, 1, NULL);
	verdicts = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "verdicts", 4, 8, PASSIVE_SLOTS, NULL);
	if (map < 0 || verdicts < 0) {
		printf("skipped: the kernel lets only root create maps\n");
		return SKIPPED;
	}
	for (uint64_t seed = first; seconds ? clock_monotonic_ns() < end : seed < first + programs;
	     seed++)
		judge(seed, &tally);
	printf("%llu programs tried, %llu accepted by the verifier, of which %llu write into the "
	       "packet and %llu (of a third) into its metadata; %llu run passively; %llu missed, "
	       "%llu suspected falsely, of which %llu not because paths meet\n",
	       (unsigned long long)tally.tried, (unsigned long long)tally.accepted,
	       (unsigned long long)tally.writing, (unsigned long long)tally.storing,
	       (unsigned long long)tally.passive, (unsigned long long)tally.missed,
	       (unsigned long long)tally.suspected, (unsigned long long)tally.unexplained);
	close(map);
	close(verdicts);
	return tally.missed || tally.unexplained || !tally.writing || !tally.storing ||
	       !tally.passive;
}
