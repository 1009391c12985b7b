/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions as the verifier prints them: "INDEX: (OPCODE) TEXT", with the state of
 * registers behind a semicolon (since Linux 5.18) or on lines of its own.
 */
#include "kernel/verifier_step.h"

#include <ctype.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

bool step_index(struct span *line, int32_t *index)
{
	int64_t number = 0;
	size_t i = 0;

	while (i < line->length && i < 9 && isdigit((unsigned char)line->text[i]))
		number = number * 10 + (line->text[i++] - '0');
	*line = span_from(*line, i);
	*index = (int32_t)number;
	return i != 0;
}

static int hexadecimal(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "r7" or "w7", not a part of a longer word. */
static int register_at(struct span text, size_t i)
{
	int number;

	if (i + 1 >= text.length || (text.text[i] != 'r' && text.text[i] != 'w') ||
	    !isdigit((unsigned char)text.text[i + 1]) ||
	    (i && (isalnum((unsigned char)text.text[i - 1]) || text.text[i - 1] == '_')))
		return -1;
	number = text.text[i + 1] - '0';
	if (number == 1 && i + 2 < text.length && text.text[i + 2] == '0')
		return BPF_REG_10;
	return number;
}

static bool is_memory(uint8_t code)
{
	return BPF_CLASS(code) == BPF_LDX || BPF_CLASS(code) == BPF_ST ||
	       BPF_CLASS(code) == BPF_STX;
}

/* "(r1 +80)", or the last word: "r7 += 54", "r1 = 0x0". */
static int64_t number_of(struct span text, uint8_t code)
{
	char word[24];
	size_t end = text.length, start;

	if (is_memory(code)) {
		const char *sign = span_find(text, " +"), *minus = span_find(text, " -");

		sign = sign ? sign : minus;
		return sign ? strtol(sign + 1, NULL, 10) : 0;
	}
	for (start = end; start && text.text[start - 1] != ' '; start--)
		;
	if (end - start >= sizeof(word))
		return 0;
	memcpy(word, text.text + start, end - start);
	word[end - start] = '\0';
	return (int64_t)strtoull(word, NULL, 0);
}

bool step_read(struct span line, struct step *out)
{
	struct span text;
	int high, low;

	if (!step_index(&line, &out->index) || !span_skip(&line, ": (") || line.length < 4)
		return false;
	high = hexadecimal(line.text[0]);
	low = hexadecimal(line.text[1]);
	if (high < 0 || low < 0 || line.text[2] != ')')
		return false;
	out->code = (uint8_t)(high << 4 | low);
	line = span_from(line, 3);
	out->text = span_trim(span_cut(&line, ";", &text) ? text : line);
	out->left = out->right = -1;
	for (size_t i = 0; i < out->text.length; i++) {
		int number = register_at(out->text, i);

		if (number >= 0 && out->left < 0)
			out->left = (int8_t)number;
		else if (number >= 0 && out->right < 0)
			out->right = (int8_t)number;
	}
	out->number = number_of(out->text, out->code);
	return true;
}

bool step_is_call(const struct step *step, struct span *helper)
{
	struct span rest = step->text, name;

	if (step->code != (BPF_JMP | BPF_CALL))
		return false;
	*helper = (struct span){ 0 };
	if (span_skip(&rest, "call "))
		*helper = span_cut(&rest, "#", &name) ? name : rest;
	return true;
}

bool step_is_arithmetic(const struct step *step)
{
	return BPF_CLASS(step->code) == BPF_ALU || BPF_CLASS(step->code) == BPF_ALU64;
}

bool step_reads_packet(const struct step *step)
{
	return BPF_CLASS(step->code) == BPF_LD &&
	       (BPF_MODE(step->code) == BPF_ABS || BPF_MODE(step->code) == BPF_IND);
}

bool step_is_comparison(const struct step *step)
{
	const uint8_t class = BPF_CLASS(step->code);

	return (class == BPF_JMP || class == BPF_JMP32) && BPF_SRC(step->code) == BPF_X &&
	       step->right >= 0;
}

bool step_is_subtraction(const struct step *step)
{
	return step_is_arithmetic(step) && BPF_OP(step->code) == BPF_SUB &&
	       BPF_SRC(step->code) == BPF_X && step->right >= 0;
}
