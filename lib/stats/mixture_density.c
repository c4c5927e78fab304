/* SPDX-License-Identifier: MIT */
/* The density of a block of rows. For component k, with C = L L^T,
 *
 *     y = L^-1 (x - m),   l_k = log w - dims/2 log 2pi - log det L - |y|^2 / 2,
 *     log p = log sum_k exp l_k,   r_k = exp(l_k - log p),
 *
 * the sum by log-sum-exp: densities underflow at 38 standard deviations, their logarithms do not. L^-1 is applied by
 * substitution, not as a stored inverse: this costs the same and keeps the digits of an ill-conditioned C.
 *
 * The rows are stored transposed, so that the recursion of the substitution runs over dimensions, and the inner loops
 * over rows, where compilers vectorise them. */
#include <math.h>
#include <stats/mixture_impl.h>
#include <tensor/shape_impl.h>

enum { BLOCK = EGM__MIXTURE_BLOCK };

int64_t egm__mixture_block_count(const egm_mixture *m)
{
	return BLOCK * (2 * m->dims + m->options.components + 1);
}

void egm__mixture_block_lay(const egm_mixture *m, egm__mixture_block *b, double *at)
{
	b->x = at;
	b->y = b->x + BLOCK * m->dims;
	b->shares = b->y + BLOCK * m->dims;
	b->log_density = b->shares + BLOCK * m->options.components;
}

void egm__mixture_block_load(const egm_mixture *m, egm__mixture_block *b, egm_dtype dtype, const void *x, int64_t first,
                             int64_t rows)
{
	b->rows = rows;
	for (int64_t r = 0; r < rows; r++)
		for (int64_t i = 0; i < m->dims; i++) b->x[i * BLOCK + r] = egm__number(dtype, x, (first + r) * m->dims + i);
}

static void whiten_full(int64_t dims, const double *l, const double *mean, egm__mixture_block *b)
{
	for (int64_t i = 0; i < dims; i++) {
		const double *x = b->x + i * BLOCK, pivot = 1 / l[i * dims + i];
		double *y = b->y + i * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) y[r] = x[r] - mean[i];
		for (int64_t j = 0; j < i; j++) {
			const double factor = l[i * dims + j], *restrict earlier = b->y + j * BLOCK;
			for (int64_t r = 0; r < b->rows; r++) y[r] -= factor * earlier[r];
		}
		for (int64_t r = 0; r < b->rows; r++) y[r] *= pivot;
	}
}

static void whiten_diagonal(int64_t dims, const double *deviations, const double *mean, egm__mixture_block *b)
{
	for (int64_t i = 0; i < dims; i++) {
		const double *x = b->x + i * BLOCK, scale = 1 / deviations[i];
		double *y = b->y + i * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) y[r] = (x[r] - mean[i]) * scale;
	}
}

void egm__mixture_whiten(const egm_mixture *m, egm__mixture_block *b, int64_t k)
{
	const double *factor = m->now.factors + k * m->spread, *mean = m->now.means + k * m->dims;
	if (m->options.covariance == EGM_COVARIANCE_FULL)
		whiten_full(m->dims, factor, mean, b);
	else
		whiten_diagonal(m->dims, factor, mean, b);
}

/* shares = l_k */
static void joint(const egm_mixture *m, egm__mixture_block *b, int64_t k)
{
	double *l = b->shares + k * BLOCK;
	egm__mixture_whiten(m, b, k);
	for (int64_t r = 0; r < b->rows; r++) l[r] = 0;
	for (int64_t i = 0; i < m->dims; i++) {
		const double *restrict y = b->y + i * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) l[r] += y[r] * y[r];
	}
	for (int64_t r = 0; r < b->rows; r++) l[r] = m->now.constants[k] - l[r] / 2;
}

/* The largest l_k, or 0 if it is not finite: then the sum becomes 0 for -infinity and NaN for NaN. */
static void find_shift(const egm_mixture *m, const egm__mixture_block *b, double *restrict shift)
{
	for (int64_t r = 0; r < b->rows; r++) shift[r] = -INFINITY;
	for (int64_t k = 0; k < m->options.components; k++) {
		const double *restrict l = b->shares + k * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) shift[r] = l[r] > shift[r] ? l[r] : shift[r];
	}
	for (int64_t r = 0; r < b->rows; r++)
		if (!isfinite(shift[r])) shift[r] = 0;
}

void egm__mixture_evaluate(const egm_mixture *m, egm__mixture_block *b)
{
	const double none[3] = {0};
	double sum[BLOCK] = {0}, shift[BLOCK];
	for (int64_t k = 0; k < m->options.components; k++) joint(m, b, k);
	find_shift(m, b, shift);
	for (int64_t k = 0; k < m->options.components; k++) {
		double *restrict l = b->shares + k * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) l[r] -= shift[r];
		m->table->tile[EGM__TILE_EXP](b->rows, l, l, NULL, none);
		for (int64_t r = 0; r < b->rows; r++) sum[r] += l[r];
	}
	for (int64_t r = 0; r < b->rows; r++) b->log_density[r] = log(sum[r]) + shift[r];
	for (int64_t k = 0; k < m->options.components; k++) {
		double *restrict share = b->shares + k * BLOCK;
		for (int64_t r = 0; r < b->rows; r++) share[r] /= sum[r];
	}
}
