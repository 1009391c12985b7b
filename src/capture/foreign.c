/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are no capture we can read: what they are, and what makes one of them. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "capture/reader.h"

#define CONVERT "Wireshark's editcap makes a pcapng of it: editcap FILE NEW.pcapng"

static const struct foreign {
	const char *bytes;
	size_t length;
	const char *what;
	const char *remedy;
} foreigners[] = {
	{ "BZh", 3, "is packed with bzip2", "unpack it on the way: bzcat FILE | … -r -" },
	{ "\xfd"
	  "7zXZ",
	  5, "is packed with xz", "unpack it on the way: xzcat FILE | … -r -" },
	{ "\x04\x22\x4d\x18", 4, "is packed with lz4",
	  "unpack it on the way: lz4 -dc FILE | … -r -" },
	{ "PK\x03\x04", 4, "is a zip archive", "unpack it on the way: unzip -p FILE | … -r -" },
	{ "\x37\x7a\xbc\xaf\x27\x1c", 6, "is a 7z archive", "unpack it first: 7z x FILE" },
	{ "snoop\0\0\0", 8, "is a capture of Solaris' snoop", CONVERT },
	{ "btsnoop\0", 8, "is a capture of Bluetooth (btsnoop)", CONVERT },
	{ "GMBU", 4, "is a capture of Microsoft's Network Monitor", CONVERT },
	{ "RTSS", 4, "is a capture of Microsoft's Network Monitor 1", CONVERT },
	{ "TRSNIFF data", 12, "is a capture of the Sniffer", CONVERT },
	{ "XCP\0", 4, "is a capture of NetXRay", CONVERT },
	{ "\xac\x01\x00\x1c", 4, "is a capture of Ixia's lcap", CONVERT },
	{ "\xac\x02\x00\x1c", 4, "is a capture of Ixia's lcap", CONVERT },
	{ "\x7f"
	  "ELF",
	  4, "is a program, not a capture", "name a file that tcpdump -w wrote" },
};

int foreign_refuse(const struct capture *capture, struct skbscope_error *error)
{
	const struct stream *stream = &capture->stream;
	const uint8_t *data = stream_bytes(stream);
	size_t length = stream_available(stream);

	for (size_t i = 0; i < sizeof(foreigners) / sizeof(*foreigners); i++) {
		const struct foreign *foreign = &foreigners[i];

		if (length >= foreign->length && memcmp(data, foreign->bytes, foreign->length) == 0)
			return hint(error,
				    fail(error, EPROTONOSUPPORT, SKBSCOPE_STAGE_READ, "%s %s",
					 stream_name(stream), foreign->what),
				    "%s", foreign->remedy);
	}
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_READ,
			 "%s is not a capture: its first bytes are %02x %02x %02x %02x",
			 stream_name(stream), data[0], data[1], data[2], data[3]),
		    "pcap and pcapng can be read, also packed with gzip or zstd; tcpdump -w and "
		    "Wireshark write them");
}
