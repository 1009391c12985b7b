/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the verifier's log. Its lines are instructions, register states,
 * quoted source, bookkeeping, and complaints; the complaints at the end are the
 * reason. What to write instead is advice.c's to say.
 */
#include "kernel/verifier.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/span.h"
#include "image/image.h"
#include "kernel/advice.h"

/* "12: (79) r1 = …", the index in front. States alone look like "12: R1=…". */
static bool is_numbered(struct span line, int32_t *index, bool *instruction)
{
	size_t i = 0;
	int64_t number = 0;

	while (i < line.length && isdigit((unsigned char)line.text[i]) && i < 9)
		number = number * 10 + (line.text[i++] - '0');
	if (!i || i + 2 >= line.length || line.text[i] != ':' || line.text[i + 1] != ' ')
		return false;
	*instruction = line.text[i + 2] == '(';
	*index = (int32_t)number;
	return true;
}

static bool is_state(struct span line)
{
	struct span word;

	return (span_begins(line, "R") || span_begins(line, "f")) && span_next_word(&line, &word) &&
	       span_begins(line, "=");
}

static bool is_bookkeeping(struct span line)
{
	static const char *const prefixes[] = {
		" ",
		";",
		"func#",
		"subprog ",
		"from ",
		"processed ",
		"stack depth ",
		"verification time",
		"max_states",
		"mark_precise",
		"last_idx",
		"regs=",
		"parent ",
		"caller",
		"callee",
		"frame",
		"returning ",
		"propagating",
		"Func#",
		"Validating ",
		"arg#",
		"insn ",
		"BPF program verification",
		"safe",
		"to caller",
		"Live regs",
		"cur state:",
		"old state:",
	};

	if (!line.length || is_state(line))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (span_begins(line, prefixes[i]))
			return !span_begins(line, "arg#") || !span_contains(line, "expected");
	return false;
}

/* Complaints from before the walk name their instruction themselves. */
static int32_t named_instruction(struct span line)
{
	static const char *const words[] = { "from insn ", "at insn ", "insn " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *at = span_find(line, words[i]);

		if (at && isdigit((unsigned char)at[strlen(words[i])])) {
			long instruction = strtol(at + strlen(words[i]), NULL, 10);

			return instruction <= INT32_MAX ? (int32_t)instruction : -1;
		}
	}
	return -1;
}

static bool skip_to(struct span *line, const char *words)
{
	const char *at = span_find(*line, words);

	if (at)
		*line = span_from(*line, (size_t)(at - line->text));
	return at;
}

static void add_reason(struct verifier_reading *out, struct span line)
{
	size_t used = strlen(out->reason);

	snprintf(out->reason + used, sizeof(out->reason) - used, "%s%.*s", used ? "; " : "",
		 (int)line.length, line.text);
}

/* Linux 7.3 and later follow the complaint with a report in paragraphs: what
 * failed, "Reason:", "At:", and mostly "Suggestion:". */
struct report {
	bool inside;
	enum { PARAGRAPH_OTHER, PARAGRAPH_AT, PARAGRAPH_SUGGESTION } paragraph;
};

static void read_report(struct report *report, struct span line, struct verifier_reading *out)
{
	size_t used = strlen(out->suggestion);

	if (line.length && line.text[0] != ' ') {
		report->paragraph = span_begins(line, "At:")           ? PARAGRAPH_AT
				    : span_begins(line, "Suggestion:") ? PARAGRAPH_SUGGESTION
								       : PARAGRAPH_OTHER;
		return;
	}
	while (span_skip(&line, " "))
		;
	if (report->paragraph == PARAGRAPH_AT && out->instruction < 0)
		out->instruction = named_instruction(line);
	if (report->paragraph == PARAGRAPH_SUGGESTION && line.length)
		snprintf(out->suggestion + used, sizeof(out->suggestion) - used, "%s%.*s",
			 used ? " " : "", (int)line.length, line.text);
}

static bool begins_report(struct span line, struct verifier_reading *out)
{
	if (!span_skip(&line, "Verification failed: "))
		return false;
	if (!out->reason[0])
		add_reason(out, line);
	return true;
}

static bool jumps_back(const struct bpf_insn *instruction)
{
	uint8_t class = BPF_CLASS(instruction->code), operation = BPF_OP(instruction->code);

	return (class == BPF_JMP || class == BPF_JMP32) && operation != BPF_CALL &&
	       operation != BPF_EXIT && instruction->off < 0;
}

/* The innermost loop around PLACE, or -1. */
static int32_t loop_around(const struct skbscope_image_program *program, int32_t place)
{
	int32_t best = -1;

	for (int32_t i = place; i >= 0 && i < (int32_t)program->instruction_count; i++) {
		int32_t target = i + 1 + program->instructions[i].off;

		if (jumps_back(&program->instructions[i]) && target <= place && target > best)
			best = target;
	}
	return best;
}

static int32_t first_loop(const struct skbscope_image_program *program)
{
	for (int32_t i = 0; i < (int32_t)program->instruction_count; i++) {
		int32_t target = i + 1 + program->instructions[i].off;

		if (jumps_back(&program->instructions[i]) && target >= 0)
			return target;
	}
	return -1;
}

/* Where the verifier gave up says nothing; the loop that wore it out does: the
 * innermost around that place, else the first. -1: there is no loop. */
static int32_t find_loop(const struct skbscope_image_program *program, int32_t place)
{
	int32_t around = loop_around(program, place);

	return around >= 0 ? around : first_loop(program);
}

void verifier_read(const char *log, uint32_t limit, const struct skbscope_image_program *program,
		   struct verifier_reading *out)
{
	struct complaint complaint = { .reason = out->reason };
	const char *last = NULL; /* its line */
	struct span rest = span_of(log), line;
	int32_t inside = -1, place; /* the last instruction of the program itself */
	struct report report = { 0 };

	memset(out, 0, sizeof(*out));
	out->instruction = -1;
	while (span_next_line(&rest, &line)) {
		bool instruction;
		int32_t index;

		if (span_begins(line, "processed "))
			report.inside = false;
		if (report.inside) {
			read_report(&report, line, out);
			continue;
		}
		if (begins_report(line, out)) {
			report.inside = true;
			continue;
		}
		if (is_numbered(line, &index, &instruction)) {
			out->reason[0] = '\0'; /* what came before was no reason to stop */
			out->instruction = index;
			last = instruction ? line.text : last;
			if (instruction && (uint32_t)index < limit)
				inside = index;
			/* Before this, newer kernels take back the end of the line. */
			if (!skip_to(&line, "infinite loop detected"))
				continue;
		} else if (is_bookkeeping(line)) {
			continue;
		}
		add_reason(out, line);
		if (out->instruction < 0 || span_contains(line, " at insn "))
			out->instruction = named_instruction(line);
	}
	if (out->instruction >= 0 && (uint32_t)out->instruction >= limit)
		out->instruction = inside;
	if (last)
		complaint.path = path_before(log, last);
	place = program ? out->instruction - (int32_t)(limit - program->instruction_count) : -1;
	complaint.loops =
		program && (place < 0 ? first_loop(program) : loop_around(program, place)) >= 0;
	out->hint = advice_find(&complaint);
	if (!out->hint && out->suggestion[0])
		out->hint = out->suggestion;
}

static bool gave_up(const struct verifier_reading *reading)
{
	return strstr(reading->reason, "too large") || strstr(reading->reason, "too complex");
}

void verifier_report(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct verifier_reading *reading, enum skbscope_severity severity,
		     struct skbscope_diagnostics *diagnostics)
{
	AUTO(buffer_free) struct buffer message = { 0 };
	struct skbscope_diagnostic diagnostic = { .severity = severity, .hint = reading->hint };
	int32_t instruction =
		gave_up(reading) ? find_loop(program, reading->instruction) : reading->instruction;
	struct image_place place;

	if (!diagnostics)
		return;
	if (instruction >= 0 && image_place(image, program, (uint32_t)instruction, &place)) {
		diagnostic.file = place.file;
		diagnostic.line = place.line;
		diagnostic.column = place.column;
		diagnostic.source = place.source;
	} else {
		diagnostic.file = image_path_of(image, program);
		diagnostic.line = program->line;
	}
	buffer_printf(&message, "the verifier refuses '%s'", program->name);
	if (instruction >= 0)
		buffer_printf(&message, " at instruction %d", instruction);
	if (reading->reason[0])
		buffer_printf(&message, ": %s", reading->reason);
	diagnostic.message = buffer_text(&message);
	skbscope_diagnostics_add(diagnostics, &diagnostic);
}

static uint32_t number_behind(const char *text, const char *words)
{
	const char *at = strstr(text, words);

	return at ? (uint32_t)strtoul(at + strlen(words), NULL, 10) : 0;
}

/* "72+0+16" */
static uint32_t sum(const char *at)
{
	uint32_t total = 0;

	while (*at) {
		char *end;

		total += (uint32_t)strtoul(at, &end, 10);
		at = *end == '+' ? end + 1 : "";
	}
	return total;
}

void verifier_count(const char *log, uint32_t *walked, uint32_t *stack)
{
	static const char depth[] = "stack depth ", function[] = "subprog ", its[] = " stack ";
	const char *all = strstr(log, depth);

	*walked = number_behind(log, "processed ");
	*stack = all ? sum(all + strlen(depth)) : 0;
	if (*stack)
		return;
	/* Since Linux 7.3 that line has the deepest of all calls, rounded up, and each function
	 * a line of its own. */
	for (const char *at = all; at && (at = strstr(at, function)); at += strlen(function))
		*stack += number_behind(at, its);
}
