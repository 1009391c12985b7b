/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes through a control socket, to either side. What is understood is within the bytes,
 * and written again it is the same.
 */
#include "run/control_protocol.h"

#include "base/cleanup.h"
#include "fuzz.h"

static void check_within(const struct buffer *bytes, const char *text, size_t length)
{
	PROMISE(text >= buffer_text(bytes) && length <= bytes->length &&
		text + length <= buffer_text(bytes) + bytes->length);
}

static void check_request(const struct buffer *bytes)
{
	AUTO(control_request_clear) struct control_request request = { 0 }, again = { 0 };
	AUTO(buffer_free) struct buffer written = { 0 };
	struct skbscope_error error = { 0 };

	if (control_request_parse(bytes, &request, &error) < 0) {
		PROMISE(error.message[0]);
		return;
	}
	for (size_t i = 0; i < request.count; i++)
		check_within(bytes, request.operands[i], strlen(request.operands[i]) + 1);
	control_request_write(&request, &written);
	PROMISE(control_request_parse(&written, &again, &error) == 0);
	PROMISE(again.verb == request.verb && again.format == request.format &&
		again.width == request.width && again.colour == request.colour &&
		again.exact == request.exact && again.count == request.count);
	for (size_t i = 0; i < request.count; i++)
		PROMISE(strcmp(request.operands[i], again.operands[i]) == 0);
}

static void check_answer(const struct buffer *bytes)
{
	AUTO(buffer_free) struct buffer written = { 0 }, out = { 0 }, err = { 0 };
	struct control_answer answer, again;
	struct skbscope_error error = { 0 };

	if (control_answer_parse(bytes, &answer, &error) < 0) {
		PROMISE(error.message[0]);
		return;
	}
	PROMISE(answer.status >= 0 && answer.status <= 255);
	check_within(bytes, answer.out.text, answer.out.length);
	check_within(bytes, answer.err.text, answer.err.length);
	buffer_append(&out, answer.out.text, answer.out.length);
	buffer_append(&err, answer.err.text, answer.err.length);
	control_answer_write(answer.status, &out, &err, &written);
	PROMISE(control_answer_parse(&written, &again, &error) == 0);
	PROMISE(again.status == answer.status && span_equal(again.out, answer.out) &&
		span_equal(again.err, answer.err));
}

static void check_about(const struct buffer *bytes)
{
	AUTO(control_about_clear) struct control_about about = { 0 }, again = { 0 };
	AUTO(buffer_free) struct buffer written = { 0 };
	struct skbscope_error error = { 0 };

	if (control_about_parse(bytes, &about, &error) < 0) {
		PROMISE(error.message[0]);
		return;
	}
	control_about_write(&about, &written);
	PROMISE(control_about_parse(&written, &again, &error) == 0);
	PROMISE(strcmp(about.program, again.program) == 0 && strcmp(about.path, again.path) == 0);
	PROMISE(about.enforced == again.enforced && about.started_ns == again.started_ns &&
		about.confirm_ns == again.confirm_ns);
	PROMISE(about.hook_count == again.hook_count && about.table_count == again.table_count);
	for (size_t i = 0; i < about.table_count; i++)
		PROMISE(strcmp(about.tables[i], again.tables[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };

	buffer_append(&bytes, data, size);
	PROMISE(!bytes.failed);
	check_request(&bytes);
	check_answer(&bytes);
	check_about(&bytes);
	return 0;
}
