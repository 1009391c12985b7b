/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of skbscope-http: says that it is there, and then what nobody would. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "calls/wire.h"

int main(void)
{
	const char ready = WIRE_READY;
	const struct wire_header header = { WIRE_CALL, 7 };
	struct call_record call;
	char bytes[4096];

	memset(&call, 0xee, sizeof(call)); /* texts without an end: they get one */
	if (write(WIRE_FD_RUN, &ready, 1) != 1 || read(WIRE_FD_RUN, bytes, sizeof(bytes)) <= 0 ||
	    write(WIRE_FD_RUN, &(struct wire_header){ WIRE_CALL, sizeof(call) }, sizeof(header)) <
		    0 ||
	    write(WIRE_FD_RUN, &call, sizeof(call)) < 0 ||
	    write(WIRE_FD_RUN, &header, sizeof(header)) < 0)
		return 1;
	while (read(WIRE_FD_RUN, bytes, sizeof(bytes)) > 0)
		;
	return 0;
}
