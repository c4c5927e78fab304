/* SPDX-License-Identifier: MIT */
/* Rows on demand from a function of the program. A lock makes its calls one at a time, even if several trainers read
 * the same data. The lock also detects a call from inside of the function: the thread that has it tries to lock it
 * again. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>

#include <io/data_impl.h>

typedef struct callback {
	egm__source base; /* first, since read_rows gets a pointer to it */
	egm_data_fn fill;
	void *user;
	void (*user_free)(void *user); /* may be NULL */
	pthread_mutex_t lock;          /* error-checking */
} callback;

static egm_status read_rows(egm__source *source, const egm_data *data, const int64_t *rows, int64_t count, void *out)
{
	callback *c = (callback *)source;
	int code = pthread_mutex_lock(&c->lock);
	if (code == EDEADLK)
		return egm__fail(EGM_ERR_STATE,
		                 "called from the callback that fills the rows of these data, must be called outside of it");
	int stop = c->fill(rows, count, out, c->user);
	pthread_mutex_unlock(&c->lock);
	if (!stop) return egm__data_check_rows(data, rows, count, out, "data");
	return egm__fail(EGM_ERR_STOPPED,
	                 "the callback that fills rows returned %d for %" PRId64 " rows from row %" PRId64 " on", stop,
	                 count, rows[0]);
}

static void free_callback(egm__source *source)
{
	callback *c = (callback *)source;
	pthread_mutex_destroy(&c->lock);
	egm__error_state state;
	egm__error_save(&state);
	if (c->user_free) c->user_free(c->user);
	egm__error_restore(&state);
	egm__free(source->context, c);
}

static egm_status create(egm__source **out, egm_context *context, egm_data_fn fill, void *user,
                         void (*user_free)(void *user))
{
	pthread_mutexattr_t kind;
	callback *c = egm__alloc_zero(context, 1, sizeof *c);
	if (!c) return egm__fail(EGM_ERR_MEMORY, "no memory for the callback of the data");
	*c = (callback){.base = {context, read_rows, free_callback}, .fill = fill, .user = user, .user_free = user_free};
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&c->lock, &kind);
	pthread_mutexattr_destroy(&kind);
	*out = &c->base;
	return EGM_OK;
}

egm_status egm_data_callback(egm_data **out, egm_context *context, egm_dtype dtype, int64_t rows, int64_t columns,
                             egm_data_fn fill, void *user, void (*user_free)(void *user))
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	const int64_t shape[2] = {rows, columns};
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context || !fill) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", context ? "fill" : "context");
	if (dtype != EGM_F32 && dtype != EGM_F64)
		EGM_FAIL(EGM_ERR_ARGUMENT, "dtype is %d, must be EGM_F32 or EGM_F64", (int)dtype);
	if (rows < 1 || columns < 1)
		EGM_FAIL(EGM_ERR_ARGUMENT, "rows is %" PRId64 " and columns is %" PRId64 ", must be at least 1 each", rows,
		         columns);
	st = egm__data_handle(&d, context, dtype, 2, shape, "data", UINT64_MAX);
	if (st == EGM_ERR_FORMAT)
		EGM_FAIL(EGM_ERR_ARGUMENT, "rows is %" PRId64 " and columns is %" PRId64 ", must fit in memory", rows, columns);
	if (st != EGM_OK) goto out;
	EGM_TRY(create(&d->source, context, fill, user, user_free));
	*out = d;
	d = NULL;
out:
	egm_data_free(d);
	return egm__named(__func__, st);
}
