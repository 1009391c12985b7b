/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers write in the head of a request, and what is looked for in a reading. Nothing is
 * found outside of the bytes, and no name that somebody may own is taken for ours.
 */
#include <arpa/inet.h>
#include <string.h>

#include "outside/accept.h"
#include "outside/host.h"
#include "outside/slices.h"

#include "fuzz.h"

static void check_host(const char *host)
{
	struct in_addr address;
	char name[256] = "";

	if (!host_is_ours(host, "") || *host == '[')
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, ":"), host);
	PROMISE(name[0]);
	PROMISE(!strchr(name, '.') || inet_pton(AF_INET, name, &address) == 1);
	PROMISE(!strpbrk(name, "/@\\ \t\r\n"));
}

static void check_accept(const char *header)
{
	static const char *const types[] = { "text/plain", "application/openmetrics-text" };

	PROMISE(accept_choose(header, types, 2) < 2);
}

static void check_within(const char *text, size_t length, const struct slice *slice)
{
	PROMISE(slice->data >= text && slice->data <= text + length);
	PROMISE(slice->length <= (size_t)(text + length - slice->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *string = fuzz_string(data, size);
	struct slice slice;

	check_host(string);
	check_accept(string);
	if (slices_find((const char *)data, size, "x", &slice))
		check_within((const char *)data, size, &slice);
	if (slices_find_csv((const char *)data, size, "x", 1, &slice))
		check_within((const char *)data, size, &slice);
	free(string);
	return 0;
}
