/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/session_points.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/points.h"
#include "kernel/session.h"

int session_points_open(struct skbscope_session *session, struct skbscope_error *error)
{
	const struct skbscope_image *image = session->image;

	session->points = calloc(image->program_count + 1, sizeof(*session->points));
	if (!session->points)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	for (size_t i = 0; i < image->program_count; i++) {
		if (points_find(&image->programs[i], &session->points[i]) < 0)
			return fail_memory(error, SKBSCOPE_STAGE_LOAD);
		session->programs[i].first_point = session->point_count;
		session->point_count += session->points[i].count;
	}
	return 0;
}

void session_points_close(struct skbscope_session *session)
{
	for (size_t i = 0; session->points && i < session->image->program_count; i++)
		points_clear(&session->points[i]);
	free(TAKE(session->points));
}

int session_points_forget(struct skbscope_session *session, struct skbscope_error *error)
{
	AUTO(freep) uint8_t *none = calloc(session->point_count + 1, 1);
	const uint32_t zero = 0;

	if (!none)
		return fail_memory(error, SKBSCOPE_STAGE_OBSERVE);
	if (bpf_map_update_elem(session->maps.points, &zero, none, BPF_ANY) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE,
				  "cannot forget which lines ran");
	return 0;
}

int session_points_read(const struct skbscope_session *session, struct lines *lines,
			struct skbscope_error *error)
{
	AUTO(freep) uint8_t *ran = calloc(session->point_count + 1, 1);
	const uint32_t zero = 0;
	int r = 0;

	if (!ran)
		return fail_memory(error, SKBSCOPE_STAGE_OBSERVE);
	if (bpf_map_lookup_elem(session->maps.points, &zero, ran) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE,
				  "cannot read which lines ran");
	for (size_t i = 0; r == 0 && i < session->image->program_count; i++)
		r = lines_add(lines, session->image, &session->image->programs[i],
			      &session->points[i], ran + session->programs[i].first_point);
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_OBSERVE) : 0;
}
