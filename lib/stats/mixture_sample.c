/* SPDX-License-Identifier: MIT */
/* Independent draws: a component by its weight, then m + L n, n ~ N(0, I). Row i is step i of the stream; the component
 * uses the first four elements of the step, the normals those after them. */
#include <stats/mixture_impl.h>
#include <tensor/shape_impl.h>

enum { FIRST_NORMAL = 4 };

/* The component whose interval of the cumulated weights contains u in [0, 1). One of weight 0 has no interval. */
static int64_t choose(const egm_mixture *m, double u)
{
	int64_t last = 0;
	double sum = 0;
	for (int64_t k = 0; k < m->options.components; k++) {
		if (!(m->now.weights[k] > 0)) continue;
		sum += m->now.weights[k];
		last = k;
		if (u < sum) break;
	}
	return last;
}

static double coordinate(const egm_mixture *m, int64_t k, int64_t i, const double *normal)
{
	const double *factor = m->now.factors + k * m->spread;
	double value = m->now.means[k * m->dims + i];
	if (m->options.covariance != EGM_COVARIANCE_FULL) return value + factor[i] * normal[i];
	for (int64_t j = 0; j <= i; j++) value += factor[i * m->dims + j] * normal[j];
	return value;
}

static void draw(const egm_mixture *m, uint64_t seed, egm_dtype dtype, int64_t row, void *out, double *normal)
{
	const egm__rng rng = {.seed = seed, .step = (uint64_t)row, .stream = EGM__STREAM_MIXTURE};
	uint32_t words[4];
	egm__rng_block(&rng, 0, words);
	int64_t k = choose(m, egm__rng_unit(words));
	m->table->normal(m->dims, normal, &rng, FIRST_NORMAL);
	for (int64_t i = 0; i < m->dims; i++) egm__number_put(dtype, out, row * m->dims + i, coordinate(m, k, i, normal));
}

egm_status egm_mixture_sample(const egm_mixture *mixture, uint64_t seed, egm_out out)
{
	egm_status st = EGM_OK;
	const egm_mixture *m = mixture;
	double *normal = NULL;
	if (!m) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "mixture is NULL"));
	EGM_TRY(egm__out_fits(out, "out", 0, out.rows, m->dims));
	normal = egm__alloc(m->context, m->dims, sizeof *normal);
	if (!normal) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld normals", (long long)m->dims);
	for (int64_t row = 0; row < out.rows; row++) draw(m, seed, out.dtype, row, out.data, normal);
out:
	egm__free(m->context, normal);
	return egm__named(__func__, st);
}
