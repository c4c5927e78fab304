/* SPDX-License-Identifier: MIT */
/* The idle evaluators of a model. A program has its own arena and can serve one caller at a time, so a call takes an
 * evaluator out of this list and gives it back. Threads that evaluate one model at the same time get one each. The lock
 * is held only while the list changes, not while a program runs. */
#include <model/evaluator_impl.h>
#include <pthread.h>

/* Two kinds in three sizes, for more than one thread. The one that was unused for longest is freed first. */
enum { MAX_IDLE = 12 };

struct egm__evaluators {
	pthread_mutex_t mutex;
	egm__evaluator *idle; /* last used first */
};

void egm__evaluator_free(egm_context *context, egm__evaluator *e)
{
	if (!e) return;
	egm__program_free(e->program);
	egm__free(context, e->x);
	egm__free(context, e->y);
	egm__free(context, e->gradient);
	egm__free(context, e);
}

egm_status egm__evaluators_create(egm__evaluators **out, egm_context *context)
{
	egm__evaluators *evaluators = egm__alloc_zero(context, 1, sizeof *evaluators);
	if (!evaluators || pthread_mutex_init(&evaluators->mutex, NULL)) {
		egm__free(context, evaluators);
		return egm__fail(EGM_ERR_MEMORY, "no memory for the lock of a model");
	}
	*out = evaluators;
	return EGM_OK;
}

void egm__evaluators_free(egm_context *context, egm__evaluators *evaluators)
{
	if (!evaluators) return;
	for (egm__evaluator *e = evaluators->idle, *next; e; e = next) {
		next = e->next;
		egm__evaluator_free(context, e);
	}
	pthread_mutex_destroy(&evaluators->mutex);
	egm__free(context, evaluators);
}

egm__evaluator *egm__evaluators_take(egm__evaluators *evaluators, int32_t kind, int64_t chunk)
{
	pthread_mutex_lock(&evaluators->mutex);
	egm__evaluator **link = &evaluators->idle;
	while (*link && ((*link)->kind != kind || (*link)->chunk != chunk)) link = &(*link)->next;
	egm__evaluator *e = *link;
	if (e) *link = e->next;
	pthread_mutex_unlock(&evaluators->mutex);
	return e;
}

void egm__evaluators_give(egm_context *context, egm__evaluators *evaluators, egm__evaluator *e)
{
	if (!e) return;
	pthread_mutex_lock(&evaluators->mutex);
	e->next = evaluators->idle;
	evaluators->idle = e;
	egm__evaluator **link = &evaluators->idle;
	for (int i = 0; *link && i < MAX_IDLE; i++) link = &(*link)->next;
	egm__evaluator *surplus = *link; /* one at most */
	*link = NULL;
	pthread_mutex_unlock(&evaluators->mutex);
	egm__evaluator_free(context, surplus);
}
