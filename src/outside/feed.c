/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/feed.h"

#include <errno.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 16)

static int gone_or_failed(ssize_t n)
{
	if (n == 0)
		return -EPIPE;
	return errno == EINTR || errno == EAGAIN ? 0 : -errno;
}

static int whole(struct feed *feed)
{
	if (feed->body.failed)
		return -ENOMEM;
	if (feed->body.length < feed->header.length)
		return 0;
	feed->header_length = 0;
	if (!feed->message(feed->context, &feed->header, &feed->body))
		return -EBADMSG;
	buffer_free(&feed->body);
	return 0;
}

static int read_header(struct feed *feed)
{
	const ssize_t n = read(feed->fd, (char *)&feed->header + feed->header_length,
			       sizeof(feed->header) - feed->header_length);

	if (n <= 0)
		return gone_or_failed(n);
	feed->header_length += (size_t)n;
	if (feed->header_length < sizeof(feed->header))
		return 0;
	if (feed->header.length > FEED_MAX)
		return -EBADMSG;
	if (feed->header.length == 0)
		return whole(feed);
	return buffer_reserve(&feed->body, (size_t)feed->header.length) ? 0 : -ENOMEM;
}

int feed_read(struct feed *feed)
{
	char piece[PIECE];
	size_t left = (size_t)feed->header.length - feed->body.length;
	ssize_t n;

	if (feed->header_length < sizeof(feed->header))
		return read_header(feed);
	n = read(feed->fd, piece, left < PIECE ? left : PIECE);
	if (n <= 0)
		return gone_or_failed(n);
	buffer_append(&feed->body, piece, (size_t)n);
	return whole(feed);
}

void feed_clear(struct feed *feed)
{
	buffer_free(&feed->body);
}
