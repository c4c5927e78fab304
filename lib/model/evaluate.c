/* SPDX-License-Identifier: MIT */
/* Evaluating a net at rows of numbers. Programs have a fixed number of rows, so a call runs the smallest of three that
 * holds its rows, or the largest one again and again; what is left of the last chunk is zeros. Networks whose rows need
 * many numbers run fewer rows at a time. The same rows give the same bits, and a row sees neither its neighbours nor
 * its place among them.
 *
 * Results pass through the evaluator's own buffers and reach the caller once they are known to be finite. */
#include <core/size_impl.h>
#include <model/evaluator_impl.h>
#include <string.h>
#include <tensor/kernels_impl.h>

enum { SMALL_CHUNK = 16, MIDDLE_CHUNK = 64, LARGE_CHUNK = 256 };

/* Of a chunk that could be smaller: 512 MiB in double. A small file is allowed 2^22 numbers a row, see model_file.c. */
enum { MOST_NUMBERS = 1 << 26 };

typedef struct job {
	const egm_model *model;
	const char *call; /* for error texts */
	int32_t kind;     /* EGM__EVALUATE_* */
	int64_t rows, chunk;
	const char *x; /* NULL: rows are drawn */
	uint64_t seed;
	char *y, *gradient; /* NULL: not wanted */
} job;

static int64_t chunk_for(const egm_model *model, int64_t rows)
{
	int64_t chunk = rows <= SMALL_CHUNK ? SMALL_CHUNK : rows <= MIDDLE_CHUNK ? MIDDLE_CHUNK : LARGE_CHUNK, own;
	int32_t layer;
	int64_t numbers = model ? egm__model_row_numbers(model, &layer, &own) : 0;
	while (chunk > SMALL_CHUNK && numbers > MOST_NUMBERS / chunk) chunk /= 4;
	return chunk;
}

/* ---- checks */

egm_status egm__model_check(const egm_model *model, egm_dtype dtype, int64_t columns, int64_t expected,
                            const char *what)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "%s: model is NULL", what);
	if (!model->built) return egm__fail(EGM_ERR_STATE, "%s: model '%s' is not built", what, model->name);
	if (dtype != model->dtype)
		return egm__fail(EGM_ERR_DTYPE, "model '%s' is %s, %s is %s", model->name, egm__dtype_name(model->dtype), what,
		                 egm__dtype_name(dtype));
	if (columns != expected)
		return egm__fail(EGM_ERR_SHAPE, "model '%s': %s has %lld columns, %lld expected", model->name, what,
		                 (long long)columns, (long long)expected);
	return EGM_OK;
}

/* rows and the bytes of the arrays that hold them. */
static egm_status check_rows(const job *j)
{
	const egm_model *model = j->model;
	int64_t outputs = egm__model_outputs(model), wide = model->inputs > outputs ? model->inputs : outputs, bytes;
	if (j->rows < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "%s '%s': %lld rows, at least 1 is needed", j->call, model->name,
		                 (long long)j->rows);
	if (egm__size_mul(j->rows, wide, &bytes) || egm__size_mul(bytes, (int64_t)egm__dtype_size(model->dtype), &bytes))
		return egm__fail(EGM_ERR_ARGUMENT, "%s '%s': %lld rows of %lld numbers are more than memory can hold", j->call,
		                 model->name, (long long)j->rows, (long long)wide);
	return EGM_OK;
}

static egm_status check_x(const job *j)
{
	const egm_model *model = j->model;
	int64_t at = egm__first_nonfinite(model->context, model->dtype, j->x, j->rows * model->inputs);
	if (at < 0) return EGM_OK;
	return egm__fail(EGM_ERR_NONFINITE, "%s '%s': row %lld, column %lld of x is not finite", j->call, model->name,
	                 (long long)(at / model->inputs), (long long)(at % model->inputs));
}

static egm_status check_single_output(const job *j)
{
	int64_t outputs = egm__model_outputs(j->model);
	if (outputs == 1) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "%s '%s': an energy has one output, the net has %lld", j->call, j->model->name,
	                 (long long)outputs);
}

/* ---- chunks */

/* z of row i is step i of a stream of its own: the first rows do not depend on how many follow, and no row meets the
 * draws of a training that has the same seed. */
static void draw_rows(const job *j, char *x, int64_t first, int64_t n)
{
	const egm_model *model = j->model;
	const egm__kernels *kernels = egm__kernels_get(model->context->simd, model->dtype);
	size_t row_bytes = (size_t)model->inputs * egm__dtype_size(model->dtype);
	for (int64_t i = 0; i < n; i++) {
		uint64_t row = (uint64_t)(first + i);
		egm__rng rng = {.seed = j->seed, .step = (uint64_t)row, .stream = EGM__STREAM_GENERATE};
		kernels->normal(model->inputs, x + (size_t)i * row_bytes, &rng, 0);
	}
}

static void fill(const job *j, egm__evaluator *e, int64_t first, int64_t n)
{
	size_t row_bytes = (size_t)j->model->inputs * egm__dtype_size(j->model->dtype);
	char *x = e->x;
	if (j->x)
		memcpy(x, j->x + (size_t)first * row_bytes, (size_t)n * row_bytes);
	else
		draw_rows(j, x, first, n);
	memset(x + (size_t)n * row_bytes, 0, (size_t)(e->chunk - n) * row_bytes);
}

static egm_status check_result(const job *j, const char *what, const void *values, int64_t first, int64_t n,
                               int64_t columns)
{
	const egm_model *model = j->model;
	int64_t at = egm__first_nonfinite(model->context, model->dtype, values, n * columns);
	if (at < 0) return EGM_OK;
	return egm__fail(EGM_ERR_NONFINITE, "%s '%s': %s of row %lld is not finite", j->call, model->name, what,
	                 (long long)(first + at / columns));
}

static egm_status deliver(const job *j, const egm__evaluator *e, int64_t first, int64_t n)
{
	egm_status st = EGM_OK;
	int64_t inputs = j->model->inputs, outputs = egm__model_outputs(j->model);
	size_t size = egm__dtype_size(j->model->dtype);
	EGM_TRY(check_result(j, "output", e->y, first, n, outputs));
	if (j->gradient) EGM_TRY(check_result(j, "gradient", e->gradient, first, n, inputs));
	if (j->y) memcpy(j->y + (size_t)(first * outputs) * size, e->y, (size_t)(n * outputs) * size);
	if (j->gradient) memcpy(j->gradient + (size_t)(first * inputs) * size, e->gradient, (size_t)(n * inputs) * size);
out:
	return st;
}

static egm_status evaluate(const job *j)
{
	egm_status st = EGM_OK;
	egm__evaluator *e = NULL;
	EGM_TRY(egm__evaluator_take(j->model, j->kind, j->chunk, &e));
	for (int64_t first = 0; first < j->rows; first += j->chunk) {
		int64_t n = j->rows - first < j->chunk ? j->rows - first : j->chunk;
		fill(j, e, first, n);
		egm__evaluator_run(j->model, e);
		EGM_TRY(deliver(j, e, first, n));
	}
out:
	egm__evaluator_give(j->model, e);
	return st;
}

/* ---- the calls */

/* All checks of a call that brings its rows. */
static egm_status check_call(const job *j, egm_dtype dtype, int64_t columns, int energy)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_check(j->model, dtype, columns, j->model ? j->model->inputs : 0, "x"));
	if (energy) EGM_TRY(check_single_output(j));
	if (!j->x) EGM_FAIL(EGM_ERR_ARGUMENT, "%s '%s': x is NULL", j->call, j->model->name);
	if (j->kind == EGM__EVALUATE_VALUE && !j->y)
		EGM_FAIL(EGM_ERR_ARGUMENT, "%s '%s': the array for the results is NULL", j->call, j->model->name);
	if (j->kind == EGM__EVALUATE_GRADIENT && !j->gradient)
		EGM_FAIL(EGM_ERR_ARGUMENT, "%s '%s': gradients is NULL", j->call, j->model->name);
	EGM_TRY(check_rows(j));
	EGM_TRY(check_x(j));
out:
	return st;
}

egm_status egm_model_run(const egm_model *model, egm_dtype dtype, const void *x, int64_t rows, int64_t columns,
                         void *out)
{
	job j = {model, "run", EGM__EVALUATE_VALUE, rows, chunk_for(model, rows), x, 0, out, NULL};
	egm_status st = check_call(&j, dtype, columns, 0);
	return st == EGM_OK ? evaluate(&j) : st;
}

egm_status egm_model_energy(const egm_model *model, egm_dtype dtype, const void *x, int64_t rows, int64_t columns,
                            void *energies)
{
	job j = {model, "energy", EGM__EVALUATE_VALUE, rows, chunk_for(model, rows), x, 0, energies, NULL};
	egm_status st = check_call(&j, dtype, columns, 1);
	return st == EGM_OK ? evaluate(&j) : st;
}

egm_status egm_model_energy_gradient(const egm_model *model, egm_dtype dtype, const void *x, int64_t rows,
                                     int64_t columns, void *energies, void *gradients)
{
	job j = {model, "energy_gradient", EGM__EVALUATE_GRADIENT, rows, chunk_for(model, rows), x, 0, energies, gradients};
	egm_status st = check_call(&j, dtype, columns, 1);
	return st == EGM_OK ? evaluate(&j) : st;
}

/* One chunk size of a network for every number of rows: products of another size may round differently, and a sample
 * must not depend on how many follow. */
egm_status egm_model_generate(const egm_model *model, egm_dtype dtype, uint64_t seed, int64_t rows, void *samples)
{
	egm_status st = EGM_OK;
	job j = {model, "generate", EGM__EVALUATE_VALUE, rows, chunk_for(model, MIDDLE_CHUNK), NULL, seed, samples, NULL};
	EGM_TRY(egm__model_check(model, dtype, 0, 0, "samples"));
	if (!samples) EGM_FAIL(EGM_ERR_ARGUMENT, "generate '%s': samples is NULL", model->name);
	EGM_TRY(check_rows(&j));
	EGM_TRY(evaluate(&j));
out:
	return st;
}
