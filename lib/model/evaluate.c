/* SPDX-License-Identifier: MIT */
/* Outputs, energies and gradients for rows of numbers. A program has a fixed number of rows, so a call runs the
 * smallest of three that has room for its rows, or the largest one repeatedly; unused rows are zeros. Networks whose
 * rows need many numbers run fewer rows at a time. The result for a row is bit-identical whatever its position and its
 * neighbours.
 *
 * Results go through buffers of the evaluator, and reach the caller only if they are finite. */
#include <core/size_impl.h>
#include <model/evaluator_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>
#include <tensor/kernels_impl.h>

enum { SMALL_CHUNK = 16, MIDDLE_CHUNK = 64, LARGE_CHUNK = 256 };

/* Limit of a chunk, if it can be smaller: 512 MiB in double. A small file may need 2^22 numbers a row, see
 * model_file.c. */
enum { MOST_NUMBERS = 1 << 26 };

typedef struct job {
	const egm_model *model;
	int32_t kind; /* EGM__EVALUATE_* */
	int64_t rows, chunk;
	const char *x; /* NULL: normal draws */
	uint64_t seed;
	char *y, *gradient; /* NULL: not asked for */
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

static egm_status check_x(const job *j)
{
	const egm_model *model = j->model;
	int64_t at = egm__first_nonfinite(model->context, model->dtype, j->x, j->rows * model->inputs);
	if (at < 0) return EGM_OK;
	return egm__fail(EGM_ERR_NONFINITE, "row %lld, column %lld (from 0) of x is %s, must be finite",
	                 (long long)(at / model->inputs), (long long)(at % model->inputs),
	                 egm__nonfinite_name(egm__number(model->dtype, j->x, at)));
}

static egm_status check_single_output(const job *j)
{
	int64_t outputs = egm__model_outputs(j->model);
	if (outputs == 1) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "model '%s' has %lld outputs, must have 1", j->model->name, (long long)outputs);
}

/* ---- chunks */

/* Row i is step i of a stream that only this function uses: the first rows do not depend on how many follow, and no row
 * repeats the draws of a training with the same seed. */
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
	return egm__fail(EGM_ERR_NONFINITE, "the %s of model '%s' at row %lld (from 0) is %s", what, model->name,
	                 (long long)(first + at / columns), egm__nonfinite_name(egm__number(model->dtype, values, at)));
}

static egm_status copy_out(const job *j, const egm__evaluator *e, int64_t first, int64_t n)
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
		EGM_TRY(copy_out(j, e, first, n));
	}
out:
	egm__evaluators_give(j->model->context, j->model->evaluators, e);
	return st;
}

/* ---- the calls */

/* All checks of a call with rows x, and the job that it is. */
static egm_status check_call(job *j, const egm_model *model, int32_t kind, egm_array x, int energy)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	*j = (job){.model = model, .kind = kind, .rows = x.rows, .chunk = chunk_for(model, x.rows), .x = x.data};
	if (energy) EGM_TRY(check_single_output(j));
	EGM_TRY(egm__array_fits(x, "x", model->dtype, model->inputs));
	EGM_TRY(check_x(j));
out:
	return st;
}

egm_status egm_model_run(const egm_model *model, egm_array x, egm_out y)
{
	egm_status st = EGM_OK;
	job j;
	EGM_TRY(check_call(&j, model, EGM__EVALUATE_VALUE, x, 0));
	EGM_TRY(egm__out_fits(y, "y", model->dtype, x.rows, egm__model_outputs(model)));
	j.y = y.data;
	EGM_TRY(evaluate(&j));
out:
	return egm__named(__func__, st);
}

egm_status egm_model_energy(const egm_model *model, egm_array x, egm_out energies)
{
	egm_status st = EGM_OK;
	job j;
	EGM_TRY(check_call(&j, model, EGM__EVALUATE_VALUE, x, 1));
	EGM_TRY(egm__out_fits(energies, "energies", model->dtype, x.rows, 1));
	j.y = energies.data;
	EGM_TRY(evaluate(&j));
out:
	return egm__named(__func__, st);
}

egm_status egm_model_energy_gradient(const egm_model *model, egm_array x, egm_out energies, egm_out gradients)
{
	egm_status st = EGM_OK;
	job j;
	EGM_TRY(check_call(&j, model, EGM__EVALUATE_GRADIENT, x, 1));
	if (energies.data) EGM_TRY(egm__out_fits(energies, "energies", model->dtype, x.rows, 1));
	EGM_TRY(egm__out_fits(gradients, "gradients", model->dtype, x.rows, x.columns));
	j.y = energies.data;
	j.gradient = gradients.data;
	EGM_TRY(evaluate(&j));
out:
	return egm__named(__func__, st);
}

/* The chunk size does not depend on the number of rows: products of another size may round differently, and a sample
 * must not depend on how many follow. */
egm_status egm_model_generate(const egm_model *model, uint64_t seed, egm_out samples)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	EGM_TRY(egm__out_fits(samples, "samples", model->dtype, samples.rows, egm__model_outputs(model)));
	job j = {.model = model,
	         .kind = EGM__EVALUATE_VALUE,
	         .rows = samples.rows,
	         .chunk = chunk_for(model, MIDDLE_CHUNK),
	         .seed = seed,
	         .y = samples.data};
	EGM_TRY(evaluate(&j));
out:
	return egm__named(__func__, st);
}
