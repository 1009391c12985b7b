/* SPDX-License-Identifier: Apache-2.0 */
/* A worker on the loop; its answer goes into the cache. */
#include "run/precompile.h"

#include "base/cleanup.h"
#include "compile/cache.h"

static void take(void *context, uint32_t events, uint64_t now_ns)
{
	struct precompile *precompile = context;
	const struct worker_limits limits = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };

	(void)events;
	(void)now_ns;
	loop_remove(&precompile->answer);
	if (worker_finish(&precompile->worker, &limits, &result, NULL) == 0 &&
	    precompiled_take(&precompile->made, &result.answer))
		(void)precompiled_store(buffer_text(&precompile->directory), &precompile->made);
	precompile_stop(precompile);
}

void precompile_start(struct precompile *precompile, struct loop *loop)
{
	AUTO(request_build_clear) struct request_build build = { 0 };

	if (cache_directory_default(&precompile->directory) < 0 ||
	    precompiled_is_stored(buffer_text(&precompile->directory)) ||
	    request_build_own(&build, "", NULL) < 0 ||
	    precompiled_ask(&precompile->made, &build) < 0 ||
	    worker_start(&precompile->worker, &build.request, false, NULL) < 0)
		return;
	precompile->answer = (struct loop_source){ .fd = precompile->worker.alive,
						   .events = EPOLLIN,
						   .priority = LOOP_REST,
						   .ready = take,
						   .context = precompile };
	if (loop_add(loop, &precompile->answer) < 0)
		precompile_stop(precompile);
}

void precompile_stop(struct precompile *precompile)
{
	loop_remove(&precompile->answer);
	worker_stop(&precompile->worker);
	precompiled_clear(&precompile->made);
	buffer_free(&precompile->directory);
}
